"""The large preview: the selected crop in its frame and what is known of it; of several, how many of what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from studio.core.project import LabelRow
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.gallery.menu import LabelMenu
from studio.views.gallery.preview_picture import PreviewPicture
from studio.views.gallery.squares import SIDE, square
from studio.views.icons import icon
from studio.views.named import named
from studio.views.scroll import scrolling

_EMPTY = (
    "Nothing is selected",
    "Select a crop: it is shown here in its frame, with all that is known of it. Arrows go on to the next.",
)


class Fact(NamedTuple):
    """A line about the selection.

    Attributes:
        name: what it is about.
        value: what is so.
        tip: what a number means.
    """

    name: str
    value: str
    tip: str = ""


class PreviewView(QWidget):
    """The part.

    Attributes:
        picture: of one crop.
        open_wanted, remove_wanted: emitted when the user wants to see the crop in its frame, or wants it gone.
        label_wanted: emitted with the `LabelRow` that the selection is to get.
        looked_at_changed: emitted with whether the part can be seen.
    """

    open_wanted = Signal()
    remove_wanted = Signal()
    label_wanted = Signal(object)
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.picture = PreviewPicture()
        self.title = ElidedLabel()
        self._swatch = QLabel()
        self._facts = QGridLayout()
        self._buttons = QHBoxLayout()
        self.open = self._button("open", "mdi6.filmstrip", "Go to its frame (Enter)")
        self.relabel = self._button("relabel", "mdi6.tag-outline", "Relabel")
        self.relabel.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.remove = self._button("remove", "mdi6.close-thick", "Remove (X)")
        self.open.clicked.connect(lambda: self.open_wanted.emit())
        self.remove.clicked.connect(lambda: self.remove_wanted.emit())
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.image-outline", *_EMPTY))
        self._stack.addWidget(scrolling(self._compose()))

    def set_actions(self, *actions: QAction) -> None:
        """What else can be done, as buttons."""
        for place, action in enumerate(actions):
            button = named(QToolButton(), f"preview.{action.objectName().removeprefix('gallery.')}")
            button.setAutoRaise(True)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._buttons.insertWidget(1 + place, button)

    def set_labels(self, labels: Iterable[LabelRow]) -> None:
        """What the selection can become."""
        old, menu = self.relabel.menu(), LabelMenu("Relabel", labels, self.relabel)
        menu.chosen.connect(self.label_wanted)
        self.relabel.setMenu(menu)
        if old is not None:
            old.deleteLater()

    def set_crop(self, title: str, color: str, facts: Sequence[Fact]) -> None:
        """One crop is selected; its label is the title."""
        self._swatch.setPixmap(square(color).pixmap(QSize(SIDE, SIDE)))
        self._swatch.setVisible(True)
        self.picture.set_color(color)
        self.picture.setVisible(True)
        self._show(title, facts)

    def set_summary(self, title: str, facts: Sequence[Fact]) -> None:
        """Several crops are selected."""
        self._swatch.setVisible(False)
        self.picture.setVisible(False)
        self._show(title, facts)

    def clear(self) -> None:
        """Nothing is selected."""
        self._stack.setCurrentIndex(0)

    def set_looked_at(self, looked_at: bool) -> None:
        self.looked_at_changed.emit(looked_at)

    def minimumSizeHint(self) -> QSize:
        return QSize(22 * self.fontMetrics().averageCharWidth(), 6 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(44 * self.fontMetrics().averageCharWidth(), 30 * self.fontMetrics().height())

    def _compose(self) -> QWidget:
        column, widget = QVBoxLayout(), QWidget()
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.picture)
        line = QHBoxLayout()
        line.setSpacing(4)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        line.addWidget(self._swatch)
        line.addWidget(self.title, 1)
        column.addLayout(line)
        self._buttons.setSpacing(2)
        for button in (self.open, self.relabel, self.remove):
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        column.addLayout(self._buttons)
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(1, 1)
        column.addLayout(self._facts)
        column.addStretch(1)
        widget.setLayout(column)
        return widget

    def _button(self, name: str, picture: str, tip: str) -> QToolButton:
        button = named(QToolButton(), f"preview.{name}")
        button.setAutoRaise(True)
        button.setIcon(icon(picture))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _show(self, title: str, facts: Sequence[Fact]) -> None:
        self.title.setText(title)
        for row, fact in enumerate(facts):
            name, value = self._line(row)
            name.setText(fact.name)
            value.setText(fact.value)
            for each in (name, value):
                each.setVisible(True)
            name.setToolTip(fact.tip)
        for row in range(len(facts), self._facts.rowCount()):
            for column in (0, 1):
                if (item := self._facts.itemAtPosition(row, column)) is not None and (old := item.widget()) is not None:
                    old.setVisible(False)
        self._stack.setCurrentIndex(1)

    def _line(self, row: int) -> tuple[QLabel, ElidedLabel]:
        """The two texts of a line; made once, for the arrows change them many times a second."""
        item = self._facts.itemAtPosition(row, 0)
        if item is None:
            name, value = QLabel(), ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
            name.setProperty("role", "dim")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            self._facts.addWidget(name, row, 0)
            self._facts.addWidget(value, row, 1)
        found = [self._facts.itemAtPosition(row, column) for column in (0, 1)]
        widgets = [item.widget() for item in found if item is not None]
        assert isinstance(widgets[0], QLabel) and isinstance(widgets[1], ElidedLabel)
        return widgets[0], widgets[1]
