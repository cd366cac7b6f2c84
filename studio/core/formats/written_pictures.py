"""The pictures that a data set brings along: frames with regions on them, or crops of the regions."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath

from studio.core.control import Control
from studio.core.formats.data_set import UNSPLIT, DataMedium, DataRegion, DataSet
from studio.core.formats.format import Format, Shot
from studio.core.formats.naming import clean, unique
from studio.core.formats.project_frames import ProjectFrames
from studio.core.media.pictures import write_picture
from studio.core.project.edits import counted

_FRAME, _CROP = ".jpg", ".png"  # of videos; crops are small, and are written without loss

_Rectangle = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a picture comes from: a frame of a medium of the project, or the part `box` of it."""

    medium: str
    frame: int
    box: _Rectangle | None = None


class _Naming:
    """Finds names for the pictures of a data set."""

    def __init__(self, data: DataSet, chosen: Format, frames: ProjectFrames) -> None:
        self._format, self._frames = chosen, frames
        taken: set[str] = set()
        self._media = {name: unique(clean(PurePosixPath(name).stem), taken) for name in sorted(data.media)}
        self._splits = any(region.split for region in data.regions)
        self._taken: set[str] = set()

    def name(self, medium: str, frame: int, split: str, label: str = "", whole: bool = True) -> str:
        """The path of a picture in the data set: of a whole frame, or of a crop of it."""
        own = self._frames.file(medium, frame)
        suffix = own.suffix if own and whole else _FRAME if whole else _CROP
        prefix = self._media[medium]
        shown = split or (UNSPLIT if self._splits else "")
        stems = _stems(clean(own.stem), prefix) if own else _stems(f"{prefix}_{frame:06}")
        places = (self._format.place(Shot(prefix, frame, stem, shown, label)) for stem in stems)
        place = next(place for place in places if place.casefold() not in self._taken)
        self._taken.add(place.casefold())
        return place + suffix


def _stems(stem: str, prefix: str = "") -> Iterator[str]:
    """Names to try: the picture's own, then with its folder's name before it, then with numbers."""
    yield stem
    if prefix:
        yield f"{prefix}_{stem}"
    yield from (f"{stem}-{number}" for number in count(2))


def as_pictures(
    data: DataSet, chosen: Format, frames: ProjectFrames
) -> tuple[DataSet, Mapping[str, Cut], list[str]]:  # fmt: skip
    """`data` with a picture for each frame that has regions, or for each region where the format is of crops.

    Args:
        data: on media of a project, as the format can hold it.
        chosen: a format that brings pictures along.
        frames: of the project.

    Returns:
        The data set, where each of its pictures comes from, and what that changes, a line each.
    """
    made = _Made(_Naming(data, chosen, frames), frames)
    places: dict[tuple[str, int], list[DataRegion]] = {}
    for region in sorted(data.regions, key=lambda region: (region.medium, region.frame)):
        places.setdefault((region.medium, region.frame), []).append(region)
    for (medium, frame), members in places.items():
        if chosen.crops:
            for region in members:
                made.add_crop(region)
        else:
            made.add_frame(medium, frame, members)
    return DataSet(data.labels, made.media, tuple(made.regions)), made.cuts, made.lines()


class _Made:
    """The pictures of a data set, as they are added."""

    def __init__(self, naming: _Naming, frames: ProjectFrames) -> None:
        self._naming, self._frames = naming, frames
        self.media: dict[str, DataMedium] = {}
        self.regions: list[DataRegion] = []
        self.cuts: dict[str, Cut] = {}
        self._torn = self._written = self._cropped = 0

    def add_crop(self, region: DataRegion) -> None:
        size = self._frames.size(region.medium, region.frame)
        left, top, right, bottom = box = _pixels(region, size)
        whole = box == (0, 0, *size) and self._frames.file(region.medium, region.frame) is not None
        name = self._naming.name(region.medium, region.frame, region.split, region.label, whole)
        self.cuts[name] = Cut(region.medium, region.frame, None if whole else box)
        self._cropped += not whole
        width, height = right - left, bottom - top
        self.media[name] = DataMedium(name, None, width, height, split=region.split)
        own = replace(region, medium=name, frame=0, x=0.0, y=0.0, width=float(width), height=float(height))
        self.regions.append(own)

    def add_frame(self, medium: str, frame: int, members: list[DataRegion]) -> None:
        splits = {region.split for region in members} - {""}
        self._torn += len(splits) > 1
        self._written += self._frames.file(medium, frame) is None
        split = splits.pop() if len(splits) == 1 else ""
        name = self._naming.name(medium, frame, split)
        self.cuts[name] = Cut(medium, frame)
        self.media[name] = DataMedium(name, None, *self._frames.size(medium, frame), split=split)
        self.regions += [replace(region, medium=name, frame=0, split=split) for region in members]

    def lines(self) -> list[str]:
        torn = f"{counted(self._torn, 'frame')} with boxes of different splits, written in none"
        written = f"{counted(self._written, 'frame')} of videos, written as pictures; those without a box are not"
        cropped = f"the places of {counted(self._cropped, 'box', 'boxes')}, each becomes a picture of its own"
        counts = (self._torn, torn), (self._written, written), (self._cropped, cropped)
        return [line for number, line in counts if number]


def _pixels(region: DataRegion, size: tuple[int, int]) -> _Rectangle:
    """The whole pixels that hold a box, inside a frame of `size`."""
    left, top = max(math.floor(region.x + 1e-6), 0), max(math.floor(region.y + 1e-6), 0)
    right, bottom = math.ceil(region.x + region.width - 1e-6), math.ceil(region.y + region.height - 1e-6)
    width, height = size
    return left, top, max(min(right, width), left + 1), max(min(bottom, height), top + 1)


def write_pictures(cuts: Mapping[str, Cut], frames: ProjectFrames, folder: Path, control: Control) -> None:
    """Write all pictures below `folder`; whole pictures of stills are copied byte for byte.

    Raises:
        InputError: a frame cannot be read.
        OSError: the disk is full.
    """
    shown: tuple[str, int] | None = None
    for done, (name, cut) in enumerate(cuts.items()):
        control.progress(done / len(cuts), name)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        own = frames.file(cut.medium, cut.frame)
        if own is not None and cut.box is None:
            shutil.copyfile(own, path)
            continue
        if shown != (cut.medium, cut.frame):
            picture, shown = frames.picture(cut.medium, cut.frame), (cut.medium, cut.frame)
        left, top, right, bottom = cut.box or (0, 0, picture.shape[1], picture.shape[0])
        write_picture(path, picture[top:bottom, left:right])
