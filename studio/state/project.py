"""The project as Qt sees it: one signal saying which rows changed, whoever changed them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.project import Edit, Key, LabelRow, MediumRow, Project, RegionRow, Step

LOOK_EVERY = 500  # milliseconds between looks at what others (a worker, the command line) wrote


class ProjectState(QObject):
    """The open project; the only way the window changes it.

    Attributes:
        changed: emitted with the set of `Key`s whose rows were opened or closed, after own edits, undo and redo, and
            after edits of a worker or of another process.
        saved: emitted with the history's length after every change.
        project: the GUI thread's own instance; workers open theirs from `folder`.
        read_only: another window holds the project.
    """

    changed = Signal(object)
    saved = Signal(int)

    def __init__(self, project: Project, read_only: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.read_only = read_only
        self._seen = project.position
        self._version = project.data_version()
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @property
    def folder(self) -> Path:
        return self.project.folder

    @cached_property
    def labels(self) -> dict[int, LabelRow]:
        """All labels by id, `background` among them."""
        return {row.id: row for row in self.project.labels()}

    @cached_property
    def media(self) -> dict[int, MediumRow]:
        """All media by id."""
        return {row.id: row for row in self.project.media()}

    def regions_on(self, medium: int, frame: int) -> list[RegionRow]:
        """The regions of one frame, by id."""
        return self.project.regions(medium=medium, first=frame, last=frame)

    def apply(self, edit: Edit, *, group: int | None = None, who: str = "human") -> Edit:
        """Write `edit` and tell everybody; returns the edit that takes it back.

        Raises:
            InputError: read-only, locked for long, or the edit does not fit the rows.
        """
        inverse = self.project.apply(edit, group=group, who=who)
        self.refresh()
        return inverse

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
        keys = self.project.changes_since(self._seen)
        self._seen = self.project.position
        self._tell(keys)

    def hold(self) -> None:
        """A worker is about to change much, and gathers itself what: until `resume`, others are not looked at."""
        self._timer.stop()

    def take_in(self, since: int, until: int, keys: set[Key]) -> None:
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

    def close(self) -> None:
        self._closed = True
        self._timer.stop()
        self.project.close()

    def _tell(self, keys: set[Key]) -> None:
        if not keys:
            return
        tables = {key.table for key in keys}
        for table in tables & {"labels", "media"}:
            self.__dict__.pop(table, None)
        self.changed.emit(keys)
        self.saved.emit(self._seen)
