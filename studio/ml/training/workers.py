"""Cutting crops in several processes, which never touch the program that started them.

They are started as programs of their own and not by `multiprocessing`, which would run a script again that asks for
crops without guarding its main part. Pixels go through the file alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

import studio
from studio.core.control import Control
from studio.ml.training.cutting import Part, Unreadable

PROGRAM = "studio.ml.training.cutting"
LOOKED = 0.1  # seconds between two looks whether to go on
CRASHED = "its decoder crashed"


class CannotStart(Exception):
    """No process could be started here; the work can be done in this one."""


class Workers:
    """Processes that cut parts of a plan; all of them end with the `with` block."""

    def __init__(self, folder: Path, rows: NDArray[np.integer], count: int, side: int, cache: Path) -> None:
        """Nothing is started yet.

        Args:
            folder: with the plan and the file for the crops.
            rows: of the plan's lines.
            count: crops in the file.
            side: of a crop as it is seen, in pixels.
            cache: see `Cutter`.
        """
        self._rows = rows
        self._command = [sys.executable, "-m", PROGRAM, str(folder), str(count), str(side), str(cache)]
        self._said: SimpleQueue[tuple[_Worker, dict[str, Any] | None]] = SimpleQueue()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def cut(self, parts: Iterable[Part], done: Callable[[int], None], control: Control) -> Unreadable:
        """Cut all parts, by as many processes as there are cores.

        Args:
            parts: each is cut by one process.
            done: hears of how many crops more, on the calling thread.
            control: for cancelling.

        Returns:
            Rows whose frames cannot be read, and why.

        Raises:
            CannotStart: processes end before they are ready.
        """
        waiting, unreadable = deque(parts), Unreadable()
        for _ in range(min(os.cpu_count() or 1, len(waiting))):
            self._start()
        while waiting or any(worker.part for worker in self._workers):
            control.checkpoint()
            try:
                worker, said = self._said.get(timeout=LOOKED)
            except Empty:
                continue
            if said is None:
                unreadable += self._crashed(worker, waiting, done)
                continue
            done(int(said.get("done", 0)))
            unreadable += [(int(row), str(why)) for row, why in said.get("unreadable", ())]
            if said.keys() & {"ready", "finished"}:
                worker.give(waiting.popleft() if waiting else None)
        return unreadable

    def _start(self) -> None:
        self._workers.append(_Worker(self._command, self._said))

    def _crashed(self, worker: _Worker, waiting: deque[Part], done: Callable[[int], None]) -> Unreadable:
        """A process died: what it was at is tried again in halves, until the frame is found that it died of."""
        part, found = worker.part, Unreadable()
        if not worker.ready:
            raise CannotStart
        self._workers.remove(worker)
        worker.end()
        if part is None:
            return found
        if part.end - part.first == 1:
            found.append((int(self._rows[part.first]), CRASHED))
            done(1)
        else:
            middle = (part.first + part.end) // 2
            waiting.extendleft([part._replace(end=middle), part._replace(first=middle)])
        self._start()
        return found


class _Worker:
    """One process, and the part that it is at."""

    def __init__(self, command: list[str], said: SimpleQueue[tuple[_Worker, dict[str, Any] | None]]) -> None:
        self.part: Part | None = None
        self.ready = False
        home = str(Path(studio.__file__).resolve().parents[1])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._listener = Thread(target=self._listen, args=(said,), daemon=True)
        self._listener.start()

    def give(self, part: Part | None) -> None:
        """A part to cut; none: it waits."""
        self.ready, self.part = True, part
        if part is not None and self._process.stdin:
            with suppress(OSError):  # it has just died: its listener says so
                self._process.stdin.write(json.dumps(part) + "\n")
                self._process.stdin.flush()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()

    def _listen(self, said: SimpleQueue[tuple[_Worker, dict[str, Any] | None]]) -> None:
        with suppress(ValueError, OSError):
            for line in self._process.stdout or ():
                said.put((self, json.loads(line)))
        said.put((self, None))
