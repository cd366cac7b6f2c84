"""The main window: a menu, a start page or docks, a status bar. It composes; panels and controllers do the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabWidget, QWidget

from studio.views.actions import Actions
from studio.views.dock_tabs import DockTabs
from studio.views.layouts import LEFT, PREFIX, arrange, docks_of
from studio.views.start import StartView
from studio.views.status import StatusView

STATE_VERSION = 1  # of what `arrangement` returns


class MainWindow(QMainWindow):
    """Shows the start page, or the docks of an open project.

    Attributes:
        closing: the user wants the window closed; who listens closes the project. The window is hidden by then.
        dropped: files or folders were dropped on the window, a list of paths.
        painted: it was seen for the first time.
        actions_by_id: every action; new ones after `renew_actions`.
        start, status: the start page and the status bar.
    """

    closing = Signal()
    dropped = Signal(object)
    painted = Signal()

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Repurpose Studio")
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._tabs = DockTabs(self)
        self._was_painted = False
        self._panels = QMenu("Panels", self)
        self._panels.setObjectName("menu.panels")
        self.start = StartView()
        self.setCentralWidget(self.start)
        self.status = StatusView()
        self.setStatusBar(self.status)
        self.setAcceptDrops(True)
        self.resize(QSize(1600, 960).boundedTo(self.screen().availableSize()))
        self.actions_by_id = Actions(self, keys)
        self._show_actions()

    def renew_actions(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Make all actions anew: whatever a closed project had connected to the old ones goes with them."""
        self.actions_by_id.deleteLater()
        for action in self.actions():
            self.removeAction(action)
        self.actions_by_id = Actions(self, keys)
        self._show_actions()

    def _show_actions(self) -> None:
        bar = self.menuBar()
        for menu in bar.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
            menu.setParent(None)
            menu.deleteLater()
        bar.clear()
        self.actions_by_id.fill(bar)
        view = bar.findChild(QMenu, "menu.view")
        assert view is not None
        view.insertMenu(self.actions_by_id["view.layout_label"], self._panels)
        view.insertSeparator(self.actions_by_id["view.layout_label"])
        self._panels.menuAction().setVisible(False)
        self.start.set_actions(self.actions_by_id)

    # Docks -----------------------------------------------------------------------------------------------------------

    def add_dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        """A dock called "dock.NAME" around `widget`; where it goes is the layout's business."""
        dock = QDockWidget(title, self)
        dock.setObjectName(PREFIX + name)
        dock.setWidget(widget)
        self.addDockWidget(LEFT, dock)
        self._tabs.watch(dock)
        toggle = dock.toggleViewAction()
        toggle.setObjectName(f"view.dock_{name}")
        toggle.triggered.connect(lambda shown: dock.raise_() if shown else None)  # not behind other tabs
        self._panels.addAction(toggle)
        self._panels.menuAction().setVisible(True)
        return dock

    def dock(self, name: str) -> QDockWidget:
        return docks_of(self)[name]

    def remove_docks(self) -> None:
        """Take all docks away and delete them with what is in them."""
        self._tabs.forget()
        self._panels.clear()
        self._panels.menuAction().setVisible(False)
        for dock in docks_of(self).values():
            dock.setObjectName("gone")  # it is here until control returns to the event loop
            dock.hide()
            dock.deleteLater()

    def show_start(self, shown: bool) -> None:
        """The start page, or the docks alone."""
        self.start.setVisible(shown)

    def arrange(self, layout: str) -> None:
        """Put the docks where a layout of `studio.views.layouts.LAYOUTS` has them."""
        typed_in = self.focusWidget()  # which loses the keys when its dock is hidden for a moment
        self.setAnimated(False)
        arrange(self, layout)
        self._tabs.refresh()
        self.setAnimated(True)
        if typed_in is not None and typed_in.isVisible():
            typed_in.setFocus(Qt.FocusReason.OtherFocusReason)

    def arrangement(self) -> QByteArray:
        """Where the docks are, for `restore`."""
        return self.saveState(STATE_VERSION)

    def restore(self, arrangement: QByteArray) -> bool:
        """Put the docks where they were; False where that was no arrangement of this version."""
        return self.restoreState(arrangement, STATE_VERSION)

    @property
    def panel_toggles(self) -> list[QAction]:
        return self._panels.actions()

    # What the system tells -------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._was_painted:
            self._was_painted = True
            self.painted.emit()
        return done

    def closeEvent(self, event: QCloseEvent) -> None:
        self.hide()
        self.closing.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _files(event.mimeData()):
            event.acceptProposedAction()
            self.start.set_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.start.set_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.start.set_drop(False)
        event.acceptProposedAction()
        self.dropped.emit(_files(event.mimeData()))


def _files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
