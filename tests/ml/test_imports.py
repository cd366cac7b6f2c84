"""The networks run where there is no window and no video library: on a server that only computes."""

from __future__ import annotations

import subprocess
import sys

HIDDEN = "import sys; sys.modules.update(av=None, PySide6=None, typer=None, rich=None)"
WORK = """
from studio.ml.backbones import install, load_backbone
from studio.ml.device import choose
import numpy as np
print(load_backbone(None, choose("cpu")).embed(np.zeros((2, 64, 64, 3), np.uint8)).shape)
"""


def test_backbones_need_no_window_no_video_and_no_command_line() -> None:
    done = subprocess.run([sys.executable, "-c", HIDDEN + WORK], capture_output=True, text=True, timeout=120)
    assert done.stdout == "(2, 512)\n", done.stderr
