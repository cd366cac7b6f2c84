"""The table of actions as QActions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from studio.state.actions import ACTIONS, ActionSpec
from studio.views.icons import icon

MENUS = ("File", "Edit", "View", "Video", "Label", "Model", "Help")


class Actions(QObject):
    """A QAction for each line of the table, by id; controllers connect to `triggered` and `toggled`.

    Actions with letter keys act where a widget was given to `act_in`; the others act in the whole window.
    """

    def __init__(self, window: QWidget, keys: Mapping[str, tuple[str, ...]]) -> None:
        """`keys` are what the user bound instead of the table's keys, by id."""
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        for spec in ACTIONS:
            action = self._make(spec)
            self._actions[spec.id] = action
            if not spec.single:
                window.addAction(action)
        self.bind(keys)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[tuple[ActionSpec, QAction]]:
        return ((spec, self._actions[spec.id]) for spec in ACTIONS)

    def bind(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Give every action its keys: the user's where there are some, else the table's."""
        for spec, action in self:
            action.setShortcuts([QKeySequence(key) for key in keys.get(spec.id, spec.keys)])
            action.setToolTip(_tip(spec, action))

    def act_in(self, widget: QWidget) -> None:
        """Let the letter keys act where `widget` or a child of it has the focus."""
        for spec, action in self:
            if spec.single:
                widget.addAction(action)

    def with_project(self, there: bool) -> None:
        """Enable what needs an open project, or disable it."""
        for spec, action in self:
            if not spec.always:
                action.setEnabled(there)

    def fill(self, bar: QMenuBar) -> None:
        """Make the menus."""
        for name in MENUS:
            menu = bar.addMenu(f"&{name}")
            menu.setObjectName(f"menu.{name.lower()}")
            previous = ""
            for spec, action in self:
                if spec.menu == name:
                    group = spec.id.split(".")[0]
                    if previous and group != previous:
                        menu.addSeparator()
                    previous = group
                    menu.addAction(action)

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        action.setCheckable(spec.checkable)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        if spec.single:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action


def _tip(spec: ActionSpec, action: QAction) -> str:
    """What the action does, with its first key."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    text = spec.text.removesuffix("…")
    return f"{text} ({keys})" + (f"\n{spec.tip}" if spec.tip else "") if keys else spec.tip or text
