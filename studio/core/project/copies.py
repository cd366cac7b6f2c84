"""A whole project as one file, and back: an uncompressed zip of its database, its heads, its kernels and its media.

Uncompressed, because pictures, videos and weights are so already, and because such a file cannot be larger inside than
outside.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.files import making, own_place
from studio.core.project import database
from studio.core.project.folders import AUGMENTATION, NAMES, own_folder
from studio.core.project.heads import is_head_name, is_reserved
from studio.core.project.kernels import FOLDER as KERNELS
from studio.core.project.kernels import is_kernel_file, kernel_file, kernel_names
from studio.core.project.media import inside, locate
from studio.core.project.project import Project
from studio.core.project.rows import MediumRow

MOST_MEMBERS = 1_000_000
_PIECE = 1 << 20  # bytes copied between two looks at the control
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error)
_HEAD_FILES = ("card.json", "weights.safetensors")
_TROUBLE = '<>:"|?*\\'  # in names: refused by one system or another, or steps of a path


@dataclass(frozen=True)
class Copied:
    """What went into a copy.

    Attributes:
        files: how many, the database among them.
        size: bytes.
        left_out: a sentence for each medium or file that is not in the copy.
    """

    files: int
    size: int
    left_out: list[str]


def save_copy(project: Project, target: Path, with_media: bool = False, control: Control | None = None) -> Copied:
    """Write the project as it is at this moment to one file, whole or not at all.

    In it are the database with the history, all heads and own kernels, how crops are varied, and everything in the
    project's `media` folder; `runs`, `exports` and what may be deleted are not.

    Args:
        project: open.
        target: a new file; `.studio` is the usual suffix.
        with_media: also take in the media that lie outside the project's folder; in the copy they lie inside.
        control: for progress, and to stop.

    Raises:
        InputError: `target` exists, or its folder does not or cannot be written to.
        Cancelled: through `control`; no file is left.
    """
    parent = target.absolute().parent
    if target.exists():
        raise InputError(f"{target} is there already; nothing is overwritten, choose another name")
    if not parent.is_dir():
        raise InputError(f"there is no folder {parent}; make it first")
    partial = target.with_name(f".{target.name}.partial")
    with making(parent):
        place = tempfile.TemporaryDirectory(dir=parent)
    with place:
        try:
            packing = _Packing(project, with_media)
            members = {database.NAME: _database_copy(project, Path(place.name), packing.paths)} | packing.members
            with zipfile.ZipFile(partial, "w") as archive:
                copied = _pack(archive, members, control or Control())
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
    return Copied(*copied, packing.left_out)


class _Packing:
    """Which files go into a copy, by their names there; which media have another path in it; what stays out and why."""

    def __init__(self, project: Project, with_media: bool) -> None:
        self.members: dict[str, Path] = {}
        self.paths: dict[int, str] = {}
        self.left_out: list[str] = []
        self._taken: dict[str, Path] = {}
        self._home = Path(os.path.realpath(project.folder))
        for folder in sorted(project.models.iterdir()) if project.models.is_dir() else []:
            files = [folder / name for name in _HEAD_FILES]
            if is_head_name(folder.name) and all(file.is_file() for file in files):
                self._add({f"models/{folder.name}/{file.name}": file for file in files})
        for name in kernel_names(project):
            file = kernel_file(project, name)
            self._add({f"{KERNELS}/{file.name}": file})
        if (file := project.folder / AUGMENTATION).is_file() and not file.is_symlink():
            self._add({AUGMENTATION: file})
        for row in project.media():
            self._add_medium(project, row, with_media)
        for name, file in _in_media_folder(project):
            if not self._add({name: file}):
                self.left_out.append(
                    f"the file {file} has a name that other systems do not know; it is not in the copy"
                )

    def _add(self, files: dict[str, Path]) -> bool:
        """Take in files, all or none: not where a name is none everywhere, or is another's but for its case."""
        if not all(_is_ours(name) and self._taken.get(name.casefold(), file) == file for name, file in files.items()):
            return False
        self.members |= files
        self._taken |= {name.casefold(): file for name, file in files.items()}
        return True

    def _add_medium(self, project: Project, row: MediumRow, with_media: bool) -> None:
        try:
            source = locate(project, row)
        except (StudioError, OSError) as error:
            self.left_out.append(str(error))
            return
        files = _files_of(source)
        own = inside(project.folder, source)
        if own and self._add({file.relative_to(self._home).as_posix(): file for file in files}):
            return
        if not own and not with_media:
            self.left_out.append(f"the medium {source} lies outside the project's folder and is not in the copy")
            return
        clean = re.sub(r"[^\w .()+-]", "_", source.name).strip(" .") or "medium"
        for number in range(1, 1000):
            name = f"media/{clean if number == 1 else f'{number}-{clean}'}"
            below = {f"{name}/{file.name}": file for file in files} if source.is_dir() else {name: source}
            if not any(f"{taken}/".startswith(f"{name}/".casefold()) for taken in self._taken) and self._add(below):
                self.paths[row.id] = name
                return
        self.left_out.append(
            f"the medium {source} has files with names that other systems do not know; it is not in the copy"
        )


