"""The history as a list: a line for each step, newest at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from studio.core.crop import Crop
from studio.core.project import Project
from studio.core.project.past import Past, PastStep
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
_ICONS = (
    (("follow", "track"), "mdi6.map-marker-path"),
    (("reject", "remove", "delete", "clear"), "mdi6.close"),
    (("confirm",), "mdi6.check"),
    (("draw", "move", "resize", "change box"), "mdi6.vector-square"),
    (("go back",), "mdi6.history"),
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
        self._crops: dict[int, tuple[Crop, ...]] = {}
        self._picture: Callable[[Crop], QPixmap | None] = _none

    @property
    def past(self) -> Past:
        return self._past

    def set_past(self, past: Past) -> None:
        """Show what a worker read."""
        self.beginResetModel()
        self._past = past
        self.endResetModel()

    def set_picture(self, picture: Callable[[Crop], QPixmap | None]) -> None:
        """`picture` gives those crops that are in memory."""
        self._picture = picture

    def crops_of(self, row: int) -> tuple[Crop, ...] | None:
        """The crops that a step is about; None where that is not known yet."""
        return self._crops.get(self._past.steps[row].group)

    def set_crops(self, crops: Mapping[int, tuple[Crop, ...]]) -> None:
        """What steps are about, by group; a step that still grows may be told again."""
        self._crops.update(crops)

    def forget_crops(self, row: int) -> None:
        """The step has changed: other crops may stand for it."""
        self._crops.pop(self._past.steps[row].group, None)

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
                self.forget_crops(row)
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
            case Role.PICTURES:
                return [self._picture(crop) for crop in self._crops.get(step.group, ())]
        return None


def _none(crop: Crop) -> None:
    """Nothing is in memory."""


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
