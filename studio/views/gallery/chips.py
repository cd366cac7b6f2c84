"""What the filter line asks, a chip for each condition."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from studio.core.gallery.terms import Term, said, terms
from studio.views.flow import FlowLayout
from studio.views.gallery.squares import square
from studio.views.icons import icon
from studio.views.named import named

LETTERS = 28  # average letters of a chip at most
LISTED = "listed"


class Chip(QFrame):
    """A text that can be clicked, and a cross.

    Attributes:
        clicked, closed: either was pressed.
    """

    clicked = Signal()
    closed = Signal()

    def __init__(self, name: str, text: str, color: str = "") -> None:
        super().__init__()
        self.setProperty("role", "chip")
        self.text = named(QToolButton(), f"{name}.text")
        metrics = self.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, LETTERS * metrics.averageCharWidth())
        self.text.setText(shown.replace("&", "&&"))
        self.text.setToolTip(text if shown != text else "")
        if color:
            self.text.setIcon(square(color))
            self.text.setIconSize(QSize(12, 12))
            self.text.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.cross = named(QToolButton(), f"{name}.close")
        self.cross.setIcon(icon("mdi6.close"))
        self.cross.setIconSize(QSize(12, 12))
        self.cross.setToolTip("Ask this no more")
        self.cross.setAccessibleName(f"Remove {text}")
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(0)
        for button, signal in ((self.text, self.clicked), (self.cross, self.closed)):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(signal)
            row.addWidget(button)


class ChipRow(QWidget):
    """Wraps where the dock is narrow, and takes no room where nothing is asked.

    Attributes:
        edit_wanted: emitted with the `Term` that was clicked.
        removed: emitted with the `Term` whose cross was clicked.
        listed_ended: the cross of what is shown instead was clicked.
    """

    edit_wanted = Signal(object)
    removed = Signal(object)
    listed_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery.chips")
        self._flow = FlowLayout(self, 4)
        self.chips: list[Chip] = []
        self._shown: object = None

    def show_terms(self, text: str, colors: Mapping[str, str]) -> None:
        """The conditions of a line; `colors` are of labels, by name."""
        if self._shown == (text, dict(colors)):
            return
        self._shown = text, dict(colors)
        self._clear()
        for number, term in enumerate(terms(text)):
            color = colors.get(term.values[0], "") if term.field == "label" and len(term.values) == 1 else ""
            chip = Chip(f"gallery.chip_{number}", said(term), color)
            chip.clicked.connect(lambda term=term: self.edit_wanted.emit(term))
            chip.closed.connect(lambda term=term: self.removed.emit(term))
            self._add(chip)
        self.setVisible(bool(self.chips))

    def show_listed(self, title: str) -> None:
        """Some crops are shown alone, whatever the line asks."""
        self._shown = None
        self._clear()
        chip = Chip(f"gallery.chip_{LISTED}", title)
        chip.setProperty("alone", True)
        chip.cross.setToolTip("Show again what the filter finds")
        chip.closed.connect(self.listed_ended)
        self._add(chip)
        self.show()

    def _add(self, chip: Chip) -> None:
        self.chips.append(chip)
        self._flow.addWidget(chip)

    def _clear(self) -> None:
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []


def only_label(text: str) -> str:
    """The name of the label that a line asks for and no other; "" for none."""
    asked: list[Term] = [term for term in terms(text) if term.field == "label" and not term.negated]
    return asked[0].values[0] if len(asked) == 1 and len(asked[0].values) == 1 else ""
