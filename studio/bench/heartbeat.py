"""How long an event loop pauses: a timer that beats, and a thread that looks where the loop is when it does not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer

EVERY = 0.005  # seconds between beats
LATE = 0.04  # seconds without a beat after which the watch looks where the loop is
SHOWN = 5  # worst pauses that are told
INNERMOST = 4  # calls of each that are told


@dataclass(frozen=True)
class Pause:
    """One pause: its milliseconds, and the innermost calls of the loop's thread while it lasted ("" if not seen)."""

    milliseconds: float
    where: str


class Heartbeat(QObject):
    """Beats in the thread it is made in, from `start` to `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * EVERY))
        self._timer.timeout.connect(self._beat)
        self._thread = threading.get_ident()
        self._gaps: list[float] = []
        self._seen: dict[int, str] = {}
        self._last = 0.0
        self._on = False

    def start(self) -> None:
        self._gaps.clear()
        self._seen.clear()
        self._last, self._on = time.perf_counter(), True
        self._timer.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> dict[str, Any]:
        """Milliseconds of the pauses: 99.9th percentile, worst, and where the worst were."""
        self._timer.stop()
        self._on = False
        gaps = 1000 * np.maximum(np.array(self._gaps or [0.0]) - EVERY, 0)
        worst = np.argsort(gaps)[::-1][:SHOWN]
        pauses = [Pause(round(float(gaps[i]), 1), self._seen.get(int(i), "")) for i in worst]
        return {
            "p999_ms": round(float(np.percentile(gaps, 99.9)), 1),
            "worst_ms": round(float(gaps.max()), 1),
            "beats": len(self._gaps),
            "worst": [f"{pause.milliseconds} ms {pause.where}".strip() for pause in pauses],
        }

    def _beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append(now - self._last)
        self._last = now

    def _watch(self) -> None:
        while self._on:
            time.sleep(EVERY)
            beat = len(self._gaps)
            if time.perf_counter() - self._last > LATE and beat not in self._seen:
                self._seen[beat] = " < ".join(_calls(self._thread))


def _calls(thread: int) -> list[str]:
    """The innermost calls of `thread`. A frame is let go at once: it would keep a painter alive beyond its painting."""
    frame = sys._current_frames().get(thread)
    found: list[tuple[str, str, int]] = []
    while frame is not None and len(found) < INNERMOST:
        found.append((frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    del frame
    return [f"{name} ({Path(file).name}:{line})" for name, file, line in found]


@contextmanager
def idle_beside() -> Iterator[list[dict[str, Any]]]:
    """An event loop with nothing to do in a process of its own, while the block runs: what the machine itself costs.

    Yields a list that holds its document once the block has ended.
    """
    result: list[dict[str, Any]] = []
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it beats
        yield result
        out, _ = process.communicate("\n", timeout=30)
        p999, worst = map(float, out.split())
        result.append({"p999_ms": p999, "worst_ms": worst})
    finally:
        process.kill()
        process.wait()


def _idle() -> None:
    application = QCoreApplication([])
    heartbeat = Heartbeat()

    def wait_for_the_end() -> None:
        sys.stdin.readline()
        application.quit()

    heartbeat.start()
    print("ready", flush=True)
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    application.exec()
    document = heartbeat.stop()
    print(document["p999_ms"], document["worst_ms"], flush=True)


if __name__ == "__main__":
    _idle()
