"""MOT Challenge: `gt/gt.txt` and numbered pictures for each sequence; names of classes as Datumaro and CVAT keep them.

A line is `frame, id, left, top, width, height, conf, class, visibility`: frames and classes count from 1, an id below
1 is none, a conf of 0 means "to be ignored". A visibility below one half is read as occluded.
"""

from __future__ import annotations

import configparser
import posixpath
import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import DataLabel, DataMedium, DataRegion, DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format, Shot
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import number, read_lines, read_text, whole

_CLASSES = (
    "pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle", "static person",
    "distractor", "occluder", "occluder on the ground", "occluder full", "reflection", "crowd",
)  # fmt: skip
_VISIBLE, _OCCLUDED = 1.0, 0.25
_DIGITS = re.compile(r"(\d{1,15})$")


def _files(folder: DataFolder) -> list[str]:
    found = [name for name in folder.ending(".txt") if posixpath.basename(name) in ("gt.txt", "det.txt")]
    with_truth = {_sequence(name) for name in found if name.endswith("gt.txt")}
    return [name for name in found if name.endswith("gt.txt") or _sequence(name) not in with_truth]


def _sequence(name: str) -> str:
    """The folder of the sequence that a file in its `gt` is of."""
    parent = posixpath.dirname(name)
    return posixpath.dirname(parent) if posixpath.basename(parent) in ("gt", "det") else parent


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    reading = _Reading(folder, notes)
    names = _files(folder)
    if not names:
        raise InputError(f"{folder.root} holds no MOT sequence (gt/gt.txt)")
    for count, name in enumerate(names):
        control.progress(count / len(names), name)
        reading.read(name, control)
    labels = (DataLabel(name) for name in reading.labels)
    return DataSet(tuple(labels), reading.media, tuple(reading.regions))


class _Reading:
    def __init__(self, folder: DataFolder, notes: Notes) -> None:
        self.folder, self.notes = folder, notes
        self.labels: dict[str, None] = {}
        self.media: dict[str, DataMedium] = {}
        self.regions: list[DataRegion] = []
        self._tracks: dict[tuple[str, int], int] = {}
        self._pictures_of: dict[tuple[str, int], str] = {}

    def read(self, name: str, control: Control) -> None:
        sequence = _sequence(name)
        info = self._info(sequence)
        pictures = self._pictures(sequence, info)
        names = self._names(name, sequence)
        for line, text in read_lines(self.folder.path(name)):
            control.checkpoint()
            values = [number(part) for part in text.replace(";", ",").split(",")]
            frame = whole(values[0])
            if len(values) < 6 or frame is None:
                where = self.folder.path(name)
                raise InputError(f"{where} is damaged: line {line} is not frame, id, left, top, width, height, …")
            if frame < 1:
                self.notes.add("box", "on a frame before the first, left out; MOT counts from 1", name)
                continue
            medium, at = self._where(frame, sequence, info, pictures)
            self.regions.append(self._region(values, medium, at, names, sequence))

    def _region(
        self, values: list[float], medium: str, frame: int, names: list[str], sequence: str
    ) -> DataRegion:  # fmt: skip
        conf, kind, visibility = (values[at] if len(values) > at else 1.0 for at in (6, 7, 8))
        state = "ignore" if conf == 0 else "occluded" if 0 <= visibility < 0.5 else "visible"
        track, (x, y, width, height) = whole(values[1], -1) or -1, values[2:6]
        return DataRegion(
            medium, frame, self._label(kind, names), x, y, width, height,
            track=None if track < 1 else self._tracks.setdefault((sequence, track), len(self._tracks) + 1),
            state=state,
            score=conf if 0 < conf < 1 else None,
        )  # fmt: skip

    def _label(self, kind: float, names: list[str]) -> str:
        at = whole(kind, -1) or -1
        if 1 <= at <= len(names):
            label = names[at - 1]
        else:
            label = "object" if at < 1 else f"class {at}"
            if at > 0:
                self.notes.add("class number", "beyond the names, called by its number", str(at))
        self.labels.setdefault(label)
        return label

    def _names(self, name: str, sequence: str) -> list[str]:
        for place in (posixpath.dirname(name), sequence, ""):
            path = posixpath.join(place, "labels.txt")
            if path in self.folder:
                names = [sound_label(line) for _, line in read_lines(self.folder.path(path))]
                self.labels |= dict.fromkeys(names)
                return names
        return list(_CLASSES)

    def _info(self, sequence: str) -> dict[str, str]:
        path = posixpath.join(sequence, "seqinfo.ini")
        if path not in self.folder:
            return {}
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(read_text(self.folder.path(path)))
        except configparser.Error:
            raise InputError(f"{self.folder.path(path)} is no list of settings; export the sequence again") from None
        return {key: value for section in parser.sections() for key, value in parser.items(section)}

    def _pictures(self, sequence: str, info: dict[str, str]) -> dict[int, str]:
        """The pictures of a sequence by frame, from 1: in the folder it names, or wherever it has numbered ones."""
        places = dict.fromkeys((info.get("imdir", "img1"), "img1", "images", ""))
        for place in places:
            inside = self.folder.below(posixpath.normpath(posixpath.join(sequence, place)).removeprefix("."))
            numbered = {int(found[1]): name for name in inside if (found := _DIGITS.search(PurePosixPath(name).stem))}
            if numbered:
                return numbered
        return {}

    def _where(
        self, frame: int, sequence: str, info: dict[str, str], pictures: dict[int, str]
    ) -> tuple[str, int]:  # fmt: skip
        """The medium of a frame, and its number there."""
        if pictures:
            place = sequence, frame
            if place not in self._pictures_of:
                called = posixpath.join(sequence, f"{frame:06}")
                medium = self.folder.medium(pictures.get(frame), called, self.notes)
                self.media[medium.name] = medium
                self._pictures_of[place] = medium.name
            return self._pictures_of[place], 0
        name = info.get("name") or posixpath.basename(sequence) or self.folder.root.name
        if name not in self.media:
            self.media[name] = self.folder.source(name, sequence, "")
        return name, frame - 1