def _in_media_folder(project: Project) -> Iterator[tuple[str, Path]]:
    """All files in `media`, also of media that were removed: an undo brings those back."""
    for place, folders, files in os.walk(own_folder(project.folder, "media")):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(place, name)
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                yield file.relative_to(project.folder).as_posix(), Path(os.path.realpath(file))


def _files_of(source: Path) -> list[Path]:
    """A file; or the pictures directly in a folder, and the times of a recording."""
    from studio.core.media.pictures import is_picture  # brings OpenCV along

    if not source.is_dir():
        return [source]
    return sorted(
        file for file in source.iterdir() if file.is_file() and (is_picture(file) or file.name == "times.txt")
    )


def _database_copy(project: Project, place: Path, paths: dict[int, str]) -> Path:
    """A consistent copy of the database in `place`, in which the media of `paths` lie there and always did."""
    file = place / database.NAME
    with project.reading(), closing(sqlite3.connect(file, isolation_level=None)) as copy:
        project.connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        for medium, path in paths.items():
            copy.execute("UPDATE media SET path = ? WHERE id = ?", (path, medium))
    return file


def _pack(archive: zipfile.ZipFile, members: dict[str, Path], control: Control) -> tuple[int, int]:
    """Write the members; returns how many files and bytes."""
    total, done = sum(file.stat().st_size for file in members.values()) or 1, 0
    for name, file in members.items():
        member = zipfile.ZipInfo.from_file(file, name, strict_timestamps=False)
        with file.open("rb") as source, archive.open(member, "w") as target:
            while piece := source.read(_PIECE):
                target.write(piece)
                done += len(piece)
                control.progress(min(done / total, 1.0), name)
    return len(members), done


def open_copy(file: Path, folder: Path, control: Control | None = None) -> Path:
    """Make a project in the new `folder` from a file of `save_copy`, or of a stranger; returns the folder.

    Nothing is written outside of `folder`, and it is there whole or not at all.

    Raises:
        InputError: no such file, not one of those, damaged, or `folder` is not new.
        Cancelled: through `control`; nothing is left.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not an empty folder; choose a new one for the project")
    try:
        with zipfile.ZipFile(file) as archive, ExitStack() as cleaning:
            members = _checked(archive, file)
            with making(folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                staged = cleaning.enter_context(own_place(folder.parent)) / folder.name
                for name in NAMES:
                    (staged / name).mkdir(parents=True)
            _unpack(archive, members, staged, control or Control())
            Project.open(staged).close()
            with making(folder):
                if folder.exists():
                    folder.rmdir()
                staged.rename(folder)
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except (IsADirectoryError, PermissionError) as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from None
    except (*_DAMAGED, FileExistsError, NotADirectoryError):
        raise InputError(f"{file} is no copy of a project, or is damaged; save it again") from None
    return folder


def _checked(archive: zipfile.ZipFile, file: Path) -> list[zipfile.ZipInfo]:
    """The members, none of which leads anywhere but to its own new file, or makes more of the file than it is.

    Raises:
        InputError: it is another kind of zip.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    if database.NAME not in names or len(members) > MOST_MEMBERS:
        raise InputError(f"{file} is no copy of a project (it has no {database.NAME}, or far too many files)")
    if len({name.casefold() for name in names}) < len(names):
        raise InputError(f"{file} holds two files of one name; it was not made by studio")
    for member in members:
        if not _is_plain_file(member) or not _is_ours(member.filename):
            raise InputError(f"{file} holds {member.filename!r}, which no project has; it was not made by studio")
    if any(
        member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size for member in members
    ):
        raise InputError(f"{file} is compressed; a copy of a project is a zip without compression")
    if sum(member.file_size for member in members) > file.stat().st_size:  # the same bytes given out several times
        raise InputError(f"{file} claims to hold more than it does; it was not made by studio")
    return members


def _is_plain_file(member: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG) and not member.is_dir()


def _is_ours(name: str) -> bool:
    """Whether a copy may hold a file of this name: the database, a head's, a kernel's, or a medium's in its folder."""
    parts = PurePosixPath(name).parts
    if "/".join(parts) != name or not all(_is_portable(part) for part in parts):
        return False
    if parts[0] == "models":
        return len(parts) == 3 and is_head_name(parts[1]) and parts[2] in _HEAD_FILES
    if parts[0] == KERNELS:
        return len(parts) == 2 and is_kernel_file(parts[1])
    return name == database.NAME or not (parts[0] == "cache" or parts[0].casefold().startswith("project."))


def _is_portable(part: str) -> bool:
    """Whether every system can have a file or folder called so, and none takes it for anything but a name."""
    plain = part.isprintable() and not set(part) & set(_TROUBLE) and part == part.strip(" ") and not part.endswith(".")
    return plain and not part.startswith(".") and not is_reserved(part) and len(part.encode()) < 256


def _unpack(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, control: Control) -> None:
    total, done = sum(member.file_size for member in members) or 1, 0
    for member in members:
        path = folder.joinpath(*PurePosixPath(member.filename).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, path.open("xb") as target:
            while piece := source.read(_PIECE):
                target.write(piece)
                done += len(piece)
                control.progress(min(done / total, 1.0), member.filename)
