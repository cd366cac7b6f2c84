"""Export: what the format cannot hold is said first; then everything is written, and read back as a proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.files import making, own_place
from studio.core.formats.compare import differences
from studio.core.formats.data_set import DataRegion, DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format
from studio.core.formats.from_project import from_project
from studio.core.formats.limits import reduced
from studio.core.formats.notes import Notes
from studio.core.formats.project_frames import ProjectFrames
from studio.core.formats.reading import format_named, read_with
from studio.core.formats.sound import SizeOf, sound
from studio.core.formats.written_pictures import Cut, as_pictures, write_pictures
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.core.project.folders import own_folder

_SINGLE = ".csv"  # a format of one file may be written to a file instead of a folder


@dataclass(frozen=True)
class Export:
    """What is going to be written.

    Attributes:
        format: the format.
        data: all that it can hold, as it will come back.
        lost: what it cannot hold, a line each, counted.
        cuts: where its pictures come from, by their path in the data set.
        frames: of the project, open while the plan is.
    """

    format: Format
    data: DataSet
    lost: tuple[str, ...]
    cuts: Mapping[str, Cut]
    frames: ProjectFrames


@contextmanager
def planned_export(project: Project, name: str) -> Iterator[Export]:
    """What an export of `project` in the format `name` would write, and what would be lost; writes nothing.

    Raises:
        InputError: no such format, nothing to export, or a medium is missing whose frames are needed.
    """
    chosen = format_named(name)
    taken = from_project(project)
    with ProjectFrames(project, taken.rows) as frames:
        notes = Notes()

        def size_of(region: DataRegion) -> tuple[int, int]:
            named = chosen.keeps_media and taken.rows[region.medium].kind == "stills"  # their files may be elsewhere
            return (0, 0) if named else frames.size(region.medium, region.frame)

        data = sound(taken.data, size_of, notes)
        data, lines = reduced(data, chosen.holds)
        data, shaped = chosen.prepare(data)
        cuts: Mapping[str, Cut] = {}
        pictured: list[str] = []
        if chosen.keeps_media:
            used = {region.medium for region in data.regions}
            data = replace(data, media={name: medium for name, medium in data.media.items() if name in used})
            pictured = [_named_alone(len(used))]
        else:
            frames.find({region.medium for region in data.regions})
            data = _on_pictures(data, size_of, notes)
            data, cuts, pictured = as_pictures(data, chosen, frames)
        if not data.regions:
            raise InputError(f"there are no boxes in {project.folder} that {chosen.title} could hold")
        yield Export(chosen, data, (*taken.others, *lines, *notes.lines(), *shaped, *pictured), cuts, frames)


def _named_alone(media: int) -> str:
    them = "it" if media == 1 else "them"
    where = f"elsewhere put {them} beside what names {them}, or into the project that reads it"
    return f"the frames of {counted(media, 'medium', 'media')}, named alone: {where}"


def _on_pictures(data: DataSet, size_of: SizeOf, notes: Notes) -> DataSet:
    """Without the boxes on pictures that cannot be read."""
    regions = tuple(region for region in data.regions if all(size_of(region)))
    if left := len(data.regions) - len(regions):
        notes.add("box", "on pictures that cannot be read, left out", number=left)
    return replace(data, regions=regions)


def default_folder(project: Project, name: str) -> Path:
    """A new folder for an export in the project's own: `exports/NAME`, `exports/NAME-2`, …"""
    exports = own_folder(project.folder, "exports")
    number = 1
    while (path := exports / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return path


def write_export(plan: Export, target: Path, control: Control) -> str:
    """Write what is planned to `target`, whole or not at all, and prove it; returns the proof in a sentence.

    Args:
        plan: from `planned_export`.
        target: a new or empty folder; of CSV also a new file `NAME.csv`.
        control: progress; after a cancel nothing is left.

    Raises:
        InputError: `target` is there already, or a frame cannot be read.
        StudioError: what was written is not what is read back; it is left there to be looked at.
    """
    target = target.absolute()
    single = plan.format.name == "csv" and target.suffix.casefold() == _SINGLE
    with making(target):
        if target.exists() and (single or not target.is_dir() or any(target.iterdir())):
            raise InputError(f"{target} is there already; nothing is overwritten, choose a new or empty folder")
        target.parent.mkdir(parents=True, exist_ok=True)
    with own_place(target.parent) as place:
        staged = place / "data"
        staged.mkdir()
        write_pictures(plan.cuts, plan.frames, staged, control)
        plan.format.write(plan.data, staged, control)
        read = read_with(plan.format, DataFolder(staged, control=control), Notes(), control)
        wrong = differences(plan.data, read)
        if single:
            next(staged.iterdir()).rename(target)
        else:
            if target.exists():
                target.rmdir()
            staged.rename(target)
    if wrong:
        more = f", and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise StudioError(f"{target} was written, but not all came back when it was read: {wrong[0]}{more}")
    return f"proved: {_all(plan.data)} read back as they were"


def _all(data: DataSet) -> str:
    tracks = {region.track for region in data.regions} - {None}
    parts = [counted(len(data.regions), "box", "boxes")]
    parts += [f"in {counted(len(tracks), 'track')}"] if tracks else []
    return " ".join([*parts, f"of {counted(len(data.labels), 'label')}"])
