"""Pascal VOC: an XML file for each picture; splits are lists of names. Edges of boxes are taken as written.

The original counts pixels from 1; nearly every program that writes the format since (CVAT, LabelImg, Datumaro) does
not, so no edge is moved by a pixel.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import SPLITS, UNSPLIT, DataLabel, DataMedium, DataRegion, DataSet, split_named
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format, Shot
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import mentions, number, read_lines, whole, xml_parts

_EDGES = ("xmin", "ymin", "xmax", "ymax")


def _files(folder: DataFolder) -> Iterator[str]:
    return (name for name in folder.ending(".xml") if mentions(folder.path(name), "<annotation>"))


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    names = list(_files(folder))
    if not names:
        raise InputError(f"{folder.root} holds no Pascal VOC file (XML with <annotation>)")
    splits = _splits(folder)
    media: dict[str, DataMedium] = {}
    regions: list[DataRegion] = []
    for count, name in enumerate(names):
        control.progress(count / len(names), name)
        parts = list(xml_parts(folder.path(name), "annotation"))
        medium = _medium(folder, name, parts, splits, notes)
        if medium.name in media:
            notes.add("file", "of a picture that has one already, its boxes are added", name)
        media.setdefault(medium.name, medium)
        for part in parts:
            if part.tag == "object" and (region := _region(part, medium.name, notes)):
                regions.append(region)
    labels = dict.fromkeys(region.label for region in regions)
    return DataSet(tuple(DataLabel(name) for name in labels), media, tuple(regions))


def _splits(folder: DataFolder) -> dict[str, str]:
    """The split of each name; "" where several lists of splits hold it."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in folder.files:
        stem = posixpath.basename(name).removesuffix(".txt")
        if name.endswith(".txt") and "ImageSets" in name.split("/") and stem in SPLITS:
            for _, line in read_lines(folder.path(name)):
                found[line.split()[0]].add(stem)
    return {name: splits.copy().pop() if len(splits) == 1 else "" for name, splits in found.items()}


def _medium(
    folder: DataFolder, name: str, parts: list[ElementTree.Element], splits: dict[str, str], notes: Notes
) -> DataMedium:
    facts = {part.tag: part for part in parts}
    own, stem = posixpath.dirname(name), posixpath.basename(name).removesuffix(".xml")
    size = facts.get("size")
    stated = (0, 0) if size is None else (_whole(size, "width"), _whole(size, "height"))
    called = (facts["filename"].text or "").strip() if "filename" in facts else ""
    above = posixpath.dirname(own)
    bases = (own, *(posixpath.join(above, place) for place in ("JPEGImages", "images", "")))
    picture = folder.find(called, *bases) if called else None
    picture = picture or _of_stem(folder, stem, bases)
    folders = (split_named(part) for part in own.split("/"))
    split = splits[stem] if stem in splits else next((split for split in folders if split), "")
    return folder.medium(picture, called or stem, notes, split, stated)


def _of_stem(folder: DataFolder, stem: str, bases: tuple[str, ...]) -> str | None:
    """A picture called like the XML file: names inside it are not always kept up to date."""
    names = (posixpath.normpath(posixpath.join(base, stem + suffix)) for base in bases for suffix in (".jpg", ".png"))
    return next((name for name in names if name in folder), None)


def _whole(element: ElementTree.Element, tag: str) -> int:
    return whole(element.findtext(tag), 0) or 0


def _region(part: ElementTree.Element, medium: str, notes: Notes) -> DataRegion | None:
    box = part.find("bndbox")
    if box is None:
        notes.add("object", "without a box, left out", medium)
        return None
    if part.find("part") is not None:
        notes.add("object", "with parts, which are left out", medium)
    left, top, right, bottom = (number(box.findtext(edge)) for edge in _EDGES)
    state = "occluded" if number(part.findtext("occluded")) == 1 else "visible"
    if number(part.findtext("difficult")) == 1:
        notes.add("object", "difficult, taken as a box to ignore", medium)
        state = "ignore"
    return DataRegion(
        medium, 0, sound_label(part.findtext("name") or ""), left, top, right - left, bottom - top, state=state
    )


def _write(data: DataSet, folder: Path, control: Control) -> None:
    (folder / "Annotations").mkdir()
    lists: dict[str, list[str]] = defaultdict(list)
    for name, regions in data.by_medium.items():
        control.checkpoint()
        medium, stem = data.media[name], Path(name).stem
        root = ElementTree.Element("annotation")
        _add(root, folder="JPEGImages", filename=Path(name).name)
        _add(ElementTree.SubElement(root, "size"), width=medium.width, height=medium.height, depth=3)
        _add(root, segmented=0)
        for region in regions:
            _add_object(root, region)
        ElementTree.indent(root)
        ElementTree.ElementTree(root).write(folder / "Annotations" / f"{stem}.xml", encoding="utf-8")
        lists[medium.split or UNSPLIT].append(stem)
    place = folder / "ImageSets" / "Main"
    place.mkdir(parents=True)
    for split, stems in lists.items():
        (place / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")


def _add(parent: ElementTree.Element, **texts: object) -> None:
    for tag, text in texts.items():
        ElementTree.SubElement(parent, tag).text = str(text)


def _add_object(root: ElementTree.Element, region: DataRegion) -> None:
    item = ElementTree.SubElement(root, "object")
    _add(item, name=region.label, pose="Unspecified", truncated=0)
    _add(item, difficult=int(region.state == "ignore"), occluded=int(region.state == "occluded"))
    edges = region.x, region.y, region.x + region.width, region.y + region.height
    _add(ElementTree.SubElement(item, "bndbox"), **dict(zip(_EDGES, map(_short, edges), strict=True)))


def _short(value: float) -> str:
    """Whole numbers as such: some readers take no others."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _place(shot: Shot) -> str:
    return f"JPEGImages/{shot.stem}"


FORMAT = Format(
    name="voc",
    title="Pascal VOC",
    holds=frozenset({"ignore", "occluded", "splits"}),
    recognise=lambda folder: any(_files(folder)),
    read=_read,
    write=_write,
    place=_place,
)
