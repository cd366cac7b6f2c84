"""The networks run where there is no window and no video library: on a server that only computes."""

from __future__ import annotations

import subprocess
import sys

HIDDEN = "import sys; sys.modules.update(av=None, PySide6=None, typer=None, rich=None)"
AT_ONCE = """
import threading, time
there = []
def load(statement):
    exec(statement)
    there.append(statement)
first = threading.Thread(target=load, args=["from studio.ml.backbones.base import Backbone"])
second = threading.Thread(target=load, args=["from studio.ml.backbones.loading import load_backbone"])
first.start()
time.sleep(0.1)  # torch takes longer
second.start()
first.join()
second.join()
print(len(there))
"""
WORK = """
from studio.ml.backbones import install
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
import numpy as np
print(load_backbone(None, choose("cpu")).embed(np.zeros((2, 64, 64, 3), np.uint8)).shape)
"""


def test_backbones_need_no_window_no_video_and_no_command_line() -> None:
    done = subprocess.run([sys.executable, "-c", HIDDEN + WORK], capture_output=True, text=True, timeout=120)
    assert done.stdout == "(2, 512)\n", done.stderr


def test_two_lanes_may_import_at_once() -> None:
    """A package that imports its own modules can give another thread one that is half there."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, timeout=120)
    assert done.stdout == "2\n", done.stderr
