"""The searches that the user kept."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QToolButton

from studio.core.project import SearchRow
from studio.views.icons import icon
from studio.views.named import named


class SearchesButton(QToolButton):
    """A menu: choose a search, keep what is asked now, rename and delete.

    Attributes:
        chosen: emitted with the text of a search.
        save_wanted: what is asked now should be kept.
        rename_wanted, delete_wanted: emitted with a `SearchRow`.
    """

    chosen = Signal(str)
    save_wanted = Signal()
    rename_wanted = Signal(object)
    delete_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery.searches")
        self.setIcon(icon("mdi6.bookmark-outline"))
        self.setToolTip("Saved searches")
        self.setAccessibleName("Saved searches")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self.rows: tuple[SearchRow, ...] = ()
        self._text = ""
        self._fill()

    def set_searches(self, rows: Iterable[SearchRow]) -> None:
        """What was kept."""
        self.rows = tuple(sorted(rows, key=lambda row: row.name.casefold()))
        self._fill()

    def set_query(self, text: str) -> None:
        """What is asked now."""
        if self._text != text.strip():
            self._text = text.strip()
            self._fill()

    def _fill(self) -> None:
        menu = self._menu
        menu.clear()
        for row in self.rows:
            action = named(menu.addAction(_escaped(row.name)), f"gallery.search_{row.id}")
            action.setCheckable(True)
            action.setChecked(row.text == self._text)
            action.setToolTip(row.text)
            action.triggered.connect(lambda _, text=row.text: self.chosen.emit(text))
        menu.setToolTipsVisible(True)
        menu.addSeparator()
        save = named(menu.addAction(icon("mdi6.bookmark-plus-outline"), "Save this search…"), "gallery.save_search")
        save.setEnabled(bool(self._text))
        save.triggered.connect(lambda: self.save_wanted.emit())
        for title, name, signal in (
            ("Rename", "gallery.rename_search", self.rename_wanted),
            ("Delete", "gallery.delete_search", self.delete_wanted),
        ):
            more = named(menu.addMenu(title), name)
            more.setEnabled(bool(self.rows))
            for row in self.rows:
                more.addAction(_escaped(row.name)).triggered.connect(lambda _, row=row, signal=signal: signal.emit(row))
        self.setIcon(
            icon("mdi6.bookmark" if any(row.text == self._text for row in self.rows) else "mdi6.bookmark-outline")
        )


def _escaped(name: str) -> str:
    """No letter of a name is a key of the menu."""
    return name.replace("&", "&&")