def _write(data: DataSet, folder: Path, control: Control) -> None:
    numbers = {label.name: number for number, label in enumerate(data.labels, 1)}
    sequences: dict[str, list[DataMedium]] = defaultdict(list)
    for medium in data.media.values():
        sequences[medium.name.split("/")[0]].append(medium)
    by_medium = data.by_medium
    for name, pictures in sequences.items():
        control.checkpoint()
        place = folder / name / "gt"
        place.mkdir(parents=True)
        (place / "labels.txt").write_text("".join(f"{label}\n" for label in numbers), encoding="utf-8")
        lines = [_line(region, numbers) for medium in pictures for region in by_medium[medium.name]]
        (place / "gt.txt").write_text("".join(lines), encoding="ascii")
        last, first = pictures[-1], pictures[0]
        facts = {
            "name": name, "imDir": "img1", "frameRate": 25, "seqLength": _frame(last.name),
            "imWidth": first.width, "imHeight": first.height, "imExt": PurePosixPath(first.name).suffix,
        }  # fmt: skip
        text = "".join(f"{key}={value}\n" for key, value in facts.items())
        (folder / name / "seqinfo.ini").write_text(f"[Sequence]\n{text}", encoding="utf-8")


def _frame(name: str) -> int:
    return int(PurePosixPath(name).stem)


def _line(region: DataRegion, numbers: dict[str, int]) -> str:
    track = -1 if region.track is None else region.track
    box = ",".join(f"{value:.3f}" for value in region.box)
    visible = _OCCLUDED if region.state == "occluded" else _VISIBLE
    conf = int(region.state != "ignore")
    return f"{_frame(region.medium)},{track},{box},{conf},{numbers[region.label]},{visible}\n"


def _place(shot: Shot) -> str:
    return f"{shot.medium}/img1/{shot.frame + 1:06}"


FORMAT = Format(
    name="mot",
    title="MOT Challenge",
    holds=frozenset({"ignore", "occluded", "tracks", "labels"}),
    recognise=lambda folder: bool(_files(folder)),
    read=_read,
    write=_write,
    place=_place,
)
