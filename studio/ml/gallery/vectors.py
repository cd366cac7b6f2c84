"""The embeddings of all regions of a project as one matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Box, crop_window
from studio.core.project import MediumRow, Project
from studio.core.project.region_table import RegionTable
from studio.ml.backbones.base import Backbone
from studio.ml.embeddings import CROP_RULE, Place, embed_places
from studio.ml.gallery.reading import Frames, portion
from studio.ml.gallery.records import Records, identities

PART = 4096  # embeddings computed at once


@dataclass(frozen=True, eq=False)
class Vectors:
    """Embeddings of unit length.

    Attributes:
        ids: int64 `(n,)` of the regions, ascending.
        values: float16 `(n, d)`, maybe in a file; NaN in rows of regions whose pictures cannot be read.
    """

    ids: NDArray[np.int64]
    values: NDArray[np.float16]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows `(n,)` are embeddings."""
        return _known(self.values)

    @property
    def unread(self) -> int:
        """How many rows are none."""
        return len(self.ids) - int(self.known.sum())


def read_vectors(
    project: Project, table: RegionTable, media: Mapping[int, MediumRow], backbone: Backbone, control: Control
) -> Vectors:
    """The embeddings of the regions in `table`; those that were never made are computed, frame by frame.

    Args:
        project: whose media are read and whose cache keeps what is computed.
        table: the regions, as `studio.core.project.region_table.read_regions` gives them.
        media: the media's rows by id.
        backbone: makes the embeddings.
        control: progress and cancelling; what was computed before is kept.
    """
    kind = np.dtype(("<f2", (backbone.embedding_size,)))
    records = Records(project.cache, "vectors", kind, CROP_RULE, *backbone.embedding_identity)

    def compute(rows: NDArray[np.intp]) -> NDArray[np.float16]:
        return _computed(project, table.taken(rows), media, backbone, control)

    return Vectors(table.ids, records.values(identities(table, media), compute, _known))


def _known(values: NDArray[np.float16]) -> NDArray[np.bool_]:
    """An embedding is known whole or not at all."""
    return np.isfinite(values[:, 0])


def _computed(
    project: Project, table: RegionTable, media: Mapping[int, MediumRow], backbone: Backbone, control: Control
) -> NDArray[np.float16]:
    order = np.lexsort((table.frames, table.media))
    made = np.full((len(table), backbone.embedding_size), np.nan, np.float16)
    with Frames(project) as frames, FeatureCache(project.cache / "features.db") as cache:
        for start in range(0, len(order), PART):
            rows = order[start : start + PART]
            places = [_place(table, int(row), media, backbone.input_size) for row in rows]
            part = portion(control, start / len(order), len(rows) / len(order))
            made[rows] = unit(embed_places(places, frames.picture, backbone, cache, part))
    return made


def _place(table: RegionTable, row: int, media: Mapping[int, MediumRow], side: int) -> Place:
    medium = media[int(table.media[row])]
    window = crop_window(Box(*table.boxes[row].tolist()), side, medium.width, medium.height)
    return Place(medium.sha256, int(table.frames[row]), window)


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Float32 `(n, d)` of length 1; zeros stay zeros."""
    ready = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(ready, axis=1, keepdims=True)
    return np.asarray(ready / np.where(lengths > 0, lengths, 1), np.float32)
