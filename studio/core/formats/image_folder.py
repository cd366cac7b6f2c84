"""Class folders: a folder of pictures for each label, below folders of splits or not. Each picture is a region."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import SPLITS, UNSPLIT, DataLabel, DataMedium, DataRegion, DataSet, split_named
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format, Shot
from studio.core.formats.naming import clean, unique
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label

_BESIDE_SPLITS = frozenset({*SPLITS, "valid", "validation", "training", UNSPLIT})


def _tops(folder: DataFolder) -> set[str]:
    return {name.split("/")[0] for name in folder.pictures if "/" in name}


def _has_splits(folder: DataFolder) -> bool:
    """Whether the folders at the top are splits, with those of labels in them."""
    tops = {top.casefold() for top in _tops(folder)}
    deep = all(name.count("/") > 1 for name in folder.pictures if "/" in name)
    return bool(tops) and tops <= _BESIDE_SPLITS and tops != {UNSPLIT} and deep


def _recognise(folder: DataFolder) -> bool:
    return not folder.chosen and bool(folder.pictures) and all("/" in name for name in folder.pictures)


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    depth = 1 if _has_splits(folder) else 0
    media: dict[str, DataMedium] = {}
    regions: list[DataRegion] = []
    labels: dict[str, None] = {}
    for count, name in enumerate(folder.pictures):
        control.progress(count / len(folder.pictures), name)
        parts = name.split("/")
        if len(parts) < depth + 2:
            notes.add("picture", "in no folder of a label, left out", name)
            continue
        label = sound_label(parts[depth])
        labels.setdefault(label)
        medium = media[name] = folder.medium(name, name, notes, split_named(parts[0]) if depth else "")
        if all((medium.width, medium.height)):
            regions.append(DataRegion(medium.name, 0, label, 0.0, 0.0, float(medium.width), float(medium.height)))
    if not regions:
        raise InputError(f"{folder.root} holds no folders of pictures, one for each label")
    return DataSet(tuple(DataLabel(label) for label in labels), media, tuple(regions))


def _write(data: DataSet, folder: Path, control: Control) -> None:
    """Nothing to write: the pictures and where they lie are all there is."""
    control.checkpoint()


def _prepare(data: DataSet) -> tuple[DataSet, list[str]]:
    """Labels called as folders can be; one that would be taken for a split is renamed too."""
    names: dict[str, str] = {}
    taken: set[str] = set(_BESIDE_SPLITS)
    for label in data.labels:
        names[label.name] = unique(clean(label.name, keep_blanks=True), taken)
    lines = [f"the label {old!r}, becomes the folder {new!r}" for old, new in names.items() if old != new]
    regions = tuple(replace(region, label=names[region.label]) for region in data.regions)
    return DataSet(tuple(DataLabel(names[label.name]) for label in data.labels), data.media, regions), lines


def _place(shot: Shot) -> str:
    return f"{shot.split}/{shot.label}/{shot.stem}" if shot.split else f"{shot.label}/{shot.stem}"


FORMAT = Format(
    name="image-folder",
    title="Class folders",
    holds=frozenset({"negatives", "splits"}),
    recognise=_recognise,
    read=_read,
    write=_write,
    place=_place,
    crops=True,
    prepare=_prepare,
)
