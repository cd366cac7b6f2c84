"""From nothing to the first painted window, against importing Qt's widgets and no more, in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Any

from studio.core.control import Control

ROUNDS = 7
MOST_SECONDS = 0.6  # for everything after the import of Qt's widgets

# Painted means: the window is exposed, and control came back to the event loop after its first paint.
_WINDOW = """
import json, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from studio.app import Studio
application = QApplication([])
studio = Studio(application)
def painted():
    print(json.dumps({"at": time.time(), "torch": "torch" in sys.modules}), flush=True)
    studio.window.close()
studio.window.painted.connect(lambda: QTimer.singleShot(0, painted))
studio.window.show()
application.exec()
"""
_REFERENCE = "import PySide6.QtWidgets, json, time; print(json.dumps({'at': time.time()}))"


def run(control: Control) -> dict[str, Any]:
    """Start each program several times, in turn, off-screen, with empty user's folders.

    Returns:
        `ratio` (the reference's time / ours), `over_ms` (how much later the window is painted than Qt's widgets are
        imported; median) with `most_ms`, `within`, and whether torch was loaded before the first paint.
    """
    ours: list[float] = []
    theirs: list[float] = []
    torch = False
    with tempfile.TemporaryDirectory(prefix="studio-start-") as folder:
        for number in range(ROUNDS + 1):
            control.progress(number / (ROUNDS + 1), f"start {number} of {ROUNDS}")
            bare, _ = _start(_REFERENCE, folder)
            window, said = _start(_WINDOW, folder)
            torch = torch or said["torch"]
            if number:  # the first one warms the disk's cache
                theirs.append(bare)
                ours.append(window)
    over = median(ours) - median(theirs)
    return {
        "ratio": round(median(theirs) / median(ours), 2),
        "reference": 'python -c "import PySide6.QtWidgets", fresh processes in turn',
        "over_ms": round(1000 * over),
        "most_ms": round(1000 * MOST_SECONDS),
        "within": over <= MOST_SECONDS,
        "window_ms": [round(1000 * spent) for spent in ours],
        "reference_ms": [round(1000 * spent) for spent in theirs],
        "torch_before_first_paint": torch,
    }


def _start(code: str, folder: str) -> tuple[float, dict[str, Any]]:
    """Seconds from the start of the process to what `code` says about itself, and that."""
    chosen = {"QT_QPA_PLATFORM": "offscreen", "STUDIO_CACHE": folder}
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | chosen, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return said["at"] - started, said
