"""What each picture of a folder was when the folder was added, so that one that is changed costs no other.

A medium is told by the fingerprint of all its pictures together, which says that one was changed and not which. This
list says which. It is derived from the unchanged folder, and kept in the cache by the folder's fingerprint.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from studio.core.errors import InputError
from studio.core.files import own_place
from studio.core.fingerprint import Fingerprint, fingerprint, picture_fingerprint
from studio.core.project.project import Project
from studio.core.project.rows import MediumRow

_NAMED = 3  # pictures that a sentence names


class KnownPicture(NamedTuple):
    """A picture as it was: the name of its file, and its `picture_fingerprint`."""

    name: str
    content: Fingerprint


def picture_list(project: Project, row: MediumRow) -> Path:
    """Where the list of a medium is, if there is one."""
    return project.cache / f"pictures-{row.sha256[:32]}-{row.size}.json"


def keep_pictures(project: Project, row: MediumRow, folder: Path) -> None:
    """Keep the list of a folder that is as its row says; where the cache cannot be written, there is none."""
    from studio.core.media.stills import list_pictures  # brings OpenCV along

    place = picture_list(project, row)
    if row.kind != "stills" or not folder.is_dir() or place.exists():
        return
    with suppress(OSError, InputError):
        known = [(path.name, *picture_fingerprint(path)) for path in list_pictures(folder)]
        if fingerprint(folder) != (row.size, row.sha256):  # afterwards: what was listed is what the row says
            return
        project.cache.mkdir(exist_ok=True)
        with own_place(project.cache) as around:
            made = around / place.name
            made.write_text(json.dumps(known), encoding="utf-8")
            made.replace(place)


def read_pictures(path: Path) -> list[KnownPicture] | None:
    """The list in a file, in the order of frames; None where there is none that is whole."""
    with suppress(OSError, ValueError, TypeError):
        rows = json.loads(path.read_text(encoding="utf-8"))
        known = [KnownPicture(str(name), Fingerprint(int(size), str(sha256))) for name, size, sha256 in rows]
        if known and all(_is_plain(picture.name) for picture in known):
            return known
    return None


def changed_pictures(folder: Path, known: list[KnownPicture]) -> str:
    """A sentence on those that are not there any more, or not what they were; "" where all are."""
    found = [name for picture in known for name in [_changed(folder, picture)] if name]
    if not found:
        return ""
    named = ", ".join(found[:_NAMED]) + (", …" if len(found) > _NAMED else "")
    what = f"{len(found):,} of {len(known):,} pictures"
    return f"{what} in {folder} cannot be used: {named}; the others can. Put the old ones back"


def _changed(folder: Path, picture: KnownPicture) -> str:
    path = folder / picture.name
    try:
        if path.stat().st_size == picture.content.size and picture_fingerprint(path) == picture.content:
            return ""
    except FileNotFoundError:
        return f"{picture.name} is missing"
    except OSError:
        return f"{picture.name} cannot be read"
    return f"{picture.name} was changed"


def _is_plain(name: str) -> bool:
    """Whether it names a file of the folder itself, on any system."""
    return name == PurePosixPath(name).name == PureWindowsPath(name).name and name not in ("", "..")
