"""The main window: a menu, docks around nothing, a status bar. It composes; panels and controllers do the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from studio.views.actions import Actions

Area = Qt.DockWidgetArea


class MainWindow(QMainWindow):
    """Holds the start page or the docks of an open project.

    Attributes:
        closing: the user wants the window closed; who listens closes the project. The window is hidden by then.
        actions_by_id: every action.
    """

    closing = Signal()

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Repurpose Studio")
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.setDockNestingEnabled(True)
        for corner, area in (
            (Qt.Corner.TopLeftCorner, Area.LeftDockWidgetArea),
            (Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea),
            (Qt.Corner.TopRightCorner, Area.RightDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea),
        ):
            self.setCorner(corner, area)
        self.actions_by_id = Actions(self, keys)
        self.actions_by_id.fill(self.menuBar())
        self.setAcceptDrops(True)
        self.resize(1600, 960)

    def add_dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        """A dock called "dock.NAME" around `widget`; where it goes is the layout's business."""
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock.{name}")
        dock.setWidget(widget)
        self.addDockWidget(Area.RightDockWidgetArea, dock)
        return dock

    def dock(self, name: str) -> QDockWidget:
        found = self.findChild(QDockWidget, f"dock.{name}")
        assert found is not None, name
        return found

    def remove_docks(self) -> None:
        """Take all docks away and delete them with what is in them."""
        for dock in self.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            self.removeDockWidget(dock)
            dock.setParent(None)
            dock.deleteLater()

    def arrangement(self) -> QByteArray:
        return self.saveState()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.hide()
        self.closing.emit()
        event.accept()


Arrange = Callable[[MainWindow], None]
