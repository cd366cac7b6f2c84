"""Crops decoded once and kept in a file, where an epoch reads them a thousand times faster than from their media."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import feature_key
from studio.core.files import FULL, making, own_place
from studio.core.project import Project
from studio.core.project.window_lock import acquire
from studio.core.training.examples import Examples
from studio.ml.crops import ROOM
from studio.ml.training.cutting import Unreadable, Wide, mapped
from studio.ml.training.reading import read_crops_into
from studio.ml.training.store_files import (
    bytes_of,
    copied,
    forget,
    full,
    identities,
    make_room,
    read_unreadable,
    reserve,
    say,
)

FOLDER = "crops"  # in the cache: a folder for each store, named by all that it depends on
LOCK = "crops.lock"
RULE = 1  # counts changes of how crops are cut
LOOKED = 0.2  # seconds between two looks whether another process is done


@dataclass(frozen=True, eq=False)
class CropStore:
    """Crops with room around them, row by row beside `Examples`.

    Attributes:
        wide: uint8 `(n, ROOM · side, ROOM · side, 3)` RGB, in a file that is read where it is looked at.
        readable: bool `(n,)`.
        unreadable: id of the region and why its frame cannot be read, for each of the others, whose pixels are black.
    """

    wide: Wide
    readable: NDArray[np.bool_]
    unreadable: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.wide)

    @property
    def side(self) -> int:
        """Of a crop as a network sees it, in pixels."""
        return int(self.wide.shape[1]) // ROOM


def open_store(project: Project, examples: Examples, side: int, control: Control) -> CropStore:
    """The crops of `examples`; those that no earlier store has are cut now, frame by frame.

    A store is there whole or not at all, whenever this is cancelled or killed. Of several processes that want it one
    makes it, and the others wait.

    Args:
        project: whose media are read and whose cache is written.
        examples: which crops.
        side: of a crop as it is seen, in pixels.
        control: progress and cancelling.

    Raises:
        InputError: none can be read, or the disk has no room for them.
    """
    place = project.cache / FOLDER
    shown = identities(project, examples)
    own = place / f"{side}-{feature_key(RULE, side, shown.tobytes()).hex()}"
    with making(place):
        place.mkdir(parents=True, exist_ok=True)
    with _alone(place, control):
        unreadable = read_unreadable(own, len(examples), side)
        if unreadable is None:
            unreadable = _make(project, examples, shown, own, control)
        elif unreadable:  # a medium may be back
            unreadable = _again(project, examples, own, unreadable, control)
        with suppress(OSError):
            os.utime(own)
        forget(place, own)
        wide = mapped(own / "wide", len(examples), side)
    readable = np.ones(len(examples), bool)
    readable[[row for row, _ in unreadable]] = False
    if not readable.any():
        raise InputError(f"none of the crops can be read: {unreadable[0][1]}")
    return CropStore(wide, readable, tuple((int(examples.ids[row]), why) for row, why in unreadable))


@contextmanager
def _alone(place: Path, control: Control) -> Iterator[None]:
    """While no other process makes a store here; what one that was killed left is removed."""
    while (lock := acquire(place, LOCK)) is None:
        control.progress(0.0, "waiting for another training that reads crops")
        time.sleep(LOOKED)
    with lock:
        for left in place.glob(".making-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _make(project: Project, examples: Examples, shown: NDArray[np.void], own: Path, control: Control) -> Unreadable:
    side, place = int(own.name.partition("-")[0]), own.parent
    needed = len(examples) * bytes_of(side)
    make_room(place, needed)
    try:
        with own_place(place) as around:
            made = around / "store"
            made.mkdir()
            reserve(made / "wide", needed)
            np.save(made / "rows.npy", shown, allow_pickle=False)
            wide = mapped(made / "wide", len(examples), side, write=True)
            missing = copied(place, shown, wide, side, control)
            unreadable = read_crops_into(project, examples, missing, made, wide, control)
            say(made, unreadable)
            del wide  # Windows renames no folder with open files
            shutil.rmtree(own, ignore_errors=True)
            made.rename(own)
    except OSError as error:
        if error.errno in FULL:
            raise full(place, needed) from None
        raise InputError(f"the crops cannot be kept in {place}: {error.strerror or error}") from None
    return unreadable


def _again(project: Project, examples: Examples, own: Path, gone: Unreadable, control: Control) -> Unreadable:
    """Try again what could not be read. Until it is said, nobody takes these rows for read."""
    side = int(own.name.partition("-")[0])
    rows = np.array([row for row, _ in gone], np.intp)
    wide = mapped(own / "wide", len(examples), side, write=True)
    unreadable = read_crops_into(project, examples, rows, own, wide, control, alone=True)
    if len(unreadable) < len(rows):
        with suppress(OSError):  # a store that cannot be written to is tried again the next time
            say(own, unreadable)
    return unreadable
