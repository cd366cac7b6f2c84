"""The project as Qt sees it: one signal saying which rows changed, whoever changed them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import Edit, Keys, LabelRow, MediumRow, Project, RegionRow, Step
from studio.core.project.database import BusyError
from studio.core.project.labels import former_names

LOOK_EVERY = 500  # milliseconds between looks at what others (a worker, the command line) wrote
WAIT_S = 0.05  # for others who write: what a person hardly feels
TRY_EVERY = 100  # milliseconds between trials to write what had to wait


class WaitingEdit(NamedTuple):
    """An edit that waits for others who write, with what `ProjectState.apply` was told about it."""

    edit: Edit
    group: int | None
    who: str
    then: Callable[[], None] | None


def write_late(folder: Path, waiting: Sequence[WaitingEdit], control: Control) -> None:
    """On a worker: write in order what still waited when its project was closed.

    Raises:
        StudioError: says which of them could not be written, and why; the others are.
    """
    control.progress(0.0, "")
    unwritten: dict[str, list[str]] = {}  # texts by what stopped them
    busy: StudioError | None = None  # half a minute was waited already: no other is tried
    with Project.open(folder, write=True) as project:
        for each in waiting:
            try:
                if busy is not None:
                    raise busy
                project.apply(each.edit, group=each.group, who=each.who)
            except StudioError as error:
                unwritten.setdefault(str(error), []).append(each.edit.text)
                busy = error if isinstance(error, BusyError) else None
    if unwritten:
        raise StudioError("; ".join(f"{', '.join(texts)}: {why}" for why, texts in unwritten.items()))


class ProjectState(QObject):
    """The open project; the only way the window changes it.

    Attributes:
        changed: emitted with the `Keys` whose rows were opened or closed, after own edits, undo and redo, and
            after edits of a worker or of another process.
        saved: emitted with the history's length after every change.
        delayed: emitted with the text of an edit that has to wait for others who write.
        refused: emitted with the error and the text of an edit that waited, and cannot be done.
        project: the GUI thread's own instance; workers open theirs from `folder`.
        read_only: another window holds the project, or this user cannot write it.
        why_read_only: which, in a sentence; "" where it can be written.
    """

    changed = Signal(object)
    saved = Signal(int)
    delayed = Signal(str)
    refused = Signal(object, str)

    def __init__(self, project: Project, why_read_only: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.why_read_only = why_read_only
        self._seen = project.position
        self._version = project.data_version()
        self._closed = False
        self._waiting: deque[WaitingEdit] = deque()
        self._again = QTimer(self, interval=TRY_EVERY)
        self._again.timeout.connect(self._write_waiting)
        project.wait_for_others(WAIT_S)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @property
    def seen(self) -> int:
        """The position of the history up to which everybody was told what changed."""
        return self._seen

    @property
    def read_only(self) -> bool:
        return bool(self.why_read_only)

    @property
    def folder(self) -> Path:
        return self.project.folder

    @cached_property
    def labels(self) -> dict[int, LabelRow]:
        """All labels by id, `background` among them."""
        return {row.id: row for row in self.project.labels()}

    @cached_property
    def former_names(self) -> dict[str, int]:
        """Ids of labels by names that they had before."""
        return former_names(self.project)

    def label_called(self, name: str) -> LabelRow | None:
        """The label of this name, or the one that had it before it was renamed: heads go on saying the old name."""
        known = next((row for row in self.labels.values() if row.name == name), None)
        return known or self.labels.get(self.former_names.get(name, 0))

    @cached_property
    def media(self) -> dict[int, MediumRow]:
        """All media by id."""
        return {row.id: row for row in self.project.media()}

    def regions_on(self, medium: int, frame: int) -> list[RegionRow]:
        """The regions of one frame, by id."""
        return self.project.regions(medium=medium, first=frame, last=frame)

    @property
    def waiting(self) -> str:
        """The text of the newest edit that waits for others who write; "" where none does."""
        return self._waiting[-1].edit.text if self._waiting else ""

    def apply(
        self, edit: Edit, *, group: int | None = None, who: str = "human", then: Callable[[], None] | None = None
    ) -> None:
        """Write `edit`, tell everybody, and call `then`; where somebody else is writing, as soon as they are done.

        Edits are written in the order in which they were made. `then` is not called where one is refused later, or is
        written after the project was closed.

        Raises:
            InputError: read-only, or the edit does not fit the rows.
        """
        wanted = WaitingEdit(edit, group, who, then)
        if not self._waiting and self._write(wanted):
            return
        self._waiting.append(wanted)
        if len(self._waiting) == 1:
            self._again.start()
            self.delayed.emit(edit.text)

    def _write(self, wanted: WaitingEdit) -> bool:
        """Whether it was written and told; not where somebody else is writing."""
        try:
            self.project.apply(wanted.edit, group=wanted.group, who=wanted.who)
        except BusyError:
            return False
        self.refresh()
        if wanted.then is not None:
            wanted.then()
        return True

    def _write_waiting(self) -> None:
        """One after another, each told before the next, as if nobody had been in the way."""
        while self._waiting:
            wanted = self._waiting.popleft()
            try:
                if not self._write(wanted):
                    self._waiting.appendleft(wanted)
                    return
            except StudioError as error:
                self.refused.emit(error, wanted.edit.text)
        self._again.stop()

    def undo(self) -> list[str]:
        """Take back the newest step; returns its text, or nothing where there is none."""
        texts = self.project.undo()
        self.refresh()
        return texts

    def redo(self) -> list[str]:
        texts = self.project.redo()
        self.refresh()
        return texts

    def take(self, kind: str, step: Step) -> list[str]:
        """As `Project.take`, and tell everybody."""
        texts = self.project.take(kind, step)
        self.refresh()
        return texts

    def look(self) -> None:
        """Notice what others wrote; cheap where nobody did."""
        version = self.project.data_version()
        if version != self._version:
            self._version = version
            self.refresh()

    def refresh(self) -> None:
        """Tell everybody what changed since the last time."""
        with self.project.moment():
            keys = self.project.changes_since(self._seen)
            self._seen = self.project.position
        self._tell(keys)

    def hold(self) -> None:
        """A worker is about to change much, and gathers itself what: until `resume`, others are not looked at."""
        self._timer.stop()

    def take_in(self, since: int, until: int, keys: Keys) -> None:
        """Tell everybody what a worker changed between two positions: gathering 100,000 keys here would be felt."""
        if since != self._seen:  # somebody else wrote too
            self.refresh()
        else:
            self._seen = until
            self._tell(keys)

    def resume(self) -> None:
        """Look again at what others write."""
        if not self._closed:
            self._timer.start()

    def close(self) -> tuple[WaitingEdit, ...]:
        """Let go of the database at once; returns the edits that still wait for others who write, for `write_late`."""
        self._closed = True
        self._timer.stop()
        self._again.stop()
        self.project.close()
        return tuple(self._waiting)

    def _tell(self, keys: Keys) -> None:
        if not keys:
            return
        tables = keys.tables
        for table in tables & {"labels", "media"}:
            self.__dict__.pop(table, None)
        if "labels" in tables:
            self.__dict__.pop("former_names", None)
        self.changed.emit(keys)
        self.saved.emit(self._seen)
