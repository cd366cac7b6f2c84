"""Colours and the places of window and docks: chosen in the View menu, remembered, followed when the system changes."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QByteArray, QObject, QSettings
from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QApplication

from studio.controllers.program import Program
from studio.core.errors import StudioError
from studio.core.paths import user_data
from studio.core.settings import checked
from studio.views.actions import Actions
from studio.views.layouts import LAYOUTS
from studio.views.theme import SCHEMES, apply_theme


class Appearance(QObject):
    """The places go into `window.ini` in the user's folder; the colours are a setting."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program, self._window = program, program.window
        self._kept = QSettings(str(user_data() / "window.ini"), QSettings.Format.IniFormat)
        self._shown = program.settings.theme
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        program.opened.connect(self._restore_docks)
        program.closing.connect(self._keep_docks)
        program.settings_changed.connect(self._follow_settings)
        geometry = self._kept.value("geometry")
        if isinstance(geometry, QByteArray):
            self._window.restoreGeometry(geometry)

    def connect_actions(self, actions: Actions) -> None:
        themes = QActionGroup(actions)
        for choice in SCHEMES:
            action = actions[f"view.theme_{choice}"]
            themes.addAction(action)
            action.setChecked(choice == self._program.settings.theme)
            action.triggered.connect(partial(self._choose_theme, choice))
        for name in LAYOUTS:
            action = actions["view.layout_reset" if name == "default" else f"view.layout_{name}"]
            action.triggered.connect(partial(self._arrange, name))

    def close(self) -> None:
        self._kept.setValue("geometry", self._window.saveGeometry())
        self._kept.sync()
        QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._follow_system)

    def _arrange(self, name: str, _: bool = False) -> None:
        self._window.arrange(name)

    def _restore_docks(self) -> None:
        docks = self._kept.value("docks")
        if not (isinstance(docks, QByteArray) and self._window.restore(docks)):
            self._window.arrange("default")

    def _keep_docks(self) -> None:
        self._kept.setValue("docks", self._window.arrangement())

    def _choose_theme(self, choice: str, _: bool = False) -> None:
        try:
            self._program.change_settings(checked(self._program.settings, {"theme": choice}))
        except StudioError as error:
            self._program.board.problem(error)

    def _follow_settings(self) -> None:
        choice = self._program.settings.theme
        if choice != self._shown:
            self._shown = choice
            self._window.actions_by_id[f"view.theme_{choice}"].setChecked(True)
            _apply(choice)

    def _follow_system(self) -> None:
        if self._shown == "system":
            _apply(self._shown)


def _apply(choice: str) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_theme(application, choice)
