"""The folders that keep crops: whole or not there, found again by what they depend on, the oldest ones removed."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.feature_cache import feature_key
from studio.core.files import size_text
from studio.core.project import Project
from studio.core.training.examples import Examples
from studio.ml.crops import ROOM
from studio.ml.training.cutting import Unreadable, Wide, mapped

KEPT = 3  # stores: other regions or another network were looked at a moment ago
SPARE_BYTES = 1 << 28  # left free on the disk

# Which pixels a crop shows: of which content, which frame, which square.
IDENTITY = np.dtype([("medium", "<u8"), ("frame", "<i8"), ("x", "<i8"), ("y", "<i8"), ("side", "<i8")])


def identities(project: Project, examples: Examples) -> NDArray[np.void]:
    content = {row.id: int.from_bytes(feature_key(row.sha256, row.size)[:8], "little") for row in project.media()}
    known, place = np.unique(examples.media, return_inverse=True)
    found = np.zeros(len(examples), IDENTITY)
    found["medium"] = np.array([content[medium] for medium in known.tolist()], np.uint64)[place.ravel()]
    found["frame"] = examples.frames
    for at, name in enumerate(("x", "y", "side")):
        found[name] = examples.windows[:, at]
    return found


def read_unreadable(folder: Path, count: int, side: int) -> Unreadable | None:
    """The rows of a store that cannot be read; None where there is no such store."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        if (folder / "wide").stat().st_size == count * bytes_of(side):
            said = json.loads((folder / "store.json").read_text(encoding="utf-8"))
            found = [(int(row), str(why)) for row, why in said["unreadable"]]
            return found if all(0 <= row < count for row, _ in found) else None
    return None


def bytes_of(side: int) -> int:
    return (ROOM * side) ** 2 * 3


def say(folder: Path, unreadable: Unreadable) -> None:
    partial = folder / "store.partial"
    partial.write_text(json.dumps({"unreadable": unreadable}), encoding="utf-8")
    partial.replace(folder / "store.json")


def reserve(path: Path, size: int) -> None:
    """A file of zeros whose room on the disk is taken: a mapped file that finds none ends the program."""
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            if size:
                os.posix_fallocate(file.fileno(), 0, size)
            return
        block = bytes(1 << 24)
        for start in range(0, size, len(block)):
            file.write(block[: size - start])


def stores(place: Path) -> list[Path]:
    """Those there are, the newest first."""
    with suppress(OSError):
        return sorted(
            (path for path in place.iterdir() if (path / "store.json").is_file()),
            key=lambda path: path.stat().st_mtime,
            reverse=True,
        )
    return []


def forget(place: Path, own: Path) -> None:
    """Remove the stores that were not used for longest; `own` is not among them."""
    others = [store for store in stores(place) if store != own]
    for old in others[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def make_room(place: Path, needed: int) -> None:
    for old in [None, *reversed(stores(place))]:
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
        if shutil.disk_usage(place).free >= needed + SPARE_BYTES:
            return
    raise full(place, needed)


def full(place: Path, needed: int) -> StudioError:
    free = shutil.disk_usage(place).free
    return StudioError(
        f"the disk of {place} is full: {size_text(free)} are free, and the crops need {size_text(needed)} besides"
        f" {size_text(SPARE_BYTES)} that are left to others; make room, or train on fewer crops or with a smaller"
        " network input"
    )


def copied(place: Path, identities: NDArray[np.void], wide: Wide, side: int, control: Control) -> NDArray[np.intp]:
    """Take what earlier stores have; returns the rows that none has."""
    wanted = _keys(identities)
    missing = np.ones(len(wanted), bool)
    for store in stores(place):
        if not store.name.startswith(f"{side}-") or not missing.any():
            continue
        with suppress(OSError, ValueError, TypeError):
            theirs = np.load(store / "rows.npy", allow_pickle=False)
            gone = read_unreadable(store, len(theirs), side)
            if gone is None or theirs.dtype != IDENTITY:
                continue
            at = {key: row for row, key in enumerate(_keys(theirs))}
            for row, _ in gone:
                at.pop(_keys(theirs[row : row + 1])[0], None)
            pixels = mapped(store / "wide", len(theirs), side)
            for row in np.flatnonzero(missing).tolist():
                if (other := at.get(wanted[row])) is not None:
                    control.checkpoint()
                    wide[row], missing[row] = pixels[other], False
    return np.flatnonzero(missing)


def _keys(identities: NDArray[np.void]) -> list[bytes]:
    whole = np.ascontiguousarray(identities).tobytes()
    size = IDENTITY.itemsize
    return [whole[at : at + size] for at in range(0, len(whole), size)]
