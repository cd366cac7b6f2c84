"""Import: the data set is read whole and checked, and then becomes one step of the project's history."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from studio.core.control import Control
from studio.core.files import making
from studio.core.formats.data_set import DataSet
from studio.core.formats.finding import FoundMedium
from studio.core.formats.folder import opened_folder
from studio.core.formats.format import Format
from studio.core.formats.notes import Notes
from studio.core.formats.reading import format_named, read_with, recognised
from studio.core.formats.to_project import Plan, to_project
from studio.core.project import Project, RegionRow, SplitRow, TrackRow
from studio.core.project.approvals import approve
from studio.core.project.database import NAME as DATABASE
from studio.core.project.folders import own_folder
from studio.core.project.media import absolute, copy_in, inside, reference
from studio.core.project.picture_list import keep_pictures
from studio.core.project.row_checks import printable


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        format: the name of the format.
        recognised: the user did not name it.
        made: the project was made for it.
        media, regions, tracks, splits: how many rows are new.
        labels: the names of the labels in the data set.
        notes: what was left out or changed, a line each.
    """

    format: str
    recognised: bool
    made: bool
    media: int
    regions: int
    tracks: int
    splits: int
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def import_data(folder: Path, source: Path, name: str | None, copy: bool, control: Control) -> Imported:
    """Read the data set at `source` into the project in `folder`, which is made where there is none.

    Args:
        folder: of the project; a new or empty one will do.
        source: a folder, one file of it, or a zip, whose pictures are copied into the project.
        name: of the format; None: the one that is recognised.
        copy: put pictures and videos into the project's `media` folder instead of referring to them.
        control: progress; after a cancel nothing is changed.

    Raises:
        InputError: the data set cannot be read, or the project cannot be written; nothing was changed.
    """
    folder = folder.absolute()
    there = (folder / DATABASE).is_file()
    with _read(folder, there, source, name, control) as reading, _project(folder, there) as project:
        plan = to_project(project, reading.data, reading.notes, control)
        with _media_in_place(project, plan, copy or reading.temporary, control) as media:
            text = f"import {printable(source.name)} as {reading.format.title}"
            project.apply(replace(plan, media=media).edit(text), who="import")
            for found in media:
                keep_pictures(project, found.row, absolute(project.folder, found.row))
    return _described(reading, plan, name is None, not there)


def look_at_data(folder: Path | None, source: Path, name: str | None, control: Control) -> Imported:
    """What `import_data` would do with the project that is in `folder`; changes nothing, and raises the same.

    `folder` is None for a project that would be made.
    """
    with ExitStack() as closing:
        if folder is None:
            project = closing.enter_context(Project.create(Path(closing.enter_context(TemporaryDirectory())) / "new"))
        else:
            project = closing.enter_context(Project.open(folder))
        reading = closing.enter_context(_read(project.folder, folder is not None, source, name, control))
        plan = to_project(project, reading.data, reading.notes, control)
    return _described(reading, plan, name is None, folder is None)


@dataclass(frozen=True)
class _Reading:
    """A data set that was read, while its files are there; `temporary`: they go afterwards."""

    format: Format
    data: DataSet
    notes: Notes
    temporary: bool


@contextmanager
def _read(folder: Path, there: bool, source: Path, name: str | None, control: Control) -> Iterator[_Reading]:
    with opened_folder(source, _scratch(folder, there), control) as found:
        chosen = format_named(name) if name else recognised(found)
        notes = Notes()
        yield _Reading(chosen, read_with(chosen, found, notes, control), notes, found.temporary)


def _described(reading: _Reading, plan: Plan, recognised: bool, made: bool) -> Imported:
    return Imported(
        format=reading.format.name,
        recognised=recognised,
        made=made,
        media=len(plan.media),
        regions=plan.count(RegionRow),
        tracks=plan.count(TrackRow),
        splits=plan.count(SplitRow),
        labels=plan.labels,
        notes=tuple(reading.notes.lines()),
    )


def _scratch(folder: Path, there: bool) -> Path:
    """Where a zip may be unpacked for a while."""
    if not there:
        return Path(tempfile.gettempdir())
    cache = own_folder(folder, "cache")
    with making(cache):
        cache.mkdir(exist_ok=True)
    return cache


@contextmanager
def _project(folder: Path, there: bool) -> Iterator[Project]:
    """The project, open for writing; one that is made for this goes again where the import fails."""
    if there:
        with Project.open(folder, write=True) as project:
            yield project
        return
    new = not folder.exists()
    project = Project.create(folder)
    try:
        yield project
    except BaseException:
        project.close()
        for entry in folder.iterdir():  # all of it was made just now: the folder was empty
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if new:
            folder.rmdir()
        raise
    project.close()


@contextmanager
def _media_in_place(
    project: Project, plan: Plan, copy: bool, control: Control
) -> Iterator[tuple[FoundMedium, ...]]:  # fmt: skip
    """The new media where they stay: copied into the project, or approved where they lie; copies go on a failure."""
    media = own_folder(project.folder, "media")
    before = set(media.iterdir()) if media.is_dir() else set()
    try:
        placed: list[FoundMedium] = []
        for count, found in enumerate(plan.media):
            control.progress(count / len(plan.media), found.row.path)
            assert found.path is not None
            path = copy_in(project, found.path) if copy else found.path
            placed.append(replace(found, row=replace(found.row, path=reference(project.folder, path.resolve()))))
            if not inside(project.folder, path.resolve()):
                approve(project.id, project.folder, found.row.size, found.row.sha256, path.resolve())
        yield tuple(placed)
    except BaseException:
        for entry in set(media.iterdir()) - before if media.is_dir() else ():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        raise
