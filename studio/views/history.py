"""The history dock: what was done, newest at the bottom."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QListView, QStackedWidget, QVBoxLayout, QWidget

from studio.state.history_list import HistoryList
from studio.views.empty import EmptyState
from studio.views.named import named
from studio.views.rows import RowDelegate


class HistoryView(QWidget):
    """A list of steps; it stays at its end while the end is in view."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("history")
        self.list = named(QListView(), "history.list")
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = EmptyState(
            "mdi6.history", "Nothing done yet", "Every change to the project is kept here and can be undone."
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.list)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self._at_end = True
        self.list.verticalScrollBar().rangeChanged.connect(self._stay_at_end)
        self.list.verticalScrollBar().valueChanged.connect(self._notice_end)

    def set_model(self, model: HistoryList) -> None:
        self.list.setModel(model)
        model.modelReset.connect(self._show_page)
        model.rowsInserted.connect(self._show_page)
        self._show_page()

    def _show_page(self) -> None:
        self.pages.setCurrentIndex(1 if self.list.model().rowCount() else 0)
        if self._at_end:
            self.list.scrollToBottom()

    def _stay_at_end(self) -> None:
        if self._at_end:
            self.list.verticalScrollBar().setValue(self.list.verticalScrollBar().maximum())

    def _notice_end(self, value: int) -> None:
        self._at_end = value >= self.list.verticalScrollBar().maximum()
