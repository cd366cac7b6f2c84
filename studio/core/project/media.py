"""References to media: a path, a size and a hash, followed out of the project's folder only where the user agreed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from studio.core.errors import InputError
from studio.core.fingerprint import fingerprint
from studio.core.project.approvals import approve, approved_path
from studio.core.project.edits import Edit, Planned, counted, listed
from studio.core.project.folders import own_folder
from studio.core.project.ids import new_id
from studio.core.project.picture_list import keep_pictures
from studio.core.project.project import Project
from studio.core.project.rows import MediumRow


def add_medium(project: Project, source: Path, kind: str, frames: int, width: int, height: int) -> MediumRow:
    """The row of `source` in `project`, added where it is new; the same content is the same medium, grown or not.

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
    path = reference(project.folder, real)
    if not inside(project.folder, real):
        approve(project.id, project.folder, size, sha256, real)
    known = _known(project, size, sha256)
    if known is None:
        row = MediumRow(new_id(), path, kind, size, sha256, frames, width, height)
        try:
            project.apply(Edit.rows(f"add {real.name}", [row]))
            keep_pictures(project, row, real)
            return row
        except InputError:
            known = _known(project, size, sha256)  # another process may have added it this moment
            if known is None:
                raise
    if known.path != path and not absolute(project.folder, known).exists():
        known = replace(known, path=path)
        project.apply(Edit.rows(f"find {real.name} again", [known]))
    if (edit := grown(known, frames)) is not None:
        project.apply(edit)
        known = replace(known, frames=frames)
    return known


def grown(row: MediumRow, frames: int) -> Edit | None:
    """The edit for a recording that has more `frames` than its row says: the program was killed while it recorded."""
    if row.kind != "camera" or frames <= row.frames:
        return None
    return Edit.rows(f"{counted(frames, 'frame')} in {row.path.rsplit('/', 1)[-1]}", [replace(row, frames=frames)])


def medium_named(project: Project, name: str) -> MediumRow:
    """The medium at the path `name`, or whose file or folder is called so, or with this id.

    Raises:
        InputError: none, or several of that name.
    """
    rows = project.media()
    real = Path(os.path.realpath(name))
    tests: list[Callable[[MediumRow], bool]] = [
        lambda row: row.path == name,
        lambda row: Path(os.path.realpath(absolute(project.folder, row))) == real,
        lambda row: row.path.rsplit("/", 1)[-1] == name,
        lambda row: str(row.id) == name,
    ]
    for test in tests:
        found = [row for row in rows if test(row)]
        if len(found) > 1:
            raise InputError(f"{len(found)} media are called {name}; give the path: {', '.join(r.path for r in found)}")
        if found:
            return found[0]
    known = ", ".join(row.path for row in rows) or "none"
    raise InputError(f"the project has no medium {name!r}; there are: {known}")


def remove_medium(project: Project, medium: MediumRow) -> Planned:
    """Take a medium out of the project with all that is said about it; its file stays where it is."""
    regions = project.regions(medium=medium.id)
    tables = (project.tracks(), project.marks(), project.splits(), project.areas())
    tracks, marks, splits, areas = ([row for row in table if row.medium == medium.id] for table in tables)
    name = medium.path.rsplit("/", 1)[-1]
    kinds = (("region", regions), ("track", tracks), ("mark", marks), ("split", splits), ("search area", areas))
    parts = [counted(len(rows), what) for what, rows in kinds if rows]
    edit = Edit.removal(f"remove {name}", [*regions, *marks, *splits, *areas, *tracks, medium])
    what = f" with {listed(parts)}" if parts else ""
    return Planned(edit, f"Removes {name} from the project{what}; the file itself stays where it is.")


def copy_in(project: Project, source: Path) -> Path:
    """A copy of `source`, a file or a folder of pictures, in the project's `media` folder; returns where it is.

    A copy of the same content that is there under the same name is taken as it is.

    Raises:
        InputError: nothing at `source`.
    """
    real = source.resolve()
    content = fingerprint(real)
    media = own_folder(project.folder, "media")
    if real.is_relative_to(os.path.realpath(media)):
        return real
    names = (f"{real.stem}{'' if number == 1 else f'-{number}'}{real.suffix}" for number in count(1))
    target = next(path for name in names if not (path := media / name).exists() or fingerprint(path) == content)
    if not target.exists():
        partial = media / f".{target.name}.partial"
        media.mkdir(exist_ok=True)
        try:
            if real.is_dir():
                _copy_pictures(real, partial)
            else:
                shutil.copyfile(real, partial)
            partial.rename(target)
        finally:
            if partial.is_dir():
                shutil.rmtree(partial)
            partial.unlink(missing_ok=True)
    return target


def _copy_pictures(folder: Path, target: Path) -> None:
    from studio.core.media.pictures import is_picture  # brings OpenCV along

    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in folder.iterdir():
        if file.is_file() and (is_picture(file) or file.name == "times.txt"):  # a recording's, see studio.core.media
            shutil.copyfile(file, target / file.name)


def locate(project: Project, row: MediumRow) -> Path:
    """Where the medium is: an absolute path whose content is what the row says.

    Raises:
        InputError: it is missing or was changed, or lies outside the project's folder and this user never approved it.
    """
    real = place_of(project, row)
    refuse_changed(row, real)
    return real


def place_of(project: Project, row: MediumRow) -> Path:
    """Where the medium should be, whatever is there now.

    Raises:
        InputError: it lies outside the project's folder and this user never approved it.
    """
    path = absolute(project.folder, row)
    real = Path(os.path.realpath(path))
    if not inside(project.folder, real):
        remembered = approved_path(project.id, row.size, row.sha256)
        if remembered is None:
            raise InputError(
                f"the project refers to {path}, outside its folder; if you trust it: studio trust {project.folder}"
            )
        if not real.exists() and remembered.exists():  # the project was moved and the medium was not
            real = remembered
    return real


def outside(project: Project) -> list[tuple[MediumRow, Path]]:
    """The media outside the project's folder that this user has not approved, with the paths they would be read at."""
    found = ((row, Path(os.path.realpath(absolute(project.folder, row)))) for row in project.media())
    return [
        (row, real)
        for row, real in found
        if not inside(project.folder, real) and approved_path(project.id, row.size, row.sha256) is None
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


def absolute(folder: Path, row: MediumRow) -> Path:
    return Path(os.path.normpath(folder / row.path))


def inside(folder: Path, real: Path) -> bool:
    """Whether `real` (no links in it) lies in `folder`; a folder of pictures with all that its links lead to."""
    home = os.path.realpath(folder)
    links = (entry for entry in real.iterdir() if entry.is_symlink()) if real.is_dir() else ()
    return real.is_relative_to(home) and all(Path(os.path.realpath(link)).is_relative_to(home) for link in links)


def reference(folder: Path, real: Path) -> str:
    """`real` relative to `folder`; absolute where there is no way from one to the other (another drive)."""
    try:
        return Path(os.path.relpath(real, os.path.realpath(folder))).as_posix()
    except ValueError:
        return real.as_posix()
