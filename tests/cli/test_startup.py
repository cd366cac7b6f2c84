"""What a command must not import before it needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "import sys; from studio.cli.main import run; code = run(sys.argv[1:]); " + (
    "print([name for name in ('torch', 'torchvision', 'sklearn', 'onnx', 'scipy', 'PySide6') if name in sys.modules]);"
    " sys.exit(code)"
)


@pytest.mark.parametrize(
    "words", [("--version",), ("info", "PROJECT"), ("check", "PROJECT"), ("heads", "list", "PROJECT")]
)
def test_small_commands_import_no_torch(fitted_once, words):
    words = [str(fitted_once) if word == "PROJECT" else word for word in words]
    done = subprocess.run([sys.executable, "-c", HEAVY, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
