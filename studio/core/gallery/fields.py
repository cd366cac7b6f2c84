"""What can be asked of a crop: the fields of the filter line, and their values as columns."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crops import SPLITS, Crops
from studio.core.gallery.measures import KINDS, MEASURES
from studio.core.project.region_table import RegionTable
from studio.core.project.row_checks import AUTHORS, STATES


class Field(NamedTuple):
    """A line of `FIELDS`.

    Attributes:
        name: as it is typed.
        kind: "names" are looked for by their letters, a "choice" is one of few words, a "number" is compared, a "flag"
            is on or off and stands alone.
        says: what it asks, for a list.
        choices: the words of a choice, in the order of the column's numbers.
    """

    name: str
    kind: Literal["names", "choice", "number", "flag"]
    says: str
    choices: tuple[str, ...] = ()


_FIELDS = (
    Field("label", "names", "the label's name"),
    Field("medium", "names", "the name of the video, the folder or the recording"),
    Field("track", "number", "the track's number, or none"),
    Field("frame", "number", "the number of the frame, as 10..200"),
    Field("source", "choice", "who made it", AUTHORS),
    Field("split", "choice", "what it is for", ("none", *SPLITS[1:])),
    Field("state", "choice", "what is seen of it", STATES),
    Field("keyframe", "flag", "made or confirmed by a person"),
    Field("reviewed", "flag", "looked at and found right"),
    Field("duplicate", "flag", "a near-duplicate in its track"),
    *(Field(kind.name, "number", kind.says) for kind in MEASURES),
)
FIELDS = {field.name: field for field in _FIELDS}


def column(crops: Crops, name: str) -> NDArray[np.uint8]:
    """uint8 `(n,)`: of a choice, indices of its `choices`."""
    return {"source": crops.table.authors, "split": crops.splits, "state": crops.table.states}[name]


def flags(crops: Crops, name: str) -> NDArray[np.bool_]:
    """bool `(n,)`: whether a flag is on."""
    table = crops.table
    return {"keyframe": table.keyframes, "reviewed": table.reviewed, "duplicate": table.near_duplicates}[name]


def numbers(crops: Crops, name: str) -> NDArray[np.int64] | NDArray[np.float32]:
    """`(n,)`: of "frame" or a measure; NaN where it is unknown.

    Where the score was not measured it is that of the head that found the crop.
    """
    if name == "frame":
        return crops.table.frames
    found = crops.measure(name)
    if name == "score":
        unknown = np.isnan(found)
        found[unknown] = crops.table.scores[unknown]
    return found


def takes_work(name: str) -> bool:
    """Whether it is a measure that somebody has to compute first."""
    return name in KINDS and KINDS[name].needs != "box"


def track_ids(table: RegionTable) -> NDArray[np.int64]:
    """The tracks that have crops, by age: the first has the number 1, and so on."""
    ids = np.unique(table.tracks)
    return ids[ids > 0]
