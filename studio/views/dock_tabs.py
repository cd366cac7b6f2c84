"""Docks that are tabs: their tab is their title, so no bar with the same word stands below it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar, QWidget


class DockTabs(QObject):
    """Takes the title bars of tabbed docks away; a tab's menu floats or closes its dock, a double click floats it."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks: list[QDockWidget] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)  # one look after all that an arrangement moves
        self._soon.timeout.connect(self.refresh)

    def watch(self, dock: QDockWidget) -> None:
        """Let `dock` have a title bar only where it is no tab."""
        self._docks.append(dock)
        for signal in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
            signal.connect(self._look_soon)

    def forget(self) -> None:
        """All docks are taken away."""
        for dock in self._docks:
            for signal in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
                signal.disconnect(self._look_soon)
        self._docks.clear()
        self._soon.stop()

    def _look_soon(self, _: object) -> None:
        self._soon.start()

    def refresh(self) -> None:
        """Give and take title bars."""
        for dock in self._docks:
            beside = [each for each in self._window.tabifiedDockWidgets(dock) if not each.isHidden()]
            _set_bare(dock, bool(beside) and not dock.isFloating())
        for tabs in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if tabs.objectName() != "dock.tabs":
                tabs.setObjectName("dock.tabs")
                tabs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                tabs.customContextMenuRequested.connect(self._show_menu)
                tabs.tabBarDoubleClicked.connect(self._float)

    def _show_menu(self, place: QPoint) -> None:
        tabs = self.sender()
        assert isinstance(tabs, QTabBar)
        if dock := self._dock(tabs, tabs.tabAt(place)):
            self.menu_for(dock).popup(tabs.mapToGlobal(place))

    def menu_for(self, dock: QDockWidget) -> QMenu:
        """What can be done with a tab; deletes itself."""
        menu = QMenu(self._window)
        menu.setObjectName("dock.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Float {dock.windowTitle()}").triggered.connect(lambda: _float(dock))
        menu.addAction(f"Close {dock.windowTitle()}").triggered.connect(dock.close)
        return menu

    def _float(self, place: int) -> None:
        tabs = self.sender()
        assert isinstance(tabs, QTabBar)
        if dock := self._dock(tabs, place):
            _float(dock)

    def _dock(self, tabs: QTabBar, place: int) -> QDockWidget | None:
        return next((dock for dock in self._docks if place >= 0 and dock.windowTitle() == tabs.tabText(place)), None)


def _float(dock: QDockWidget) -> None:
    dock.raise_()  # one behind others stands outside of the window, and would float there
    dock.setFloating(True)


def _set_bare(dock: QDockWidget, bare: bool) -> None:
    own: QWidget | None = dock.titleBarWidget()
    if bare and own is None:
        dock.setTitleBarWidget(_NoTitle())
    elif not bare and own is not None:
        dock.setTitleBarWidget(None)  # type: ignore[arg-type]  # Qt's own again
        own.deleteLater()


class _NoTitle(QWidget):
    """A title bar without height."""
