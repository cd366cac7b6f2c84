"""What was computed for each region, in one file of the cache, computed anew only for regions that changed.

The file is an array of records and nothing else: which region of which picture, and the values. It is memory-mapped, so
100,000 embeddings are there at once; one that is damaged or somebody else's names no region as it is now, and is
written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.feature_cache import feature_key
from studio.core.files import own_place
from studio.core.project import MediumRow
from studio.core.project.region_table import RegionTable

# medium: of its content and the size of its frames, on which depends what is cut for a box
IDENTITY = [("region", "<i8"), ("medium", "<u8"), ("frame", "<i8"), ("box", "<f8", (4,))]
SUFFIX = ".rows"
KEPT_FILES = 2  # of one name: another network was looked at a moment ago
PORTION = 8192  # regions written at once
FEW = 500  # regions that are computed again each time rather than writing a file of 100 MB

Values = NDArray[Any]


def identities(table: RegionTable, media: Mapping[int, MediumRow]) -> NDArray[np.void]:
    """What the picture of each region depends on, `(n,)` of the dtype `IDENTITY`."""
    found = np.zeros(len(table), IDENTITY)
    found["region"], found["frame"], found["box"] = table.ids, table.frames, table.boxes
    known, place = np.unique(table.media, return_inverse=True)
    found["medium"] = np.array([_content(media.get(int(medium))) for medium in known], np.uint64)[place]
    return found


def _content(row: MediumRow | None) -> int:
    key = feature_key(row.sha256, row.size, row.width, row.height) if row else bytes(8)
    return int.from_bytes(key[:8], "little")


class Records:
    """Values of one kind for each region, kept in a file. Nothing is kept where the file cannot be written."""

    def __init__(self, cache: Path, name: str, kind: np.dtype[Any], *inputs: object) -> None:
        """Look at the file; it may be missing.

        Args:
            cache: the project's folder of derived things.
            name: of the values, "vectors" for one.
            kind: dtype of the values of one region.
            inputs: all that they depend on besides the regions.
        """
        self._cache, self._name, self._kind = cache, name, kind
        self._path = cache / f"{name}-{feature_key(kind, *inputs).hex()}{SUFFIX}"
        self._dtype = np.dtype([*IDENTITY, ("value", kind)])
        self._stored = self._opened()

    def values(
        self,
        wanted: NDArray[np.void],
        compute: Callable[[NDArray[np.intp]], Values],
        known: Callable[[Values], NDArray[np.bool_]],
    ) -> Values:
        """The values `(n,)` of the regions `wanted`.

        Args:
            wanted: from `identities`, ascending by region.
            compute: makes the values of some rows of `wanted`; asked once, for those that are not kept.
            known: says which values are real; others (of pictures that cannot be read) are not kept.
        """
        at = self._places(wanted)
        missing = np.flatnonzero(at < 0)
        if not len(missing) and len(wanted) == len(self._stored):
            return self._stored["value"]
        values = np.empty(len(wanted), self._kind)
        values[at >= 0] = self._stored["value"][at[at >= 0]]
        if len(missing):
            values[missing] = made = compute(missing)
            fresh = int(known(made).sum())
            if fresh > min(FEW, len(wanted) // 100):
                self._write(wanted, values, np.union1d(np.flatnonzero(at >= 0), missing[known(made)]))
        return values

    def _opened(self) -> NDArray[np.void]:
        """Copy on write: torch warns of arrays that cannot be written to."""
        with suppress(OSError, ValueError):
            if self._path.is_file():
                stored = np.memmap(self._path, self._dtype, "c")
                if len(stored) < 2 or bool((np.diff(stored["region"]) > 0).all()):
                    return stored
        return np.zeros(0, self._dtype)

    def _places(self, wanted: NDArray[np.void]) -> NDArray[np.intp]:
        """Where each region is in the file; -1 where it is not, or is there with another picture."""
        stored = self._stored
        if not len(stored):
            return np.full(len(wanted), -1, np.intp)
        at = np.minimum(np.searchsorted(stored["region"], wanted["region"]), len(stored) - 1)
        same = (stored["box"][at] == wanted["box"]).all(1)
        for name in ("region", "medium", "frame"):
            same &= stored[name][at] == wanted[name]
        return np.where(same, at, -1)

    def _write(self, wanted: NDArray[np.void], values: Values, rows: NDArray[np.intp]) -> None:
        with suppress(OSError):  # a cache that cannot be written costs time only
            self._cache.mkdir(parents=True, exist_ok=True)
            with own_place(self._cache) as place:
                with (place / "made").open("wb") as file:  # not mapped: a full disk would end the program
                    for start in range(0, len(rows), PORTION):
                        some = rows[start : start + PORTION]
                        part = np.zeros(len(some), self._dtype)
                        for name, *_ in IDENTITY:
                            part[str(name)] = wanted[str(name)][some]
                        part["value"] = values[some]
                        file.write(part.tobytes())
                (place / "made").replace(self._path)
            self._forget_old()

    def _forget_old(self) -> None:
        files = sorted(self._cache.glob(f"{self._name}-*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for old in files[:-KEPT_FILES]:
            old.unlink()
