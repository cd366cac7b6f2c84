"""Where crops lie on the map of a project, kept in its cache so that it is there at once the next time."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.feature_cache import feature_key
from studio.core.files import own_place
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone

# What zipfile, and numpy's reader of headers, raise on bytes that are not theirs.
_DAMAGED = (
    OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, ArithmeticError, AttributeError, MemoryError,
    SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
KEPT_FILES = 4  # of other networks that were looked at before


@dataclass(frozen=True, eq=False)
class CropMap:
    """Crops that look alike lie near each other.

    Attributes:
        pictures: structured `(n,)`: what each place depends on, with a field "region", int64, ascending.
        points: float32 `(n, 2)`; only their distances to each other mean something.
        steps: uint16 `(n,)`: steps of arranging that each took part in; 0: principal components, or put beside its
            neighbours.
        network: of which embeddings, in hexadecimal.
    """

    pictures: NDArray[np.void]
    points: NDArray[np.float32]
    steps: NDArray[np.uint16]
    network: str

    @property
    def ids(self) -> NDArray[np.int64]:
        """The regions, int64 `(n,)`, ascending."""
        return np.asarray(self.pictures["region"], np.int64)


def map_file(project: Project) -> Path:
    """Of the network that is chosen for the project now."""
    return project.cache / f"map-{feature_key(chosen_backbone(project) or '').hex()}.npz"


def read_map(project: Project) -> CropMap | None:
    """The map that was kept for the project's network; None where there is none, or it is damaged."""
    path = map_file(project)
    with suppress(*_DAMAGED):
        with zipfile.ZipFile(path) as content:
            unpacked = sum(each.file_size for each in content.infolist())
        if unpacked <= path.stat().st_size:  # it is not compressed: what grows is not of this program
            with np.load(path, allow_pickle=False) as found:
                made = CropMap(found["pictures"], found["points"], found["steps"], str(found["network"]))
            return made if _is_whole(made) else None
    return None


def keep_map(project: Project, made: CropMap) -> None:
    """For the next time; a cache that cannot be written costs time only."""
    path = map_file(project)
    with suppress(OSError):
        project.cache.mkdir(parents=True, exist_ok=True)
        with own_place(project.cache) as place:
            whole = place / "made.npz"
            np.savez(whole, pictures=made.pictures, points=made.points, steps=made.steps, network=made.network)
            whole.replace(path)
        for old in sorted(project.cache.glob("map-*.npz"), key=lambda each: each.stat().st_mtime)[:-KEPT_FILES]:
            old.unlink()


def _is_whole(made: CropMap) -> bool:
    count = len(made.points)
    names = made.pictures.dtype.names or ()
    return (
        made.points.shape == (count, 2)
        and made.points.dtype == np.float32
        and bool(np.isfinite(made.points).all())
        and made.pictures.shape == made.steps.shape == (count,)
        and made.steps.dtype == np.uint16
        and "region" in names
        and made.pictures.dtype["region"] == np.int64
        and bool((np.diff(made.ids) > 0).all())
    )
