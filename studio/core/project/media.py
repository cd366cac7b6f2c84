"""References to media: a path, a size and a hash, followed out of the project's folder only where the user agreed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from studio.core.errors import InputError
from studio.core.fingerprint import fingerprint
from studio.core.project.approvals import approve, approved_path
from studio.core.project.edits import Edit
from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import MediumRow


def add_medium(project: Project, source: Path, kind: str, frames: int, width: int, height: int) -> MediumRow:
    """The row of `source` in `project`, added where it is new; the same content is the same medium.

    Naming the file is the user's agreement to follow its path, also out of the project's folder. Where the medium was
    moved since, its row gets the new path.

    Args:
        project: open for writing.
        source: a file, or a folder of pictures.
        kind: "video", "stills" or "camera".
        frames: how many.
        width: pixels.
        height: pixels.

    Raises:
        InputError: nothing at `source`, or the project cannot be written.
    """
    real = source.resolve()
    size, sha256 = fingerprint(real)
    path = _reference(project.folder, real)
    if not _inside(project.folder, real):
        approve(project.id, project.folder, size, sha256, real)
    known = _known(project, size, sha256)
    if known is None:
        row = MediumRow(new_id(), path, kind, size, sha256, frames, width, height)
        try:
            project.apply(Edit.rows(f"add {real.name}", [row]))
            return row
        except InputError:
            known = _known(project, size, sha256)  # another process may have added it this moment
            if known is None:
                raise
    if known.path != path and not _absolute(project.folder, known).exists():
        known = replace(known, path=path)
        project.apply(Edit.rows(f"find {real.name} again", [known]))
    return known


def locate(project: Project, row: MediumRow) -> Path:
    """Where the medium is: an absolute path whose content is what the row says.

    Raises:
        InputError: it is missing or was changed, or lies outside the project's folder and this user never approved it.
    """
    path = _absolute(project.folder, row)
    real = Path(os.path.realpath(path))
    if not _inside(project.folder, real):
        remembered = approved_path(project.id, row.size, row.sha256)
        if remembered is None:
            raise InputError(
                f"the project refers to {path}, outside its folder; if you trust it: studio trust {project.folder}"
            )
        if not real.exists():  # the project was moved and the medium was not
            real = remembered
    refuse_changed(row, real)
    return real


def outside(project: Project) -> list[tuple[MediumRow, Path]]:
    """The media outside the project's folder that this user has not approved, with the paths they would be read at."""
    found = ((row, Path(os.path.realpath(_absolute(project.folder, row)))) for row in project.media())
    return [
        (row, real)
        for row, real in found
        if not _inside(project.folder, real) and approved_path(project.id, row.size, row.sha256) is None
    ]


def refuse_changed(row: MediumRow, path: Path) -> None:
    """Raise `InputError` where `path` is missing or does not hold the content of `row`."""
    if not path.exists():
        raise InputError(f"the medium {path} is missing; put it back, or name it where it is now to a command")
    size, sha256 = fingerprint(path)
    if size != row.size:
        raise InputError(f"the medium {path} was changed: {size} bytes, not {row.size}; put the old one back")
    if sha256 != row.sha256:
        raise InputError(f"the medium {path} was changed: same size, another content; put the old one back")


def _known(project: Project, size: int, sha256: str) -> MediumRow | None:
    return next((row for row in project.media() if (row.size, row.sha256) == (size, sha256)), None)


def _absolute(folder: Path, row: MediumRow) -> Path:
    return Path(os.path.normpath(folder / row.path))


def _inside(folder: Path, real: Path) -> bool:
    """Whether `real` (no links in it) lies in `folder`; a folder of pictures with all that its links lead to."""
    home = os.path.realpath(folder)
    links = (entry for entry in real.iterdir() if entry.is_symlink()) if real.is_dir() else ()
    return real.is_relative_to(home) and all(Path(os.path.realpath(link)).is_relative_to(home) for link in links)


def _reference(folder: Path, real: Path) -> str:
    """`real` relative to `folder`; absolute where there is no way from one to the other (another drive)."""
    try:
        return Path(os.path.relpath(real, os.path.realpath(folder))).as_posix()
    except ValueError:
        return real.as_posix()
