"""Data sets: what each head was trained on, what changed since, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from studio.state.roles import Role
from studio.views.elided import ElidedLabel
from studio.views.empty import ActionButton, EmptyState
from studio.views.gallery.history_detail import DataSetDetail
from studio.views.named import named
from studio.views.rows import RowDelegate

EMPTY = (
    "What was learned from",
    "Every head remembers the crops that it was trained on. Keep a head under a name, and it is listed here: to be "
    "looked at, compared with today, and gone back to.",
)


@dataclass(frozen=True)
class ShownDataSet:
    """A line of the list.

    Attributes:
        head: its name; "" for the present.
        text, side: what stands at the left, and dim at the right.
        problem: why nothing is known of it; "" where something is.
        tip: more about it.
    """

    head: str
    text: str
    side: str
    problem: str = ""
    tip: str = ""


class DataSetsView(QWidget):
    """The part.

    Attributes:
        detail: about the chosen line.
        chosen: emitted with the name of the head whose line was chosen, "" for the present.
        looked_at_changed: whether the part can be seen.
    """

    chosen = Signal(str)
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._heads: list[str] = []
        self._empty = EmptyState("mdi6.history", *EMPTY)
        self.list = named(QListWidget(), "data_sets.list")
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.currentRowChanged.connect(self._on_row)
        self.detail = DataSetDetail()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._full())

    def set_actions(self, keep: QAction, compare: QAction) -> None:
        """`keep` is offered where there is no head yet, `compare` under the list."""
        self._empty.set_actions(keep)
        self._above.addWidget(ActionButton(compare))

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether it can be seen."""
        self.looked_at_changed.emit(looked_at)

    def set_data_sets(self, lines: Sequence[ShownDataSet], chosen: str) -> None:
        """Show the present and what heads were trained on; `chosen` is selected where it is there."""
        self.list.blockSignals(True)
        self.list.clear()
        self._heads = [line.head for line in lines]
        for line in lines:
            item = QListWidgetItem(line.text)
            item.setData(Role.ICON, "mdi6.lightning-bolt-outline" if line.head else "mdi6.circle-slice-8")
            item.setData(Role.SIDE, line.side)
            item.setData(Role.PROBLEM, line.problem or None)
            item.setToolTip(line.tip)
            self.list.addItem(item)
        row = self._heads.index(chosen) if chosen in self._heads else -1
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)
        self._fit_list()
        self._stack.setCurrentIndex(1 if len(lines) > 1 else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 0)

    def _full(self) -> QWidget:
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(10, 8, 0, 0)
        column.setSpacing(8)
        title = ElidedLabel("What heads were trained on")
        title.setProperty("role", "dim")
        above = QVBoxLayout()
        above.setContentsMargins(0, 0, 10, 0)
        above.setSpacing(8)
        above.addWidget(title)
        above.addWidget(self.list)
        self._above = above
        column.addLayout(above)
        column.addWidget(self.detail, 1)
        return full

    def _fit_list(self) -> None:
        """As high as its lines, six of them at most."""
        rows = min(max(self.list.count(), 2), 6)
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 1) + 2)

    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self._heads):
            self.chosen.emit(self._heads[row])
