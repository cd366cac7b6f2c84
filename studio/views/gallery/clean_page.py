"""What the sections of the part "Clean" have in common: a sentence, a list, and what can be done with a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.views.gallery.crop_lines import CropLines
from studio.views.gallery.run_bar import RunBar
from studio.views.gallery.short_button import ShortButton
from studio.views.named import named


@dataclass(frozen=True)
class Deed:
    """What can be done with the chosen line: a button, and a key in the list.

    Attributes:
        name: "take"; the button is called "clean.SECTION.take".
        text: of the button.
        key: in the list.
        letter: of the key, for the tip.
        tip: a sentence.
    """

    name: str
    text: str
    key: Qt.Key
    letter: str
    tip: str


class ListPage(QWidget):
    """A section.

    Attributes:
        list: the lines.
        bar: starts what finds them.
        done: emitted with the name of a `Deed` that is wanted for the chosen line.
        show_wanted: all of them should be seen in the grid.
    """

    done = Signal(str)
    show_wanted = Signal()

    def __init__(self, name: str, run: tuple[str, str] | None, deeds: Sequence[Deed], show: str = "") -> None:
        """Make the section called `name`.

        Args:
            name: "clean.labels".
            run: text and tip of the button that starts; None: it starts by itself.
            deeds: what can be done with a line.
            show: text of the button that shows all in the grid; "" for none.
        """
        super().__init__()
        self._deeds = tuple(deeds)
        self.summary = named(QLabel(wordWrap=True), f"{name}.summary")
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = RunBar(name, *(run or ("", "")))
        self.bar.setVisible(run is not None)
        self.list = CropLines(f"{name}.list", {deed.key: deed.name for deed in deeds})
        self.reason = named(QLabel(wordWrap=True), f"{name}.reason")
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setProperty("role", "dim")
        self._buttons = {deed.name: self._button(name, deed) for deed in deeds}
        self._show = named(QPushButton(show), f"{name}.show")
        self._show.clicked.connect(lambda: self.show_wanted.emit())
        self._show.setVisible(bool(show))
        self.list.key_pressed.connect(self._on_key)
        self._compose()
        self.set_chosen("")
        self.set_count(0)

    def set_summary(self, text: str, level: str = "") -> None:
        """What was found; `level` is a role of labels, as "dim" or "good"."""
        self.summary.setText(text)
        self.summary.setVisible(bool(text))
        self.summary.setProperty("role", level)
        self.summary.style().polish(self.summary)

    def set_count(self, count: int) -> None:
        """How many lines there are: without any there is no list."""
        self.list.setVisible(count > 0)
        self._below.setVisible(count > 0)
        self._show.setEnabled(count > 0)

    def set_chosen(self, reason: str, texts: dict[str, str] | None = None) -> None:
        """About the chosen line: why it is there, and what its buttons say; one that says "" cannot be used."""
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        for deed in self._deeds:
            text = deed.text if texts is None else texts.get(deed.name, deed.text)
            button = self._buttons[deed.name]
            button.setText(f"{text or deed.text} ({deed.letter})")
            button.setEnabled(bool(text) and texts is not None)

    def _on_key(self, name: str) -> None:
        if self._buttons[name].isEnabled():
            self.done.emit(name)

    def _button(self, name: str, deed: Deed) -> QPushButton:
        button = named(ShortButton(deed.text), f"{name}.{deed.name}")
        button.setToolTip(f"{deed.tip} ({deed.letter} in the list)")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus in the list, whose keys go on
        button.clicked.connect(lambda: self.done.emit(deed.name))
        return button

    def _compose(self) -> None:
        self._below = QWidget()
        grid = QGridLayout(self._below)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self.reason, 0, 0, 1, 2)
        for number, deed in enumerate(self._deeds):
            alone = number == len(self._deeds) - 1 and number % 2 == 0
            grid.addWidget(self._buttons[deed.name], 1 + number // 2, number % 2, 1, 2 if alone else 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self._show)
        column.addWidget(self.summary)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        column.addWidget(self._below)
        column.addStretch(0)
