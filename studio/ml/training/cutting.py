"""Cutting crops out of frames into a file, here or in a process of its own.

Run as a program it takes parts of the work from its standard input, a line of JSON each, and says on its standard
output what it did. It ends when its input does, so that none outlives the program that started it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.errors import StudioError
from studio.core.geometry import Window
from studio.core.media.medium import Medium
from studio.core.project.opening import Source
from studio.ml.crops import ROOM, cut_wide

# What is to be cut: into which row of the file, from which frame, which square. In the order of media and frames.
PLAN = np.dtype([("row", "<i8"), ("frame", "<i8"), ("x", "<i8"), ("y", "<i8"), ("side", "<i8")])
SAID = 64  # crops between two words on how far it is

Wide = NDArray[np.uint8]
Unreadable = list[tuple[int, str]]


class Part(NamedTuple):
    """Lines of the plan that are of one medium.

    Attributes:
        source: path of the medium.
        first, end: lines.
        pictures: of `studio.core.project.opening.Source`; "" for none.
    """

    source: str
    first: int
    end: int
    pictures: str = ""


class Cutter:
    """Cuts parts of a plan, one medium open at a time."""

    def __init__(self, plan: NDArray[np.void], wide: Wide, cache: Path) -> None:
        """Nothing is opened yet.

        Args:
            plan: of dtype `PLAN`.
            wide: uint8 `(n, w, w, 3)`, where crops are put.
            cache: a folder that may keep indices of videos.
        """
        self._plan, self._wide, self._cache = plan, wide, cache
        self._medium: Medium | None = None
        self._at: Source | None = None

    def cut(self, part: Part, done: Callable[[int], None]) -> Unreadable:
        """Cut a part; `done` hears of how many crops more, after each frame.

        Returns:
            Rows whose frame cannot be read, and why.
        """
        lines = self._plan[part.first : part.end]
        try:
            medium = self._opened(Source(Path(part.source), Path(part.pictures) if part.pictures else None))
        except (StudioError, OSError) as error:
            done(len(lines))
            return [(row, str(error)) for row in lines["row"].tolist()]
        unreadable: Unreadable = []
        starts = np.flatnonzero(np.diff(lines["frame"], prepend=-1))
        for own in np.split(lines, starts[1:]) if len(lines) else ():
            try:
                frame = medium.frame(int(own["frame"][0]))
            except (StudioError, OSError) as error:
                unreadable += [(row, str(error)) for row in own["row"].tolist()]
            else:
                for row, _, x, y, side in own.tolist():
                    self._wide[row] = cut_wide(frame, Window(x, y, side), self._wide.shape[1] // ROOM)
            done(len(own))
        return unreadable

    def close(self) -> None:
        if self._medium:
            self._medium.close()
        self._medium, self._at = None, None

    def _opened(self, source: Source) -> Medium:
        if source != self._at or self._medium is None:
            self.close()
            self._medium, self._at = source.open(self._cache), source
        return self._medium


def mapped(path: Path, count: int, side: int, *, write: bool = False) -> Wide:
    """Wide crops in a file, uint8 `(count, ROOM · side, ROOM · side, 3)`."""
    shape = (count, ROOM * side, ROOM * side, 3)
    return np.memmap(path, np.uint8, "r+" if write else "r", shape=shape)


def main(folder: Path, count: int, side: int, cache: Path, said: TextIO) -> None:
    """Cut what is asked for on the standard input until it ends."""

    def say(**words: object) -> None:
        said.write(json.dumps(words) + "\n")
        said.flush()

    if hasattr(os, "nice"):
        os.nice(5)  # the window comes first
    cv2.setNumThreads(1)  # there is a process for each core
    plan = np.load(folder / "plan.npy", allow_pickle=False)
    cutter = Cutter(plan, mapped(folder / "wide", count, side, write=True), cache)
    asked: SimpleQueue[Part] = SimpleQueue()
    Thread(target=_listen, args=(sys.stdin, asked), daemon=True).start()
    say(ready=True)
    while True:
        part, waiting = asked.get(), 0

        def done(number: int) -> None:
            nonlocal waiting
            waiting += number
            if waiting >= SAID:
                say(done=waiting)
                waiting = 0

        unreadable = cutter.cut(part, done)
        say(done=waiting, unreadable=unreadable, finished=True)


def _listen(lines: Iterable[str], asked: SimpleQueue[Part]) -> None:
    with suppress(ValueError, TypeError):
        for line in lines:
            asked.put(Part(*json.loads(line)))
    os._exit(0)  # whoever asked is gone, or done; whatever is being cut is no longer wanted


if __name__ == "__main__":
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a decoder prints is no answer
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), output)
