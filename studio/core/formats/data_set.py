"""What all formats have in common: pictures or videos, labels, and boxes on their frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "val", "test")
UNSPLIT = "default"  # what files and folders are called that belong to no split, beside such of splits


@dataclass(frozen=True, slots=True)
class DataLabel:
    """A label; `color` is "#rrggbb", or "" where nothing is said about it."""

    name: str
    color: str = ""


@dataclass(frozen=True, slots=True)
class DataMedium:
    """Where frames come from: one picture, or a medium of many frames that is told by its name.

    Attributes:
        name: of a picture its path in the data set's folder, with forward slashes; else as the project calls it.
        file: where it lies; None where the data set does not bring it along.
        width: pixels; 0 where it is unknown or frames differ.
        height: likewise.
        picture: one picture, whose only frame is 0.
        frames: how many; 0 where that is unknown.
        split: "train", "val" or "test" for all of its frames; "" for none.
    """

    name: str
    file: Path | None = None
    width: int = 0
    height: int = 0
    picture: bool = True
    frames: int = 0
    split: str = ""


@dataclass(frozen=True, slots=True)
class DataRegion:
    """A box on one frame, as `studio.core.project.RegionRow`, but with names instead of ids and not yet checked.

    Attributes:
        medium: the name of a `DataMedium`.
        frame: from 0; of a picture 0.
        label: the name of a label.
        x, y, width, height: pixels of the frame.
        track: a number that the regions of one object share; None where it has none.
        state: as of a region row.
        keyframe: made or confirmed by a person.
        score: 0…1.
        split: "train", "val", "test" or "".
        author: "human", "tracker", "head" or "import".
        near_duplicate, reviewed: as of a region row.
    """

    medium: str
    frame: int
    label: str
    x: float
    y: float
    width: float
    height: float
    track: int | None = None
    state: str = "visible"
    keyframe: bool = False
    score: float | None = None
    split: str = ""
    author: str = "import"
    near_duplicate: bool = False
    reviewed: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True)
class DataSet:
    """A whole data set in memory, before anything of it is written anywhere."""

    labels: tuple[DataLabel, ...] = ()
    media: Mapping[str, DataMedium] = field(default_factory=dict)
    regions: tuple[DataRegion, ...] = ()

    @property
    def by_medium(self) -> dict[str, list[DataRegion]]:
        """The regions of each medium, also of those without any, in the order of the media."""
        found: dict[str, list[DataRegion]] = {name: [] for name in self.media}
        for region in self.regions:
            found[region.medium].append(region)
        return found


def split_named(name: str) -> str:
    """The split that a folder, file or list of this name stands for; "" where it is none.

    Other programs say "valid" or "validation" for val, and add years and words: `instances_train2017`.
    """
    plain = name.casefold().rsplit("/", 1)[-1].split(".")[0].rstrip("0123456789").strip("_-")
    words = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
    return words.get(plain) or words.get(plain.replace("-", "_").rsplit("_", 1)[-1], "")
