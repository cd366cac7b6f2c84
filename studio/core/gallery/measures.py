"""The numbers that can be told of every crop: what they are called, and what it takes to know them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray


class MeasureKind(NamedTuple):
    """A line of `MEASURES`.

    Attributes:
        name: in the filter line, and in `Measure`.
        title: in menus.
        says: what the number means, for a tooltip.
        needs: what it is computed from: "box" is known at once, the others take a job.
    """

    name: str
    title: str
    says: str
    needs: Literal["box", "pixels", "embeddings", "head"]


MEASURES = (
    MeasureKind("size", "Size", "the square root of the box's area, in pixels", "box"),
    MeasureKind("sharpness", "Sharpness", "log10 of the variance of the Laplacian of the crop's picture", "pixels"),
    MeasureKind("uniqueness", "Uniqueness", "1 minus the cosine to the most similar other crop, 0…1", "embeddings"),
    MeasureKind("outlier", "Outlier", "distance from the crops of its label, in robust deviations", "embeddings"),
    MeasureKind("suspicion", "Suspected error", "how likely its label is wrong, 0…1, by crops left out", "embeddings"),
    MeasureKind("likeness", "Likeness", "the cosine to the crop that was asked about, -1…1", "embeddings"),
    MeasureKind("score", "Score", "of the active head for the crop's label, 0…1", "head"),
    MeasureKind("doubt", "Doubt", "1 at the active head's decision, 0 where it is sure", "head"),
)
KINDS = {kind.name: kind for kind in MEASURES}


@dataclass(frozen=True, eq=False)
class Measure:
    """One number for each of some crops.

    Attributes:
        name: of a line of `MEASURES`.
        ids: int64 `(n,)`, of the regions, ascending.
        values: float32 `(n,)`; NaN where it is unknown, as for a crop that cannot be read.
    """

    name: str
    ids: NDArray[np.int64]
    values: NDArray[np.float32]

    def of(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The values of regions in any order; NaN for those it does not know."""
        if np.array_equal(ids, self.ids):  # as a rule: all crops were measured
            return self.values.copy()
        found = np.full(len(ids), np.nan, np.float32)
        if len(self.ids):
            at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            known = self.ids[at] == ids
            found[known] = self.values[at[known]]
        return found
