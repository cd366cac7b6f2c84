"""The media dock: what the project's frames come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.state.media_list import MediaList
from studio.state.roles import Role
from studio.views.empty import EmptyState
from studio.views.named import named
from studio.views.rows import RowDelegate


class MediaView(QWidget):
    """A list of media; where some are missing, a line above it that finds them again.

    Attributes:
        opened: emitted with the id of the medium to be shown.
        remove_wanted: emitted with the id of the one to be taken out of the project.
        folder_wanted: emitted with the id of the one whose folder is to be shown.
        relink_wanted: missing media are to be looked for.
        dropped: emitted with the list of paths that were dropped on the dock.
    """

    opened = Signal(object)
    remove_wanted = Signal(object)
    folder_wanted = Signal(object)
    relink_wanted = Signal()
    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("media")
        self.setAcceptDrops(True)
        self.list = named(QListView(), "media.list")
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.clicked.connect(self._open)
        self.list.activated.connect(self._open)
        self.empty = EmptyState("mdi6.filmstrip", "No media yet", "Open a video or pictures, or drop them here.")
        self.pages = QStackedWidget()
        self._missing = _MissingLine()
        self._missing.button.clicked.connect(self.relink_wanted)
        self._buttons = QHBoxLayout()
        self._compose()

    def set_model(self, model: MediaList) -> None:
        self.list.setModel(model)
        model.modelReset.connect(self._show_page)
        model.dataChanged.connect(self._show_page)
        self._show_page()

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """Ways to add a medium, for the buttons below the list and for the empty panel."""
        self.empty.set_actions(*actions)
        for action in actions:
            button = named(QToolButton(), f"media.button.{action.objectName()}")
            button.setDefaultAction(action)
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def set_current(self, medium: int | None) -> None:
        """Select the open medium."""
        model = self.list.model()
        row = model.row_of(medium) if isinstance(model, MediaList) else -1
        self.list.setCurrentIndex(model.index(row, 0) if row >= 0 else QModelIndex())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _paths(event):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(_paths(event))

    def _compose(self) -> None:
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._missing)
        column.addWidget(self.list, 1)
        self._buttons.setContentsMargins(4, 2, 4, 2)
        column.addLayout(self._buttons)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(full)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    def _show_page(self) -> None:
        model = self.list.model()
        assert isinstance(model, MediaList)
        self.pages.setCurrentIndex(1 if model.rows else 0)
        self._missing.set_count(sum(row.id in model.problems for row in model.rows))

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.data(Role.ID))

    def _show_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if index.isValid():
            menu = self.menu_for(index)
            menu.popup(self.list.viewport().mapToGlobal(place))

    def menu_for(self, index: QModelIndex) -> QMenu:
        """The context menu of a row; deletes itself."""
        medium = index.data(Role.ID)
        menu = QMenu(self)
        menu.setObjectName("media.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open").triggered.connect(lambda: self.opened.emit(medium))
        menu.addAction("Show in folder").triggered.connect(lambda: self.folder_wanted.emit(medium))
        if index.data(Role.PROBLEM):
            menu.addAction("Find missing media…").triggered.connect(self.relink_wanted)
        menu.addSeparator()
        menu.addAction("Remove from the project…").triggered.connect(lambda: self.remove_wanted.emit(medium))
        return menu


class _MissingLine(QFrame):
    """Says how many media are missing and offers to find them."""

    def __init__(self) -> None:
        super().__init__()
        self._text = QLabel(wordWrap=True)
        self._text.setProperty("role", "bad")
        self.button = named(QPushButton("Find…"), "media.find")
        self.button.setToolTip("Choose a folder; all missing media are looked for in it and below.")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 8, 6)
        row.addWidget(self._text, 1)
        row.addWidget(self.button)
        self.hide()

    def set_count(self, count: int) -> None:
        self._text.setText("One medium is missing" if count == 1 else f"{count:,} media are missing")
        self.setVisible(count > 0)


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
