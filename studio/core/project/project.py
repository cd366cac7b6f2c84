"""The project: a folder with a database in it, read at any moment of its history and changed by edits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from studio.core.errors import InputError
from studio.core.files import making
from studio.core.project import bulk, database, steps, versions
from studio.core.project.edits import Edit
from studio.core.project.folders import NAMES, own_folder
from studio.core.project.ids import new_id
from studio.core.project.reading import Readable, Step
from studio.core.project.row_checks import printable
from studio.core.project.rows import TABLES, Key, Row, cells
from studio.core.project.versions import Line

ROWS_A_LINE = 1000


class Project(Readable):
    """An open project; one instance for each thread. Use `create` or `open`, and close it (or use `with`).

    Attributes:
        folder: absolute.
        name: as the user called it.
        id: tells this project from others, also after it moved.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, write: bool) -> None:
        super().__init__(folder, connection)
        self._write = write
        with self.reading():
            facts = dict(connection.execute("SELECT name, value FROM facts"))
        self.name, self.id = printable(facts.get("name", folder.name)), str(facts.get("id", ""))

    @classmethod
    def create(cls, folder: Path, name: str | None = None) -> Self:
        """Make a project in `folder`, which must be empty or not there, and open it for writing.

        Raises:
            InputError: the folder holds something, is a file, or cannot be made or written to.
        """
        folder = folder.absolute()
        with making(folder):
            new = not folder.exists()
            if not new and (not folder.is_dir() or any(folder.iterdir())):
                raise InputError(f"{folder} is not an empty folder; choose a new one for the project")
        name = folder.name if name is None else name
        if not name.strip() or not name.isprintable():
            raise InputError(f"a project cannot be called {name!r}; choose a name of printable characters")
        with making(folder):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with making(folder):
                for place in NAMES:
                    (folder / place).mkdir()
            database.create(folder, name)
        except BaseException:
            for place in NAMES:
                with suppress(OSError):
                    (folder / place).rmdir()
            if new:
                folder.rmdir()
            raise
        return cls.open(folder, write=True)

    @classmethod
    def open(cls, folder: Path, *, write: bool = False) -> Self:
        """Open the project in `folder`; reading also works while another process writes, and on read-only media.

        Raises:
            InputError: no project, of a newer version, damaged, or not writable where `write` is wanted.
        """
        folder = folder.absolute()
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}; make a project with: studio new {folder}")
        if not (folder / database.NAME).is_file():
            raise InputError(f"{folder} is no project (it has no {database.NAME}); make one with: studio new")
        connection = database.open_database(folder, write)
        try:
            return cls(folder, connection, write)
        except BaseException:
            connection.close()
            raise

    def wait_for_others(self, seconds: float) -> None:
        """How long a change waits where somebody else is writing, before `BusyError`."""
        self.connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @cached_property
    def cache(self) -> Path:
        """What may be deleted at any time; it may not exist yet."""
        return own_folder(self.folder, "cache")

    @cached_property
    def models(self) -> Path:
        """A folder for each named head; it may not exist yet."""
        return own_folder(self.folder, "models")

    @cached_property
    def runs(self) -> Path:
        """A folder for each training; it may not exist yet."""
        return own_folder(self.folder, "runs")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction; for the modules beside this one, others use `apply`. Refuses where open for reading only."""
        if not self._write:
            raise InputError(f"{self.folder} is open for reading only")
        with database.readable_errors(self._database), database.transaction(self.connection):
            yield self.connection

    # Edits -----------------------------------------------------------------------------------------------------------

    def new_group(self) -> int:
        """A group for `apply`: all its edits are undone as one step."""
        return new_id()

    def apply(self, edit: Edit, *, group: int | None = None, who: str = "human") -> Edit:
        """Write `edit` whole or not at all, as lines of the history of at most 1,000 rows that are undone as one step.

        Args:
            edit: rows that already hold are skipped; an edit that changes nothing adds no line to the history.
            group: from `new_group`, to undo this edit together with others; a group of its own by default.
            who: "human", "tracker", "head" or "import".

        Returns:
            The edit that takes its `changes` back; what was changed in bulk comes back by `undo`.

        Raises:
            InputError: read-only, locked for long, the group was undone meanwhile, or the edit does not fit the rows.
        """
        chosen = new_id() if group is None else group
        line = Line(chosen, edit.text, who, "edit", chosen)
        before: dict[Key, Row | None] = {}
        with self.writing() as connection:
            if steps.is_undone(connection, chosen):
                raise InputError(f"{edit.text!r} was undone while it went on; nothing more is added to it")
            for each in edit.bulk:
                if each.cells is None:
                    bulk.change(connection, each, line)
            for portion in edit.portions(ROWS_A_LINE):
                changes = {key: cells(row) if row else None for key, row in portion.items()}
                if edit.seen is not None:
                    for key in versions.changed_by_persons(connection, changes, edit.seen, chosen):
                        del changes[key]
                replaced = versions.write(connection, changes, line)
                before.update({key: TABLES[key.table](*old) if old else None for key, old in replaced.items()})
            for each in edit.bulk:
                if each.cells is not None:
                    bulk.change(connection, each, line)
        return Edit(edit.text, before)

    def undo(self, steps: int = 1) -> list[str]:
        """Take back the newest groups not yet undone, by appending their inverse; returns their texts."""
        return self._steps("undo", steps)

    def redo(self, steps: int = 1) -> list[str]:
        """Bring back what was undone last, as long as nothing new was done since; returns the texts."""
        return self._steps("redo", steps)

    def take(self, kind: str, step: Step) -> list[str]:
        """Do the "undo" or "redo" that a person saw as the next one; returns its text.

        Raises:
            InputError: another one is next by now.
        """
        return self._steps(kind, 1, step)

    def _steps(self, kind: str, count: int, expected: Step | None = None) -> list[str]:
        texts: list[str] = []
        for _ in range(count):
            with self.writing() as connection:
                step = steps.next_step(connection, kind)
                if expected and (not step or step[0] != expected.group):
                    raise InputError(f"something else was done before {expected.text!r} was reached; nothing changed")
                if not step:
                    break
                # One transaction whatever its size: an undo that stops half way would be a state nobody saw.
                target, text = step
                line = Line(new_id(), printable(text), "human", kind, target)
                going_back = bulk.take_back if kind == "undo" else bulk.bring_back
                if not going_back(connection, target, line):
                    versions.write(connection, steps.changes_of_step(connection, kind, target), line)
            texts.append(line.text)
        return texts

    def check(self) -> list[str]:
        """What is wrong with the database, the rows, the media files and the heads: a sentence each."""
        from studio.core.project.check import problems  # which looks at a project through this class

        return problems(self)
