"""COCO: one JSON document for each split. Tracks, keyframes and occlusion as CVAT writes them, in `attributes`."""

from __future__ import annotations

import json
import math
import posixpath
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import UNSPLIT, DataLabel, DataMedium, DataRegion, DataSet, split_named
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format, Shot
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import mentions, number, read_json, whole

_PREFIX = "instances_"


def _files(folder: DataFolder) -> list[str]:
    found = [
        name
        for name in folder.ending(".json")
        if mentions(folder.path(name), '"images"', '"annotations"', '"categories"')
    ]
    instances = [name for name in found if posixpath.basename(name).startswith(_PREFIX)]
    return instances or found  # beside them: key points and captions of the same pictures


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    reading = _Reading(folder, notes, control)
    names = _files(folder)
    if not names:
        raise InputError(f"{folder.root} holds no COCO file (JSON with images, annotations and categories)")
    for name in names:
        reading.read(name)
    return DataSet(tuple(reading.labels.values()), reading.media, tuple(reading.regions))


class _Reading:
    """One data set of one or several documents."""

    def __init__(self, folder: DataFolder, notes: Notes, control: Control) -> None:
        self.folder, self.notes, self.control = folder, notes, control
        self.labels: dict[str, DataLabel] = {}
        self.media: dict[str, DataMedium] = {}
        self.regions: list[DataRegion] = []
        self._tracks: dict[str, int] = {}

    def read(self, name: str) -> None:
        document = read_json(self.folder.path(name))
        parts = ("categories", "images", "annotations")
        if not isinstance(document, dict) or any(not isinstance(document.get(part), list) for part in parts):
            raise InputError(f"{self.folder.path(name)} is damaged: images, annotations or categories are no lists")
        labels = {}
        for category in _dicts(document["categories"]):
            label = sound_label(category.get("name", ""))
            labels[_key(category.get("id"))] = self.labels.setdefault(label, DataLabel(label)).name
        pictures = self._pictures(document["images"], name)
        for count, annotation in enumerate(_dicts(document["annotations"])):
            if count % 1000 == 0:
                self.control.progress(count / len(document["annotations"]), name)
            self._annotation(annotation, pictures, labels)

    def _pictures(self, images: list[Any], name: str) -> dict[str, str]:
        stem = posixpath.basename(name).removesuffix(".json").removeprefix(_PREFIX)
        split = split_named(stem) or split_named(posixpath.dirname(name))
        bases = (posixpath.dirname(name), f"images/{stem}", "images", stem, split, "")
        pictures: dict[str, str] = {}
        for image in _dicts(images):
            self.control.checkpoint()
            called = str(image.get("file_name", ""))
            size = whole(image.get("width"), 0) or 0, whole(image.get("height"), 0) or 0
            medium = self.folder.medium(self.folder.find(called, *bases), called, self.notes, split, size)
            if self.media.setdefault(medium.name, medium) is not medium:
                self.notes.add("picture", "listed twice, taken once with all boxes", medium.name)
            pictures[_key(image.get("id"))] = medium.name
        return pictures

    def _annotation(self, found: dict[str, Any], pictures: Mapping[str, str], labels: Mapping[str, str]) -> None:
        medium, label = pictures.get(_key(found.get("image_id"))), labels.get(_key(found.get("category_id")))
        if medium is None or label is None:
            what = "picture" if medium is None else "category"
            self.notes.add("box", f"of a {what} that is not listed, left out", str(found.get("id", "")))
            return
        box = self._box(found, medium)
        if box is None:
            return
        attributes = found.get("attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        state = "ignore" if found.get("iscrowd") in (1, True) else "visible"
        if state == "visible" and attributes.get("occluded") in (1, True):
            state = "occluded"
        score = number(found.get("score"))
        track = attributes.get("track_id")
        self.regions.append(
            DataRegion(
                medium, 0, label, *box,
                track=None if track is None else self._tracks.setdefault(_key(track), len(self._tracks) + 1),
                state=state,
                keyframe=attributes.get("keyframe") in (1, True),
                score=score if 0 <= score <= 1 else None,
            )
        )  # fmt: skip

    def _box(self, found: dict[str, Any], medium: str) -> tuple[float, float, float, float] | None:
        box, outline = found.get("bbox"), found.get("segmentation")
        if isinstance(box, list) and len(box) == 4:
            x, y, width, height = map(number, box)
            return x, y, width, height
        around = box_around([value for part in outline if isinstance(part, list) for value in part]) if isinstance(
            outline, list
        ) else None  # fmt: skip
        how = "left out" if around is None else "the box around its outline is taken"
        self.notes.add("annotation", f"without a box, {how}", medium)
        return around


def box_around(flat: list[Any]) -> tuple[float, float, float, float] | None:
    """The box around an outline x, y, x, y, …; None where it has no two points or holds anything but numbers."""
    numbers = [number(value) for value in flat]
    if len(numbers) < 4 or len(numbers) % 2 or not all(map(math.isfinite, numbers)):
        return None
    across, down = numbers[::2], numbers[1::2]
    return min(across), min(down), max(across) - min(across), max(down) - min(down)


def _dicts(values: list[Any]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _key(value: object) -> str:
    """Ids are numbers or words; the same either way."""
    return str(value)


def _write(data: DataSet, folder: Path, control: Control) -> None:
    numbers = {label.name: number for number, label in enumerate(data.labels, 1)}
    by_split: dict[str, list[tuple[DataMedium, list[DataRegion]]]] = defaultdict(list)
    for name, regions in data.by_medium.items():
        by_split[data.media[name].split or UNSPLIT].append((data.media[name], regions))
    (folder / "annotations").mkdir()
    count = 0
    for split, pictures in by_split.items():
        images, annotations = [], []
        for image, (medium, regions) in enumerate(pictures, 1):
            control.checkpoint()
            facts = {"file_name": medium.name.removeprefix(f"images/{split}/")}
            images.append({"id": image, **facts, "width": medium.width, "height": medium.height})
            for region in regions:
                count += 1
                annotations.append(_entry(region, count, image, numbers[region.label]))
        document = {
            "info": {"description": "exported by Repurpose Studio"},
            "licenses": [],
            "categories": [{"id": number, "name": name, "supercategory": ""} for name, number in numbers.items()],
            "images": images,
            "annotations": annotations,
        }
        text = json.dumps(document, ensure_ascii=False)
        (folder / "annotations" / f"{_PREFIX}{split}.json").write_text(text, encoding="utf-8")


def _entry(region: DataRegion, row: int, image: int, category: int) -> dict[str, Any]:
    attributes: dict[str, Any] = {"occluded": region.state == "occluded", "keyframe": region.keyframe}
    entry = {
        "id": row,
        "image_id": image,
        "category_id": category,
        "bbox": [round(value, 3) for value in region.box],
        "area": round(region.width * region.height, 3),
        "segmentation": [],
        "iscrowd": int(region.state == "ignore"),
        "attributes": attributes,
    }
    if region.track is not None:
        attributes["track_id"] = region.track
    if region.score is not None:
        entry["score"] = round(region.score, 6)
    return entry


def _place(shot: Shot) -> str:
    return f"images/{shot.split or UNSPLIT}/{shot.stem}"


FORMAT = Format(
    name="coco",
    title="COCO",
    holds=frozenset({"ignore", "occluded", "tracks", "keyframes", "scores", "splits", "labels"}),
    recognise=lambda folder: bool(_files(folder)),
    read=_read,
    write=_write,
    place=_place,
)
