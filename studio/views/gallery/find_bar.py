"""Above the grid: which crops are shown, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from studio.core.gallery.completion import Names
from studio.core.gallery.terms import Term, quoted, terms, with_only, with_term, without
from studio.core.project import SearchRow
from studio.views.gallery.adding import AddingMenu
from studio.views.gallery.chips import ChipRow, only_label
from studio.views.gallery.filter_line import FilterLine
from studio.views.gallery.order_button import OrderButton
from studio.views.gallery.searches import SearchesButton
from studio.views.gallery.squares import square
from studio.views.icons import icon
from studio.views.named import named

_WIDE = 64  # average letters of the dock, from which on the order's name is shown


class FindBar(QWidget):
    """The filter line and, the same once more, its chips; labels, saved searches and orders.

    Attributes:
        query_wanted: emitted with the text of the line when the user changed it, by whatever.
        query_entered: the user is done with the line.
        order_wanted: emitted with one of `ORDERS`.
        backwards_wanted: emitted with whether the order should be the other way round than usual.
        follow_wanted: emitted with whether the filter follows the label chosen in the labels dock.
        listed_ended: what is shown instead of what the line finds should go.
        looked_at_changed: emitted with whether the dock can be seen.
        left: the focus belongs to the grid again.
    """

    query_wanted = Signal(str)
    query_entered = Signal()
    order_wanted = Signal(str)
    backwards_wanted = Signal(bool)
    follow_wanted = Signal(bool)
    listed_ended = Signal()
    looked_at_changed = Signal(bool)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery.find")
        self.line = FilterLine()
        self.chips = ChipRow()
        self.labels = _button("gallery.label", "mdi6.tag-multiple-outline", "Show one label")
        self.follow = _button("gallery.follow", "mdi6.link-variant", "Show the label that is chosen in Labels")
        self.searches = SearchesButton()
        self.order = OrderButton()
        self.said = named(QLabel(wordWrap=True), "gallery.said")
        self._adding = AddingMenu(self)
        self._names, self._listed = Names(), ""
        self._problem, self._note = "", ""
        self._prepare_buttons()
        self._lay_out()
        self._connect()
        self._show_chips()
        self._say()

    def _prepare_buttons(self) -> None:
        self.labels.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._label_menu = QMenu(self)
        self.labels.setMenu(self._label_menu)
        for button in (self.labels, self.searches, self.order.button):
            button.setProperty("menu", "plain")
        self.follow.setCheckable(True)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.line, 1)
        row.addSpacing(2)
        for widget in (self.labels, self.follow, self.searches, self.order):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addWidget(self.chips)

    def _connect(self) -> None:
        self.line.typed.connect(self._on_typed)
        self.line.entered.connect(self.query_entered)
        self.line.entered.connect(self.left)
        self.line.left.connect(self.left)
        self.line.adding.triggered.connect(self._show_adding)
        self._adding.term_wanted.connect(lambda term: self._want(with_term(self.line.text(), term)))
        self._adding.begun.connect(self.line.append)
        self.chips.edit_wanted.connect(lambda term: self.line.edit(term.start, term.end))
        self.chips.removed.connect(self._remove)
        self.chips.listed_ended.connect(self.listed_ended)
        self.searches.chosen.connect(self._want)
        self.order.order_wanted.connect(self.order_wanted)
        self.order.backwards_wanted.connect(self.backwards_wanted)
        self.follow.toggled.connect(self.follow_wanted)
        self._label_menu.aboutToShow.connect(self._fill_labels)

    @property
    def query(self) -> str:
        """What stands in the line."""
        return self.line.text()

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_query(self, text: str) -> None:
        """What is asked."""
        self.line.set_query(text)
        self.searches.set_query(text)
        self._show_chips()

    def set_names(self, names: Names) -> None:
        """What labels and media are called, in the order of the menus."""
        if names != self._names:
            self._names = names
            self.line.set_names(names)
            self._adding.set_names(names)
            self._show_chips()

    def set_searches(self, rows: Iterable[SearchRow]) -> None:
        self.searches.set_searches(rows)

    def set_order(self, order: str, backwards: bool) -> None:
        self.order.set_order(order, backwards)

    def set_listed(self, title: str) -> None:
        """Some crops are shown alone, in an order of their own; "" for none."""
        if title != self._listed:
            self._listed = title
            self.order.setEnabled(not title)
            self._show_chips()

    def set_problem(self, sentence: str) -> None:
        """What is wrong with the line; "" for nothing."""
        self._problem = sentence
        self._say()

    def set_note(self, sentence: str) -> None:
        """What is still to come, or missing; "" for nothing."""
        self._note = sentence
        self._say()

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the dock can be seen."""
        self.looked_at_changed.emit(looked_at)

    def focus_line(self) -> None:
        """Bring the dock forward, and let the user type."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QDockWidget):
            above = above.parentWidget()
        if above is not None:
            above.show()
            above.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def show_label(self, name: str) -> None:
        """Ask for one label instead of others; "" for all. As if the user did."""
        self._want(with_only(self.line.text(), "label", f"label:{quoted(name)}" if name else ""))

    def _say(self) -> None:
        sentence = self._problem or self._note
        self.said.setText(sentence[:1].upper() + sentence[1:])
        self.said.setProperty("role", "bad" if self._problem else "dim")
        self.said.style().polish(self.said)
        self.said.setVisible(bool(self.said.text()))

    def _show_chips(self) -> None:
        if self._listed:
            self.chips.show_listed(self._listed)
        else:
            self.chips.show_terms(self.line.text(), self._names.labels)

    # What the user does ----------------------------------------------------------------------------------------------

    def _want(self, text: str) -> None:
        self.set_query(text)
        self.query_wanted.emit(text)

    def _on_typed(self, text: str) -> None:
        self.searches.set_query(text)
        self._show_chips()
        self.query_wanted.emit(text)

    def _remove(self, term: Term) -> None:
        text = self.line.text()
        if term in terms(text):
            self._want(without(text, term))

    def _show_adding(self) -> None:
        self._adding.popup(self.line.mapToGlobal(QPoint(0, self.line.height())))

    def _fill_labels(self) -> None:
        menu, chosen = self._label_menu, only_label(self.line.text())
        menu.clear()
        for name, color in {"": "", **self._names.labels}.items():
            action = named(menu.addAction(name.replace("&", "&&") or "All labels"), f"gallery.label_{name or 'all'}")
            action.setIcon(square(color) if color else icon("mdi6.tag-multiple-outline"))
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.triggered.connect(lambda _, name=name: self.show_label(name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.order.set_wide(self.width() >= _WIDE * self.fontMetrics().averageCharWidth())


def _button(name: str, picture: str, title: str) -> QToolButton:
    button = named(QToolButton(), name)
    button.setIcon(icon(picture))
    button.setToolTip(title)
    button.setAccessibleName(title)
    return button
