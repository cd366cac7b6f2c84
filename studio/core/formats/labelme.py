"""LabelMe: a JSON file of shapes beside each picture. Rectangles are boxes; of other areas the box around is taken."""

from __future__ import annotations

import json
import math
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.coco import box_around
from studio.core.formats.data_set import DataLabel, DataMedium, DataRegion, DataSet, split_named
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import mentions, read_json, whole

_VERSION = "5.4.1"  # of LabelMe, whose files have been the same since 4.0
_AREAS = ("polygon", "mask")


def _files(folder: DataFolder) -> Iterator[str]:
    names = folder.ending(".json")
    return (name for name in names if mentions(folder.path(name), '"shapes"', '"imagePath"'))


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    names = list(_files(folder))
    if not names:
        raise InputError(f"{folder.root} holds no LabelMe file (JSON with shapes and imagePath)")
    media: dict[str, DataMedium] = {}
    regions: list[DataRegion] = []
    for count, name in enumerate(names):
        control.progress(count / len(names), name)
        document = read_json(folder.path(name))
        if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
            raise InputError(f"{folder.path(name)} is damaged: its shapes are no list")
        medium = _medium(folder, name, document, notes)
        media.setdefault(medium.name, medium)
        for shape in document["shapes"]:
            if isinstance(shape, dict) and (box := _box(shape, medium.name, notes)):
                regions.append(DataRegion(medium.name, 0, sound_label(shape.get("label", "")), *box))
    labels = dict.fromkeys(region.label for region in regions)
    return DataSet(tuple(DataLabel(name) for name in labels), media, tuple(regions))


def _medium(folder: DataFolder, name: str, document: dict[str, Any], notes: Notes) -> DataMedium:
    own = posixpath.dirname(name)
    called = str(document.get("imagePath") or "")
    stated = whole(document.get("imageWidth"), 0) or 0, whole(document.get("imageHeight"), 0) or 0
    split = next((split for part in own.split("/") if (split := split_named(part))), "")
    picture = folder.find(called, own) if called else None
    return folder.medium(picture, posixpath.normpath(posixpath.join(own, called)), notes, split, stated)


def _box(shape: dict[str, Any], medium: str, notes: Notes) -> tuple[float, float, float, float] | None:
    kind, points = shape.get("shape_type") or "polygon", shape.get("points")
    pairs = (
        [point for point in points if isinstance(point, list) and len(point) == 2] if isinstance(points, list) else []
    )
    around = box_around([value for pair in pairs for value in pair])
    if around is None or kind not in ("rectangle", "circle", *_AREAS):
        notes.add("shape", "no area, left out", medium)
        return None
    if kind == "circle":
        (x, y), (edge_x, edge_y) = (map(float, pair) for pair in pairs[:2])
        radius = math.dist((x, y), (edge_x, edge_y))
        around = x - radius, y - radius, 2 * radius, 2 * radius
    if kind != "rectangle":
        notes.add("shape", "the box around it is taken", medium)
    return around


def _write(data: DataSet, folder: Path, control: Control) -> None:
    for name, regions in data.by_medium.items():
        control.checkpoint()
        medium = data.media[name]
        document: dict[str, Any] = {
            "version": _VERSION,
            "flags": {},
            "shapes": [_shape(region) for region in regions],
            "imagePath": Path(name).name,
            "imageData": None,
            "imageHeight": medium.height,
            "imageWidth": medium.width,
        }
        text = json.dumps(document, ensure_ascii=False, indent=2)
        (folder / name).with_suffix(".json").write_text(text, encoding="utf-8")


def _shape(region: DataRegion) -> dict[str, Any]:
    x, y, width, height = (round(value, 3) for value in region.box)
    points = [[x, y], [round(x + width, 3), round(y + height, 3)]]
    return {"label": region.label, "points": points, "group_id": None, "shape_type": "rectangle", "flags": {}}


FORMAT = Format(
    name="labelme",
    title="LabelMe",
    holds=frozenset(),
    recognise=lambda folder: any(_files(folder)),
    read=_read,
    write=_write,
)
