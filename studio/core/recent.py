"""The projects that this user opened last, and where each was left: a file with the user's data, never in a project."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from studio.core.paths import user_data
from studio.core.project.database import NAME
from studio.core.project.row_checks import printable

MOST = 12
_CHANGING = Lock()  # the window and its disk lane change the list


@dataclass(frozen=True, slots=True)
class RecentProject:
    """A project that was opened.

    Attributes:
        folder: absolute.
        name: as the user called it.
        opened: when, ISO 8601 in UTC.
        missing: there is no project in the folder now; it may come back with a disk that is plugged in again.
    """

    folder: Path
    name: str
    opened: str
    missing: bool


def recent_projects() -> list[RecentProject]:
    """At most `MOST`, the last opened first; what cannot be read counts as not there."""
    found = []
    for entry in _read():
        folder = Path(entry["folder"])
        found.append(RecentProject(folder, printable(entry["name"]), entry["opened"], not (folder / NAME).is_file()))
    return found


def remember_project(folder: Path, name: str) -> None:
    """Put the project in `folder` first. Best effort: a full or read-only disk must not keep a project from opening."""
    opened = datetime.now(UTC).isoformat(timespec="seconds")
    with _CHANGING:
        known = {Path(entry["folder"]): entry for entry in _read()}
        entry = known.pop(folder.absolute(), {})  # with the place in it
        entry |= {"folder": str(folder.absolute()), "name": name, "opened": opened}
        _write([entry, *known.values()][:MOST])


def remember_place(folder: Path, medium: int, frame: int) -> None:
    """Where the user was in the project in `folder`, one of the list; best effort too."""
    with _CHANGING:
        entries = _read()
        for entry in entries:
            if Path(entry["folder"]) == folder.absolute():
                entry["place"] = [medium, frame]
        _write(entries)


def last_place(folder: Path) -> tuple[int, int] | None:
    """The id of the medium and the frame at which the project in `folder` was left; None where nobody knows."""
    place = next((entry.get("place") for entry in _read() if Path(entry["folder"]) == folder.absolute()), None)
    if isinstance(place, list) and len(place) == 2 and all(type(number) is int for number in place):
        return place[0], place[1]
    return None


def forget_project(folder: Path) -> None:
    """Take the project in `folder` off the list; the project itself stays."""
    with _CHANGING:
        _write([entry for entry in _read() if Path(entry["folder"]) != folder.absolute()])


def _file() -> Path:
    return user_data() / "recent.json"


def _read() -> list[dict[str, Any]]:
    try:
        document: Any = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    entries = document if isinstance(document, list) else []
    return [entry for entry in entries if _is_entry(entry)][:MOST]


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(value := entry.get(key), str) and "\0" not in value for key in ("folder", "name", "opened")
    )


def _write(entries: list[dict[str, Any]]) -> None:
    file = _file()
    partial = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(entries, indent=2), encoding="utf-8")
        partial.replace(file)
    except OSError:
        return
