"""The folder of a data set: what lies in it, found by the names that its files use, and never anything outside."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.archive import unpack
from studio.core.formats.data_set import DataMedium
from studio.core.formats.notes import Notes
from studio.core.media.picture_size import picture_size
from studio.core.media.pictures import is_picture
from studio.core.media.stills import natural_key

MOST_FILES = 2_000_000
_ANNOTATIONS = frozenset({"annotations", "labels", "gt", "det"})  # folders beside that of the pictures


class DataFolder:
    """All files below one folder.

    Attributes:
        root: the folder.
        chosen: the one file of it that the user named, relative to `root`; "" for the whole folder.
        temporary: it goes once it was read: it was unpacked from a zip.
        files: all but hidden ones, relative to `root`, with forward slashes, in natural order.
        pictures: those of them that are pictures.
    """

    def __init__(self, root: Path, chosen: str = "", control: Control | None = None, temporary: bool = False) -> None:
        self.root, self.chosen, self.temporary = root, chosen, temporary
        self.files = sorted(_walked(root, control or Control()), key=natural_key)
        self.pictures = [name for name in self.files if is_picture(Path(name))]
        self._known = frozenset(self.files)
        self._by_name: dict[str, list[str]] = {}
        for name in self.files:
            self._by_name.setdefault(posixpath.basename(name), []).append(name)
        self._sizes: dict[str, tuple[int, int] | None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def path(self, name: str) -> Path:
        return self.root / name

    def ending(self, *suffixes: str) -> list[str]:
        """The files with one of these suffixes; of the chosen file it alone, where it has one."""
        if self.chosen:
            return [self.chosen] if self.chosen.casefold().endswith(suffixes) else []
        return [name for name in self.files if name.casefold().endswith(suffixes)]

    def find(self, name: str, *bases: str) -> str | None:
        """The file that the data set calls `name`; None where it is missing, or several could be meant.

        Args:
            name: relative to one of `bases` in the first place; else the end of a path, as data sets are moved. Of a
                path on another machine its end.
            bases: folders, relative to the root; what leads out of the root from the first of them leads out.

        Raises:
            InputError: it leads out of the data set's folder, and no file in it is meant.
        """
        text = name.replace("\\", "/").strip()
        away = text.startswith("/") or re.match("[A-Za-z]:", text) is not None
        reached = [] if away else [posixpath.normpath(posixpath.join(base, text)) for base in bases or ("",)]
        for path in reached:
            if path in self._known:
                return path
        away = away or reached[0].split("/")[0] == ".."
        parts = [part for part in posixpath.normpath(text).split("/") if part not in ("", ".", "..")]
        for start in range(len(parts) if away else min(len(parts), 1)):
            tail = "/".join(parts[start:])
            ends = [path for path in self._by_name.get(parts[-1], ()) if f"/{path}".endswith(f"/{tail}")]
            if ends:
                return ends[0] if len(ends) == 1 else None
        if away:
            raise InputError(f"the data set names {name!r}, outside its folder {self.root}; nothing there is read")
        return None

    def below(self, folder: str) -> list[str]:
        """The pictures in a folder of it and deeper."""
        return [name for name in self.pictures if name.startswith(f"{folder}/")] if folder else self.pictures

    def source(self, name: str, *bases: str, size: tuple[int, int] = (0, 0)) -> DataMedium:
        """A medium of many frames, a video or a folder of pictures, that the data set may bring along or only name."""
        for base in bases or ("",):
            path = posixpath.normpath(posixpath.join(base, name.replace("\\", "/")))
            if path in self._known or any(picture.startswith(f"{path}/") for picture in self.pictures):
                return DataMedium(name, self.path(path), *size, picture=False)
        return DataMedium(name, None, *size, picture=False)

    def medium(
        self, name: str | None, called: str, notes: Notes, split: str = "", stated: tuple[int, int] = (0, 0)
    ) -> DataMedium:
        """The picture `name` of this folder as a medium, with its own size whatever the data set states.

        Where it is missing or no picture, that is noted, and the medium has no file but the stated size.
        """
        if name is None:
            notes.add("picture", "not there, left out with its boxes", called)
            return DataMedium(called, None, *stated, split=split)
        if name not in self._sizes:
            self._sizes[name] = picture_size(self.path(name))
        size = self._sizes[name]
        if size is None:
            notes.add("picture", "cannot be read, left out with its boxes", name)
            return DataMedium(name, None, *stated, split=split)
        if all(stated) and stated != size:
            notes.add("picture", "of another size than the data set says; boxes taken as they are", name)
        return DataMedium(name, self.path(name), *size, split=split)


def _walked(root: Path, control: Control) -> Iterator[str]:
    """Files below `root`; links that lead out of it are passed over, hidden files too."""
    home, count = os.path.realpath(root), 0
    for folder, folders, files in os.walk(root):
        control.checkpoint()
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118 - millions of them
            linked = os.path.islink(path)  # noqa: PTH114
            if name.startswith(".") or (linked and not Path(os.path.realpath(path)).is_relative_to(home)):
                continue
            count += 1
            if count > MOST_FILES:
                raise InputError(f"{root} holds more than {MOST_FILES:,} files; choose a smaller folder")
            yield Path(path).relative_to(root).as_posix()


@contextmanager
def opened_folder(path: Path, scratch: Path, control: Control) -> Iterator[DataFolder]:
    """The data set at `path`: a folder, a zip, or one of its files.

    Args:
        path: what the user named.
        scratch: where a zip is unpacked, in a new folder that goes at the end.
        control: progress of unpacking.

    Raises:
        InputError: nothing is there, or it cannot be read.
    """
    try:
        folder, there = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    if not there:
        raise InputError(f"there is no file or folder {path}; check the path")
    if folder:
        yield DataFolder(path.absolute(), control=control)
    elif path.suffix.casefold() == ".zip":
        with TemporaryDirectory(prefix=".making-", dir=scratch, ignore_cleanup_errors=True) as place:
            unpack(path, Path(place), control)
            yield DataFolder(_only_folder(Path(place)), control=control, temporary=True)
    else:
        root = path.absolute().parent
        root = root.parent if root.name.casefold() in _ANNOTATIONS else root
        yield DataFolder(root, path.absolute().relative_to(root).as_posix(), control)


def _only_folder(place: Path) -> Path:
    """The folder that everything in a zip lies in, or the zip itself."""
    entries = list(place.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else place
