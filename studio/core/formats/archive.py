"""A zip from anywhere, unpacked so that it writes nothing but plain new files below one folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.files import size_text
from studio.core.project.edits import counted

MOST_MEMBERS = 2_000_000
MOST_TIMES, ROOM = 200, 2**26  # unpacked bytes for each packed one, above the first 64 MB: text packs to a hundredth
_PIECE = 2**20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, UnicodeError)


def unpack(file: Path, folder: Path, control: Control) -> None:
    """Unpack the zip `file` into the empty `folder`; the caller removes it whatever happens.

    Raises:
        InputError: it is no zip, damaged, protected, or holds links, paths that lead out of a folder, two files of one
            name, or far more than its size allows.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _checked(archive, file)
            total, done = sum(member.file_size for member, _ in members) or 1, 0
            if total > shutil.disk_usage(folder).free:
                raise InputError(f"{file} holds {size_text(total)}, more than there is room for; make room first")
            for member, name in members:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, path.open("xb") as target:
                    while piece := source.read(_PIECE):
                        target.write(piece)
                        done += len(piece)
                        control.progress(min(done / total, 1.0), name)
    except _DAMAGED as error:
        raise InputError(f"{file} is no zip that can be read, or is damaged ({error}); save it again") from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise InputError(f"{file} holds a file and a folder of one name; save it again") from None


def _checked(archive: zipfile.ZipFile, file: Path) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files in an archive with their names; hidden ones and folders are passed over."""
    found: dict[str, tuple[zipfile.ZipInfo, str]] = {}
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise InputError(f"{file} holds {counted(len(infos), 'file')}; divide the data set")
    for member in infos:
        name = member.filename.replace("\\", "/")
        parts = name.rstrip("/").split("/")
        if name.startswith("/") or ":" in parts[0] or ".." in parts or "" in parts:
            raise InputError(f"{file} holds {member.filename!r}, which leads out of its folder; nothing was unpacked")
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(f"{file} holds {member.filename!r}, a link or a device; nothing was unpacked")
        if member.flag_bits & 1:
            raise InputError(f"{file} is protected by a password; unpack it first")
        if member.is_dir() or name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        if name.casefold() in found:
            raise InputError(f"{file} holds two files called {member.filename!r}; nothing was unpacked")
        found[name.casefold()] = member, name
    size = sum(member.file_size for member, _ in found.values())
    if size > MOST_TIMES * file.stat().st_size + ROOM:
        raise InputError(f"{file} claims to hold {size_text(size)}, far more than a file of its size; not unpacked")
    return list(found.values())
