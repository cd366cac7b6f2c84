"""Reading a data set of whatever format: told by the user, or recognised where only one can be meant."""

from __future__ import annotations

from dataclasses import replace

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format
from studio.core.formats.notes import Notes
from studio.core.plugins import formats

_LAST = "image-folder"  # nearly every data set has folders of pictures: it is taken where nothing else fits


def format_named(name: str) -> Format:
    """The format called `name`; raises `InputError` that lists those there are."""
    found: Format = formats[name].load()
    return found


def recognised(folder: DataFolder) -> Format:
    """The one format that the files of a data set are of.

    Raises:
        InputError: none, or several.
    """
    likely = [found for name in formats.names if name != _LAST and (found := format_named(name)).recognise(folder)]
    if not likely and (plain := format_named(_LAST)).recognise(folder):
        return plain
    if len(likely) == 1:
        return likely[0]
    names = ", ".join(found.name for found in likely or map(format_named, formats.names))
    what = "is a data set of several formats" if likely else "is no data set that can be recognised"
    raise InputError(f"{folder.root} {what}; choose one with --format: {names}")


def read_with(chosen: Format, folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    """The whole data set; boxes on a picture that belongs to a split belong to it too.

    Raises:
        InputError: it is damaged, of another format, or names files outside its folder.
    """
    data = chosen.read(folder, notes, control)
    regions = tuple(
        replace(region, split=split) if (split := data.media[region.medium].split) and not region.split else region
        for region in data.regions
    )
    return replace(data, regions=regions)
