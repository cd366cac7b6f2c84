"""The history as a list: a line for each step, newest at the bottom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from studio.core.project import Project
from studio.core.project.past import Past, PastStep
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
_ICONS = (
    (("follow", "track"), "mdi6.map-marker-path"),
    (("reject", "remove", "delete", "clear"), "mdi6.close"),
    (("confirm",), "mdi6.check"),
    (("draw", "move", "resize", "change box"), "mdi6.vector-square"),
    (("add", "find"), "mdi6.filmstrip"),
    (("no ", "every", "not every", "ignore"), "mdi6.cancel"),
    (("label", "relabel", "rename", "merge", "new label", "color", "key", "threshold"), "mdi6.tag-outline"),
)
_WHO = {"tracker": "mdi6.map-marker-path", "head": "mdi6.lightning-bolt-outline", "import": "mdi6.import"}


class HistoryList(QAbstractListModel):
    """Steps of the history. Only the rows in view are asked for, so that 100,000 cost no more than 100."""

    def __init__(self) -> None:
        super().__init__()
        self._past = Past()

    @property
    def past(self) -> Past:
        return self._past

    def set_past(self, past: Past) -> None:
        """Show what a worker read."""
        self.beginResetModel()
        self._past = past
        self.endResetModel()

    def read(self, project: Project, most: int) -> bool:
        """Take in at most `most` new lines; returns whether those were all."""
        before, start = len(self._past.steps), self._past.position
        later = self._past.copy()
        changed = later.read(project, most)
        added = len(later.steps) - before
        if added:
            self.beginInsertRows(QModelIndex(), before, before + added - 1)
        self._past = later
        if added:
            self.endInsertRows()
        for row in changed:
            if row < before:
                self.dataChanged.emit(self.index(row), self.index(row))
        return later.position - start < most

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._past.steps)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        step = self._past.steps[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return step.text[:1].upper() + step.text[1:]
            case Qt.ItemDataRole.ToolTipRole:
                return _tip(step)
            case Role.ID:
                return step.group
            case Role.ICON:
                return _icon(step)
            case Role.SIDE:
                return _when(step.time) if step.who == "human" else f"{step.who} · {_when(step.time)}"
            case Role.DIM:
                return step.undone
        return None


def _icon(step: PastStep) -> str:
    if step.undone:
        return "mdi6.undo-variant"
    text = step.text.lower()
    named = next((icon for starts, icon in _ICONS if text.startswith(starts)), "mdi6.pencil-outline")
    return _WHO.get(step.who, named)


def _local(time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(time).astimezone()
    except ValueError:
        return None


def _when(time: str) -> str:
    """The time of today, the day of what is older."""
    local = _local(time)
    if local is None:
        return ""
    return local.strftime("%H:%M" if local.date() == datetime.now(local.tzinfo).date() else "%d %b")


def _tip(step: PastStep) -> str:
    local = _local(step.time)
    when = local.strftime("%A %d %B %Y, %H:%M:%S") if local else step.time
    parts = f", in {step.edits:,} parts" if step.edits > 1 else ""
    return f"{step.text}\n{when}, by {step.who}{parts}{'; undone' if step.undone else ''}"
