"""Where a YOLO data set keeps its pictures and the files of their boxes: layouts differ by program and year."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from studio.core.formats.data_set import SPLITS, UNSPLIT, split_named
from studio.core.formats.folder import DataFolder
from studio.core.formats.notes import Notes
from studio.core.formats.texts import read_lines, read_text


def label_file(folder: DataFolder, picture: str) -> str | None:
    """The file of boxes of a picture: in `labels` where that is in `images`, else beside it; None: without boxes."""
    path = PurePosixPath(picture).with_suffix(".txt")
    parts = list(path.parts)
    for at in reversed(range(len(parts) - 1)):
        if parts[at] == "images":
            moved = posixpath.join(*parts[:at], "labels", *parts[at + 1 :])
            if moved in folder:
                return moved
    return str(path) if str(path) in folder else None


def pictures_by_split(folder: DataFolder, document: Mapping[str, Any], notes: Notes) -> dict[str, str]:
    """All pictures of the data set, with their split: "" for those in none or in several.

    Args:
        folder: of the data set.
        document: of Ultralytics' YAML file, with folders or lists of pictures for each split; empty for Darknet's.
        notes: for folders and pictures that are named and missing.
    """
    found: dict[str, set[str]] = {}
    listed = dict(_listed(folder, document))
    for split, entries in listed.items():
        for entry in entries:
            for name in _pictures(folder, entry, str(document.get("path") or ""), notes):
                found.setdefault(name, set()).add(split)
    pictures = {name: splits.copy().pop() if len(splits) == 1 else "" for name, splits in found.items()}
    if not pictures:  # neither file nor list: all that there is
        pictures = {name: _split_of(name) for name in folder.pictures}
    else:
        pictures |= {name: "" for name in folder.below(f"images/{UNSPLIT}") if name not in pictures}
    return pictures


def _listed(folder: DataFolder, document: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """What each split's pictures are said to be."""
    facts: dict[str, Any] = dict(document)
    if not facts:
        for name in folder.ending(".data"):
            pairs = (line.partition("=") for line in read_text(folder.path(name)).splitlines())
            facts |= {key.strip(): value.strip() for key, _, value in pairs}
        for name in folder.ending(".txt"):
            if "/" not in name and split_named(name):
                facts.setdefault(split_named(name), name)
    for key, value in facts.items():
        split = {"valid": "val", "validation": "val"}.get(str(key), str(key))
        if split in SPLITS and value:
            yield split, [str(each) for each in (value if isinstance(value, list) else [value])]


def _pictures(folder: DataFolder, entry: str, base: str, notes: Notes) -> list[str]:
    """The pictures of an entry: a folder, a list of pictures, or one picture."""
    text = entry.replace("\\", "/")
    if text.casefold().endswith(".txt"):
        name = _found(folder, text, posixpath.join(base, ""), "")
        if name is None:
            notes.add("list", "of pictures not there, left out", text)
            return []
        lines = (line for _, line in read_lines(folder.path(name)))
        found = [_found(folder, line, posixpath.dirname(name), "") for line in lines]
        if missing := found.count(None):
            notes.add("picture", "not there, left out with its boxes", name, missing)
        return [path for path in found if path]
    for path in _folders(text, base):
        if below := folder.below(path):
            return below
        if path in folder.pictures:
            return [path]
    notes.add("folder", "not there, left out", text)
    return []


def _found(folder: DataFolder, path: str, *bases: str) -> str | None:
    """The file that is meant: Darknet's paths begin with `data/`, wherever the data set lies."""
    moved = path.removeprefix("data/")
    return folder.find(path, *bases) or (folder.find(moved, *bases) if moved != path else None)


def _folders(text: str, base: str) -> Iterator[str]:
    """Where a folder may be: below what the file names as its own place, else below the root.

    Data sets are moved: of a path on another machine the end counts, and `..` at the beginning does not.
    """
    for place in (base, ""):
        path = posixpath.normpath(posixpath.join(place, text))
        if not path.startswith(("/", "..")):
            yield "" if path == "." else path
    parts = [part for part in posixpath.normpath(text).split("/") if part not in ("", "..", ".")]
    for start in range(len(parts) if text.startswith("/") or ":" in text else min(len(parts), 1)):
        yield "/".join(parts[start:])


def _split_of(picture: str) -> str:
    return next((split for part in picture.split("/")[:-1] if (split := split_named(part))), "")
