"""Media that were moved: found again in a folder by their content, many at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.fingerprint import fingerprint
from studio.core.project.approvals import approve
from studio.core.project.edits import Edit, counted
from studio.core.project.media import absolute, inside, locate, reference, refuse_changed
from studio.core.project.opening import trouble_with
from studio.core.project.project import Project
from studio.core.project.rows import MediumRow

MOST_FILES = 200_000  # looked at in one search: a whole disk by mistake still ends


@dataclass(frozen=True)
class Relinked:
    """What a search for missing media gave.

    Attributes:
        found: media that have a new path now, with it.
        missing: media that are still not found.
        changed: media whose file is there with another content, with a sentence; found ones are not among them.
        complete: False where the folder has more than `MOST_FILES` files, so that not all were looked at.
    """

    found: list[tuple[MediumRow, Path]]
    missing: list[MediumRow]
    changed: list[tuple[MediumRow, str]]
    complete: bool


def unavailable(project: Project) -> list[tuple[MediumRow, str]]:
    """The media that cannot be read now, or not all of whose pictures can, each with a sentence that says why."""
    return [(row, why) for row in project.media() if (why := trouble_with(project, row))]


def relink(project: Project, folder: Path, control: Control | None = None) -> Relinked:
    """Look in `folder` and below for all media that are missing or were changed, and let their rows name what is found.

    A file is one of them where its size and then its hash are the row's. Choosing the folder is the user's agreement
    to read what is found in it. One step of the history.

    Args:
        project: open for writing.
        folder: searched to its bottom; links to folders are not followed.
        control: asked now and then, so that a long search can be stopped.

    Raises:
        InputError: `folder` is none, or the project cannot be written.
        Cancelled: through `control`; nothing was changed.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder} to look in; check the path")
    control = control or Control()
    wanted = [(row, why) for row in project.media() if (why := _why_not_there(project, row)) is not None]
    search = _Search(folder.resolve(), [row for row, _ in wanted], control)
    found = search.run() if wanted else {}
    rows = []
    for row, path in found.values():
        if not inside(project.folder, path):
            approve(project.id, project.folder, row.size, row.sha256, path)
        rows.append(replace(row, path=reference(project.folder, path)))
    if rows:
        project.apply(Edit.rows(f"find {counted(len(rows), 'medium', 'media')} again", rows))
    lost = [(row, why) for row, why in wanted if row.id not in found]
    return Relinked(
        found=[(row, found[row.id][1]) for row in rows],
        missing=[row for row, _ in lost],
        changed=[(row, why) for row, why in lost if why],
        complete=search.complete,
    )


def _why_not_there(project: Project, row: MediumRow) -> str | None:
    """A sentence where the file of a row was changed, "" where it is missing, None where all is well."""
    path = Path(os.path.realpath(absolute(project.folder, row)))
    if not path.exists():
        try:
            locate(project, row)  # where it lay when it was approved
        except StudioError:
            return ""
        return None
    try:
        refuse_changed(row, path)
    except (StudioError, OSError) as error:
        return str(error)
    return None


class _Search:
    """A walk through a folder for the content of some rows."""

    def __init__(self, folder: Path, rows: list[MediumRow], control: Control) -> None:
        self._folder, self._control = folder, control
        self._rows = {(row.size, row.sha256): row for row in rows}
        self._sizes = {row.size for row in rows}
        self._folders = any(row.kind != "video" for row in rows)  # pictures may be a folder of them
        self._seen = 0
        self.complete = True

    def run(self) -> dict[int, tuple[MediumRow, Path]]:
        """By id, the rows that were found and where."""
        found: dict[int, tuple[MediumRow, Path]] = {}
        for path in self._candidates():
            if len(found) == len(self._rows):
                break
            try:
                row = self._rows.get(fingerprint(path))
            except (StudioError, OSError):  # unreadable, or gone this moment: not what is looked for
                continue
            if row:
                found.setdefault(row.id, (row, path))
        return found

    def _candidates(self) -> Iterator[Path]:
        """Files and folders of pictures with the size of a row, in an order that does not change."""
        for place, folders, files in os.walk(self._folder):
            folders.sort()
            self._control.progress(0.0, f"looking in {place}")
            sizes = self._sizes_of(place, sorted(files))
            if not self.complete:
                return
            yield from (Path(place, name) for name, size in sizes.items() if size in self._sizes)
            if self._folders and _pictures_size(sizes) in self._sizes:
                yield Path(place)

    def _sizes_of(self, place: str, files: list[str]) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for name in files:
            self._seen += 1
            if self._seen > MOST_FILES:
                self.complete = False
                break
            path = Path(place, name)
            if path.is_file():
                sizes[name] = path.stat().st_size
        return sizes


def _pictures_size(sizes: dict[str, int]) -> int:
    from studio.core.media.pictures import is_picture  # brings OpenCV along

    return sum(size for name, size in sizes.items() if is_picture(Path(name)))
