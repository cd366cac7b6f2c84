"""A format: how a data set of it is recognised, read and written, and what it can hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.core.control import Control
from studio.core.formats.data_set import DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.notes import Notes


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that is going to be written.

    Attributes:
        medium: what it is a frame of, as a name that every system can have.
        frame: its number there.
        stem: a name that no other picture of the data set has, without suffix.
        split: the name of its split, `UNSPLIT` beside pictures of splits, or "" where there are none.
        label: of the region that it is the crop of; "" for whole frames.
    """

    medium: str
    frame: int
    stem: str
    split: str
    label: str = ""


Reader = Callable[[DataFolder, Notes, Control], DataSet]
Writer = Callable[[DataSet, Path, Control], None]


def _unchanged(data: DataSet) -> tuple[DataSet, list[str]]:
    return data, []


@dataclass(frozen=True)
class Format:
    """One line of the table of formats leads here.

    Attributes:
        name: as on the command line.
        title: as in the window.
        holds: of `studio.core.formats.limits.PARTS`, those that come back as they were; boxes and labels always do.
        recognise: whether a folder looks like it; reads little.
        read: everything, or an `InputError`; what had to be left out is noted.
        write: the files but the pictures into a new empty folder.
        keeps_media: refers to media by name and frame, and brings no pictures along.
        place: where a picture goes, relative to the data set's folder and without suffix; of formats with pictures.
        crops: its pictures are the regions themselves.
        prepare: the data set in the shape that this format gives it, and what that changes.
    """

    name: str
    title: str
    holds: frozenset[str]
    recognise: Callable[[DataFolder], bool]
    read: Reader
    write: Writer
    keeps_media: bool = False
    place: Callable[[Shot], str] = lambda shot: shot.stem
    crops: bool = False
    prepare: Callable[[DataSet], tuple[DataSet, list[str]]] = _unchanged
