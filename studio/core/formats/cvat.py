"""CVAT's XML: tracks over the frames of a video with keyframes, outside and occluded; boxes on pictures are read too.

Between two boxes of a track CVAT shows the box that lies on the way, and after the last one that box until the end, or
until a box marked outside. Reading makes regions of what CVAT shows.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from xml.etree import ElementTree

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.coco import box_around
from studio.core.formats.cvat_tracks import CONFIRMED, MOST_FRAMES, prepare, shown
from studio.core.formats.cvat_write import write
from studio.core.formats.data_set import DataLabel, DataMedium, DataRegion, DataSet, split_named
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import mentions, number, whole, xml_parts

_NUMBERED = re.compile(r"frame_(\d{1,15})")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_OTHERS = ("points", "polyline", "skeleton", "cuboid", "tag")

_Found = tuple[float, float, float, float]


def _files(folder: DataFolder) -> list[str]:
    return [name for name in folder.ending(".xml") if mentions(folder.path(name), "<annotations>")]


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    names = _files(folder)
    if not names:
        raise InputError(f"{folder.root} holds no CVAT file (XML with <annotations>)")
    labels: dict[str, DataLabel] = {}
    media: dict[str, DataMedium] = {}
    regions: list[DataRegion] = []
    tracks = 0
    for count, name in enumerate(names):
        control.progress(count / len(names), name)
        reading = _Reading(folder, notes, name, tracks)
        for element in xml_parts(folder.path(name), "annotations"):
            control.checkpoint()
            reading.take(element)
        tracks = reading.tracks
        labels |= reading.labels
        media |= reading.media
        regions += reading.regions
    return DataSet(tuple(labels.values()), media, tuple(regions))


class _Reading:
    """One file. `tracks` is the number of the last track."""

    def __init__(self, folder: DataFolder, notes: Notes, name: str, tracks: int) -> None:
        self.folder, self.notes, self.name, self.tracks = folder, notes, name, tracks
        self.own = posixpath.dirname(name)
        self.labels: dict[str, DataLabel] = {}
        self.media: dict[str, DataMedium] = {}
        self.regions: list[DataRegion] = []
        self._task = _Task()
        self._sources: dict[str, str] = {}
        self._numbered: dict[int, str] | None = None
        self._takes: dict[str, Callable[[ElementTree.Element], None]] = {
            "meta": self._meta, "track": self._track, "image": self._image
        }  # fmt: skip

    def take(self, element: ElementTree.Element) -> None:
        """One element below the root."""
        take = self._takes.get(element.tag)
        if take:
            take(element)

    def _meta(self, meta: ElementTree.Element) -> None:
        self._task = _Task(meta)
        for label in meta.iter("label"):
            if label.find("parent") is None and label.findtext("type", "any") != "skeleton":
                name, color = sound_label(label.findtext("name", "")), label.findtext("color", "")
                self.labels.setdefault(name, DataLabel(name, color.lower() if _COLOR.fullmatch(color) else ""))
        for task in meta.iter("task"):
            self._sources[task.findtext("id", "")] = task.findtext("source") or task.findtext("name") or ""

    # Pictures --------------------------------------------------------------------------------------------------------

    def _image(self, image: ElementTree.Element) -> None:
        called, subset = image.get("name", ""), image.get("subset", "")
        stated = whole(image.get("width"), 0) or 0, whole(image.get("height"), 0) or 0
        places = (self.own, *(posixpath.join(self.own, place) for place in ("images", f"images/{subset}")), "")
        found = self.folder.find(called, *places) if called else None
        medium = self.folder.medium(found, called, self.notes, split_named(subset), stated)
        self.media.setdefault(medium.name, medium)
        for shape in image:
            box = self._box(shape, medium.name)
            if box:
                self.regions.append(DataRegion(medium.name, 0, self._label(shape), *box, state=_state(shape)))

    # Tracks ----------------------------------------------------------------------------------------------------------

    def _track(self, track: ElementTree.Element) -> None:
        shapes = [shape for shape in track if shape.tag not in ("track", "attribute")]
        boxes: dict[int, DataRegion] = {}
        marked = False  # written by us: every box of a region says whether a person confirmed it, and no others do
        ends: set[int] = set()
        for shape in sorted(shapes, key=lambda shape: number(shape.get("frame"))):
            frame = whole(shape.get("frame"), -1)
            if frame is None or not 0 <= frame <= MOST_FRAMES:
                where = self.folder.path(self.name)
                raise InputError(f"{where} is damaged: {shape.get('frame')!r} is no frame; export it again")
            box = self._box(shape, f"track {track.get('id', '')}")
            if box is None:
                return  # a track is of one kind of shape
            label = self._label(track)
            confirmed = _attribute(shape, CONFIRMED)
            marked |= confirmed is not None
            ends |= {frame} if confirmed is None else set()
            keyframe = (confirmed or shape.get("keyframe", "1")) in ("1", "true")
            boxes[frame] = DataRegion("", frame, label, *box, state=_state(shape), keyframe=keyframe)
        if boxes:
            self.tracks += 1
            found = shown(list(boxes.values()), self._task.first, self._task.step, self._task.last)
            if marked:
                found = [region for region in found if region.state != "outside" or region.frame not in ends]
            alone = marked and len(found) == 1  # so a box in no track is written: CVAT has no other on videos
            self._place(found, None if alone else self.tracks, track.get("task_id", ""))

    def _place(self, found: list[DataRegion], track: int | None, task: str) -> None:
        for region in found:
            medium, frame = self._medium(region.frame, task)
            self.regions.append(
                DataRegion(
                    medium, frame, region.label, *region.box,
                    track=track, state=region.state, keyframe=region.keyframe,
                )
            )  # fmt: skip

    def _medium(self, frame: int, task: str) -> tuple[str, int]:
        """The medium of a frame of a task, and its number there: numbered pictures beside the file, or the video."""
        if self._numbered is None:
            beside = self.folder.below(posixpath.normpath(posixpath.join(self.own, "images")).removeprefix("./"))
            found = [(_NUMBERED.fullmatch(PurePosixPath(name).stem), name) for name in beside]
            own = {int(digits[1]): name for digits, name in found if digits}
            self._numbered = own or dict(enumerate(beside))
        if self._numbered:
            called = posixpath.join(self.own, f"images/frame_{frame:06}")
            name = self._numbered.get(frame)
            if (name or called) not in self.media:
                self.media[name or called] = self.folder.medium(name, called, self.notes, stated=self._task.size)
            return name or called, 0
        name = self._sources.get(task) or self._task.source or PurePosixPath(self.name).stem
        if name not in self.media:
            self.media[name] = self.folder.source(name, self.own, "", size=self._task.size)
        return name, frame

    # Shapes ----------------------------------------------------------------------------------------------------------

    def _label(self, element: ElementTree.Element) -> str:
        name = sound_label(element.get("label", ""))
        return self.labels.setdefault(name, DataLabel(name)).name

    def _box(self, shape: ElementTree.Element, where: str) -> _Found | None:
        if shape.tag == "box":
            left, top, right, bottom = (number(shape.get(edge)) for edge in ("xtl", "ytl", "xbr", "ybr"))
            box = left, top, right - left, bottom - top
            angle = number(shape.get("rotation", "0"))
            if not angle or not math.isfinite(angle):
                return box
            self.notes.add("box", "turned, the upright one around it is taken", where)
            return _turned(box, angle)
        around = _around(shape)
        if shape.tag in _OTHERS or around is None:
            self.notes.add("shape", "no area, left out", f"{shape.tag} of {where}")
            return None
        self.notes.add("shape", "the box around it is taken", f"{shape.tag} of {where}")
        return around


class _Task:
    """What a file says about its frames."""

    def __init__(self, meta: ElementTree.Element | None = None) -> None:
        found = ElementTree.Element("meta") if meta is None else meta
        self.first = _number_in(found, "start_frame") or 0
        self.last = _number_in(found, "stop_frame")
        step = re.search(r"step\s*=\s*(\d{1,6})", next((text.text or "" for text in found.iter("frame_filter")), ""))
        self.step = max(int(step[1]), 1) if step else 1
        self.size = _number_in(found, "width") or 0, _number_in(found, "height") or 0
        self.source = next((text.text.strip() for text in found.iter("source") if text.text), "")


def _number_in(meta: ElementTree.Element, tag: str) -> int | None:
    found = whole(next((element.text for element in meta.iter(tag)), None))
    return found if found is not None and 0 <= found <= MOST_FRAMES else None


def _attribute(element: ElementTree.Element, name: str) -> str | None:
    return next(((found.text or "") for found in element.findall("attribute") if found.get("name") == name), None)


def _state(shape: ElementTree.Element) -> str:
    if shape.get("outside") == "1":
        return "outside"
    return "occluded" if shape.get("occluded") == "1" else "visible"


def _around(shape: ElementTree.Element) -> _Found | None:
    if shape.tag == "ellipse":
        x, y, across, down = (number(shape.get(name)) for name in ("cx", "cy", "rx", "ry"))
        return x - across, y - down, 2 * across, 2 * down
    if shape.tag == "mask":
        left, top, width, height = (number(shape.get(name)) for name in ("left", "top", "width", "height"))
        return left, top, width, height
    return box_around(shape.get("points", "").replace(";", ",").split(","))


def _turned(box: _Found, degrees: float) -> _Found:
    """The upright box around one that is turned about its centre."""
    x, y, width, height = box
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    across, down = width * cosine + height * sine, width * sine + height * cosine
    return x + (width - across) / 2, y + (height - down) / 2, across, down


FORMAT = Format(
    name="cvat",
    title="CVAT for video",
    holds=frozenset({"outside", "occluded", "tracks", "keyframes", "labels", "colors"}),
    recognise=lambda folder: bool(_files(folder)),
    read=_read,
    write=write,
    keeps_media=True,
    prepare=prepare,
)
