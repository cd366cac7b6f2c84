"""Writing CVAT for video 1.1.

CVAT reads back only boxes that are its keyframes and draws the others itself, so every box that does not lie on the way
between its neighbours is one. Whether a *person* made or confirmed a box is said by an attribute of the label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from studio.core.control import Control
from studio.core.formats.cvat_tracks import CONFIRMED
from studio.core.formats.data_set import DataLabel, DataMedium, DataRegion, DataSet
from studio.core.formats.naming import clean, unique

_NAME = "annotations.xml"
_ON_THE_WAY = 1e-6  # pixels


def write(data: DataSet, folder: Path, control: Control) -> None:
    """A file for each medium; in folders called like them where there are several."""
    taken: set[str] = set()
    for name, regions in data.by_medium.items():
        place = folder if len(data.media) == 1 else folder / unique(clean(name), taken)
        place.mkdir(exist_ok=True)
        with (place / _NAME).open("w", encoding="utf-8") as file:
            file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n')
            _put(file, _meta(data.media[name], data.labels, regions))
            for number, members in enumerate(_tracks(regions)):
                control.checkpoint()
                _put(file, _track(number, members, data.media[name].frames))
            file.write("</annotations>\n")


def _put(file: TextIO, element: Element) -> None:
    ElementTree.indent(element)
    file.write(ElementTree.tostring(element, encoding="unicode"))
    file.write("\n")


def _meta(medium: DataMedium, labels: tuple[DataLabel, ...], regions: list[DataRegion]) -> Element:
    frames = medium.frames or max((region.frame + 1 for region in regions), default=1)
    meta = Element("meta")
    task = SubElement(meta, "task")
    facts = {"name": medium.name, "size": frames, "mode": "interpolation", "start_frame": 0, "stop_frame": frames - 1}
    for tag, value in facts.items():
        SubElement(task, tag).text = str(value)
    listed = SubElement(task, "labels")
    for label in labels:
        item = SubElement(listed, "label")
        SubElement(item, "name").text = label.name
        if label.color:
            SubElement(item, "color").text = label.color
        attribute = SubElement(SubElement(item, "attributes"), "attribute")
        described = {"name": CONFIRMED, "mutable": "True", "input_type": "checkbox", "default_value": "false"}
        for tag, text in {**described, "values": "false\ntrue"}.items():
            SubElement(attribute, tag).text = text
    if medium.width and medium.height:
        size = SubElement(task, "original_size")
        SubElement(size, "width").text, SubElement(size, "height").text = str(medium.width), str(medium.height)
    SubElement(meta, "source").text = medium.name
    return meta


def _tracks(regions: list[DataRegion]) -> Iterator[list[DataRegion]]:
    """The regions of each track by frame; one in no track is alone."""
    tracks: dict[int, list[DataRegion]] = defaultdict(list)
    for region in regions:
        if region.track is None:
            yield [region]
        else:
            tracks[region.track].append(region)
    for members in tracks.values():
        yield sorted(members, key=lambda region: region.frame)


def _track(number: int, members: list[DataRegion], frames: int) -> Element:
    track = Element("track", id=str(number), label=members[0].label, source="manual")
    for at, region in enumerate(members):
        before = members[at - 1] if at else None
        after = members[at + 1] if at + 1 < len(members) else None
        _add(track, region, not _is_drawn(before, region, after))
        gap = after.frame > region.frame + 1 if after else region.frame + 1 < frames or not frames
        if gap and region.state != "outside":
            _add(track, region, True, end=True)
    return track


def _is_drawn(before: DataRegion | None, region: DataRegion, after: DataRegion | None) -> bool:
    """Whether CVAT draws this box by itself between its neighbours."""
    if before is None or after is None or region.keyframe:
        return False
    if (before.frame, after.frame) != (region.frame - 1, region.frame + 1):
        return False
    middle = ((a + b) / 2 for a, b in zip(before.box, after.box, strict=True))
    near = all(abs(a - b) <= _ON_THE_WAY for a, b in zip(region.box, middle, strict=True))
    return near and before.state == region.state == after.state


def _add(track: Element, region: DataRegion, keyframe: bool, end: bool = False) -> None:
    """A box; `end`: the one that CVAT wants on the frame after, marked outside."""
    x, y, width, height = region.box
    edges = {"xtl": x, "ytl": y, "xbr": x + width, "ybr": y + height}
    box = SubElement(
        track,
        "box",
        {
            "frame": str(region.frame + end),
            "outside": str(int(end or region.state == "outside")),
            "occluded": str(int(region.state == "occluded")),
            "keyframe": str(int(keyframe)),
            **{name: f"{value:.3f}" for name, value in edges.items()},
            "z_order": "0",
        },
    )
    if not end:
        SubElement(box, "attribute", name=CONFIRMED).text = "true" if region.keyframe else "false"
