"""YOLO: a text file of boxes beside each picture. Ultralytics' layout is read and written, Darknet's is read too."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.coco import box_around
from studio.core.formats.data_set import SPLITS, UNSPLIT, DataLabel, DataMedium, DataRegion, DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format, Shot
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import mentions, number, read_lines, read_text, whole
from studio.core.formats.yolo_layout import label_file, pictures_by_split

_NAMES = ("obj.names", "classes.txt", "classes.names", "labels.txt")
_KEYS = ("path", "names", "train", "val", "valid", "validation", "test", "kpt_shape")
_MOST_CLASSES = 100_000


def _document(folder: DataFolder) -> str | None:
    """The YAML file that describes the data set."""
    return next((name for name in folder.ending(".yaml", ".yml") if mentions(folder.path(name), "names")), None)


def _names_file(folder: DataFolder) -> str | None:
    names = [name for name in folder.files if posixpath.basename(name).casefold() in _NAMES]
    return min(names, key=lambda name: name.count("/"), default=None)


def _recognise(folder: DataFolder) -> bool:
    if _document(folder):
        return True
    return _names_file(folder) is not None and any(label_file(folder, name) for name in folder.pictures)


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    document = _described(folder, _document(folder))
    names = _names(folder, document)
    pictures = pictures_by_split(folder, document, notes)
    media: dict[str, DataMedium] = {}
    regions: list[DataRegion] = []
    keypoints = document.get("kpt_shape") is not None
    used: set[str] = set()
    for count, (name, split) in enumerate(pictures.items()):
        control.progress(count / len(pictures), name)
        medium = media[name] = folder.medium(name, name, notes, split)
        text = label_file(folder, name)
        if text is not None:
            used.add(text)
            if all((medium.width, medium.height)):
                regions += _boxes(folder.path(text), medium, names, keypoints, notes)
    for name in folder.ending(".txt"):
        if name not in used and "labels" in name.split("/")[:-1]:
            notes.add("file", "boxes of a picture that is not there, left out", name)
    labels = tuple(DataLabel(name) for name in dict.fromkeys(names.values()))
    return DataSet(labels, media, tuple(regions))


def _described(folder: DataFolder, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    try:
        document = yaml.safe_load(read_text(folder.path(name)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise InputError(f"{folder.path(name)} is no YAML that can be read{line}; export it again") from None
    if not isinstance(document, dict):
        raise InputError(f"{folder.path(name)} does not describe a YOLO data set (names, train, val)")
    return {str(key): _plain(value, folder.path(name)) for key, value in document.items() if key in _KEYS}


def _plain(value: Any, path: Path) -> Any:  # noqa: ANN401
    """A value, a list or a mapping of values: aliases in each other are gigabytes once written out."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if any(isinstance(part, (dict, list)) for part in parts):
        raise InputError(f"{path} is nested deeper than a YOLO data set is described; export it again")
    return value


def _names(folder: DataFolder, document: Mapping[str, Any]) -> dict[int, str]:
    """The label of each class number; numbers that only boxes use are added as they come."""
    listed = document.get("names")
    if listed is None and (name := _names_file(folder)):
        listed = [line for _, line in read_lines(folder.path(name))]
    found = listed if isinstance(listed, dict) else dict(enumerate(listed if isinstance(listed, list) else []))
    names = {at: sound_label(name) for key, name in found.items() if (at := whole(key)) is not None}
    if not names or len(names) > _MOST_CLASSES:
        raise InputError(f"{folder.root} does not name the classes of its boxes (data.yaml, obj.names or classes.txt)")
    return names


def _boxes(
    path: Path, medium: DataMedium, names: dict[int, str], keypoints: bool, notes: Notes
) -> Iterator[DataRegion]:
    for line, text in read_lines(path):
        values = [number(part) for part in text.split()]
        kind = whole(values[0])
        if kind is None or kind < 0 or len(values) < 5:
            raise InputError(f"{path} is damaged: line {line} is no class number and four numbers of a box")
        if kind not in names:
            names[kind] = f"class {kind}"
            notes.add("class number", "beyond the names, called by its number", f"{kind} in {path.name}")
        score = values[5] if len(values) == 6 and 0 <= values[5] <= 1 else None
        if len(values) > 6 and len(values) % 2 and not keypoints:
            around = box_around(values[1:])
            notes.add("outline", "the box around it is taken", path.name)
            if around is None:
                continue
            left, top, width, height = around
        else:
            centre_x, centre_y, width, height = values[1:5]
            left, top = centre_x - width / 2, centre_y - height / 2
        across, down = medium.width, medium.height
        box = left * across, top * down, width * across, height * down
        yield DataRegion(medium.name, 0, names[kind], *box, score=score)


def _write(data: DataSet, folder: Path, control: Control) -> None:
    numbers = {label.name: number for number, label in enumerate(data.labels)}
    for name, regions in data.by_medium.items():
        control.checkpoint()
        medium = data.media[name]
        lines = [_line(region, numbers[region.label], medium) for region in regions]
        path = (folder / name.replace("images/", "labels/", 1)).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="ascii")
    splits = {medium.split for medium in data.media.values()}
    listed = {split: f"images/{split}" for split in SPLITS if split in splits}
    if not listed:  # Ultralytics wants both; what is listed for two splits is read back as belonging to none
        listed = {"train": f"images/{UNSPLIT}", "val": f"images/{UNSPLIT}"}
    names = {number: name for name, number in numbers.items()}
    text = yaml.safe_dump({**listed, "names": names}, allow_unicode=True, sort_keys=False)
    (folder / "data.yaml").write_text(text, encoding="utf-8")


def _line(region: DataRegion, kind: int, medium: DataMedium) -> str:
    x, y, width, height = region.box
    numbers = (x + width / 2) / medium.width, (y + height / 2) / medium.height, width / medium.width
    return f"{kind} {' '.join(f'{value:.6f}' for value in (*numbers, height / medium.height))}\n"


def _place(shot: Shot) -> str:
    return f"images/{shot.split or UNSPLIT}/{shot.stem}"


FORMAT = Format(
    name="yolo",
    title="YOLO",
    holds=frozenset({"splits", "labels"}),
    recognise=_recognise,
    read=_read,
    write=_write,
    place=_place,
)
