"""Going back to what a project held at a moment of its history, as one more step of it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from studio.core.errors import InputError
from studio.core.project import versions
from studio.core.project.edits import counted, listed
from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import COLUMNS, TABLES, Key
from studio.core.project.versions import Cells, Line

NOUNS = {"media": ("medium", "media"), "regions": ("crop", "crops"), "splits": ("split", "splits")}
_KEPT = frozenset({"searches"})  # how somebody looks at the data, no data


@dataclass(frozen=True)
class Restoring:
    """What going back to a position would do.

    Attributes:
        position: of the history, to which it would go back.
        seen: the position from which.
        back, gone, changed: rows by table that would come back, would be removed, and would hold something else.
    """

    position: int
    seen: int
    back: dict[str, int]
    gone: dict[str, int]
    changed: dict[str, int]

    @property
    def sentence(self) -> str:
        """What it does, with counts."""
        kinds = (("brings back", self.back), ("removes", self.gone), ("changes back", self.changed))
        parts = [f"{verb} {_rows(counts)}" for verb, counts in kinds if any(counts.values())]
        if not parts:
            return "Nothing differs: the project holds now what it held then."
        said = f"This {listed(parts)}."
        return said + " The files of media stay where they are." * bool(self.gone.get("media"))

    def __bool__(self) -> bool:
        return any(any(counts.values()) for counts in (self.back, self.gone, self.changed))


def plan_restoring(project: Project, position: int) -> Restoring:
    """What `restore` would do now.

    Raises:
        InputError: the history has no such position.
    """
    with project.reading():
        seen = _checked(project, position)
        back, gone, changed = (dict.fromkeys(TABLES, 0) for _ in range(3))
        for key, (was, now) in _differences(project.connection, position).items():
            kind = back if now is None else gone if was is None else changed
            kind[key.table] += 1
    return Restoring(position, seen, back, gone, changed)


def restore(project: Project, position: int, name: str = "") -> str:
    """Let all rows hold what they held at `position`, in one step that undo takes back; saved searches stay.

    It is one transaction, whatever its size: half of it would be a state that nobody saw.

    Args:
        project: open for writing.
        position: of its history, from 0, when nothing was done yet.
        name: of the moment, for the history; by itself the text of the step that led to it.

    Returns:
        What the history calls it.

    Raises:
        InputError: the history has no such position, or nothing differs.
    """
    with project.writing() as connection:
        _checked(project, position)
        changes = {key: was for key, (was, _) in _differences(connection, position).items()}
        if not changes:
            raise InputError("nothing differs: the project holds now what it held then")
        text = f"go back to {name or _text_at(connection, position)}"
        group = new_id()
        versions.write(connection, changes, Line(group, text, "human", "edit", group))
    return text


def _checked(project: Project, position: int) -> int:
    """The present position, if `position` is one up to it."""
    last = versions.last_position(project.connection)
    if not 0 <= position <= last:
        raise InputError(f"the history has no position {position}; it goes from 0 to {last}")
    return last


def _text_at(connection: sqlite3.Connection, position: int) -> str:
    found = connection.execute("SELECT CAST(text AS TEXT) FROM history WHERE position = ?", (position,)).fetchone()
    return f"{position}: {found[0]}" if found else "the beginning"


def _differences(connection: sqlite3.Connection, position: int) -> dict[Key, tuple[Cells | None, Cells | None]]:
    """What each row that differs held at `position`, and holds now; None: it was not there."""
    found: dict[Key, tuple[Cells | None, Cells | None]] = {}
    for table in TABLES:
        if table in _KEPT:
            continue
        columns = ", ".join(COLUMNS[table])
        held = f"SELECT {columns} FROM {table} WHERE since <= ? AND until > ?"
        new = f"SELECT {columns} FROM {table} WHERE since > ? AND until IS NULL"
        was = {row[0]: row for row in connection.execute(held, (position, position))}
        now = {row[0]: row for row in connection.execute(new, (position,))}
        for row_id in was.keys() | now.keys():
            both = row_id in was and row_id in now
            if was.get(row_id) != now.get(row_id) and not (both and table == "media"):  # it may have been moved since
                found[Key(table, row_id)] = was.get(row_id), now.get(row_id)
    return found


def _rows(counts: dict[str, int]) -> str:
    """ "12 crops, 1 medium and 2 labels"."""
    shown = sorted(((n, table) for table, n in counts.items() if n), reverse=True)
    return listed(counted(n, *NOUNS.get(table, (table.removesuffix("s"), ""))) for n, table in shown)
