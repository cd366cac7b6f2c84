"""The menu of what can be asked, for whoever does not want to type it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from studio.core.gallery.completion import Names
from studio.core.gallery.fields import FIELDS, Field
from studio.core.gallery.measures import KINDS
from studio.core.gallery.terms import quoted
from studio.views.gallery.squares import square

MOST = 30  # lines of a menu of names; more are typed


class AddingMenu(QMenu):
    """Fields, and under them their values.

    Attributes:
        term_wanted: emitted with a whole condition, as "split:val".
        begun: emitted with the beginning of one that the user has to go on with, as "doubt>".
    """

    term_wanted = Signal(str)
    begun = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("gallery.add")
        self.setToolTipsVisible(True)

    def set_names(self, names: Names) -> None:
        """What labels and media are called."""
        self.clear()
        for field in FIELDS.values():
            if field.kind in ("names", "choice"):
                self._add_values(field, names)
        self.addSeparator()
        for field in FIELDS.values():
            if field.kind == "flag":
                more = self.addMenu(field.name.capitalize())
                self._term(more, field.name, field.name)
                self._term(more, f"not {field.name}", f"-{field.name}")
        self.addSeparator()
        numbers = [field for field in FIELDS.values() if field.kind == "number"]
        for field in numbers:
            measured = field.name in KINDS
            title = KINDS[field.name].title if measured else field.name.capitalize()
            self._begin(self, f"{title}…", f"{field.name}{'>' if measured else ':'}", field.says)

    def _add_values(self, field: Field, names: Names) -> None:
        more = self.addMenu(field.name.capitalize())
        if field.kind == "choice":
            for word in field.choices:
                self._term(more, word, f"{field.name}:{word}")
            return
        known = tuple(names.labels) if field.name == "label" else names.media
        for name in known[:MOST]:
            color = names.labels.get(name, "") if field.name == "label" else ""
            self._term(more, name, f"{field.name}:{quoted(name)}", color)
        if len(known) > MOST:
            self._begin(more, f"{len(known) - MOST:,} more…", f"{field.name}:", "Type some letters of the name")
        more.setEnabled(bool(known))

    def _term(self, menu: QMenu, text: str, term: str, color: str = "") -> None:
        self._line(menu, text, lambda: self.term_wanted.emit(term), color)

    def _begin(self, menu: QMenu, text: str, beginning: str, says: str) -> None:
        self._line(menu, text, lambda: self.begun.emit(beginning), "", says)

    def _line(self, menu: QMenu, text: str, do: Callable[[], None], color: str, says: str = "") -> None:
        action = menu.addAction(text.replace("&", "&&"))
        if color:
            action.setIcon(square(color))
        if says:
            action.setToolTip(says)
        action.triggered.connect(lambda: do())
