"""An hour of live detection in the window, played eight times as fast: does memory grow?"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from studio.bench.window import close_window, open_demo, settle, wait
from studio.core.control import Control
from studio.ml.device import Compute

HOUR, FIRST = 3600.0, 300.0  # seconds of the clip, and those whose growth does not count
SPEED = 8.0
LIMIT = 50.0  # megabytes
EVERY = 5.0  # seconds between looks at the memory


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Play an hour of the demo's clip, over and over, with live detection on.

    Returns:
        `ratio` (growth after the first five minutes / the limit of 50 MB, below 1 is within it), megabytes of the
        process after these minutes and at the end, and how many frames were shown and searched.
    """
    used: list[float] = []
    seen = {"shown": 0, "searched": 0}

    def count(name: str) -> None:
        seen[name] += 1

    with tempfile.TemporaryDirectory(prefix="studio-memory-", ignore_cleanup_errors=True) as folder:
        studio, opened = open_demo(Path(folder), compute)
        settle(opened)
        session = opened.context.session
        session.shown_changed.connect(lambda _: count("shown"))
        session.result_changed.connect(lambda _: count("searched"))
        session.speed, session.looping, session.playing = SPEED, True, True
        started = time.monotonic()
        while (spent := (time.monotonic() - started) * SPEED) < HOUR:
            control.progress(spent / HOUR, f"{spent / 60:.0f} minutes of the clip")
            wait(EVERY)
            used.append(psutil.Process().memory_info().rss / 1e6)
        close_window(studio)
    settled = round(FIRST / SPEED / EVERY)
    grown = max(used[settled:]) - used[settled]
    return {
        "ratio": round(grown / LIMIT, 3),
        "reference": f"the limit of {LIMIT:g} MB of growth after the first {FIRST / 60:g} minutes",
        "grown_mb": round(grown, 1),
        "settled_mb": round(used[settled]),
        "end_mb": round(used[-1]),
        "within_limits": grown <= LIMIT,
        **seen,
    }
