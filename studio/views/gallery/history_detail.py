"""About one data set: how many crops of each label, what changed since, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.elided import ElidedLabel
from studio.views.icons import icon
from studio.views.named import named
from studio.views.scroll import scrolling
from studio.views.theme import current


class LabelCount(NamedTuple):
    """How many crops of a label there were, and its colour."""

    name: str
    color: str
    crops: int


class ChangeLine(NamedTuple):
    """Crops that changed in one way.

    Attributes:
        key: what it is, as the controller knows it.
        text: "12 added".
        picture: name of an icon.
        inner: it is a part of the line above.
    """

    key: str
    text: str
    picture: str = ""
    inner: bool = False


class DataSetDetail(QWidget):
    """What stands under the list.

    Attributes:
        show_wanted: all crops of the data set should be seen.
        change_wanted: emitted with the key of a line whose crops should be seen.
        restore_wanted: the project should hold again what it held then.
    """

    show_wanted = Signal()
    change_wanted = Signal(str)
    restore_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = named(ElidedLabel(), "data_sets.title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._bars = LabelBars()
        self._note = named(QLabel(wordWrap=True), "data_sets.note")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setProperty("role", "dim")
        self._show = named(QPushButton("Show its crops"), "data_sets.show")
        self._show.clicked.connect(self.show_wanted)
        self._restore = named(QPushButton("Go back to it…"), "data_sets.restore")
        self._restore.setToolTip("The project holds again what it held then: one step, which undo takes back.")
        self._restore.clicked.connect(self.restore_wanted)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 4, 10, 8)
        column.setSpacing(8)
        for widget in (self._title, self._bars, self._show, self._note):
            column.addWidget(widget)
        column.addLayout(self._lines)
        column.addWidget(self._restore)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolling(inside))
        self.set_nothing()

    def set_nothing(self) -> None:
        """No line is chosen."""
        self.set_data_set("", (), known=False)
        self.set_changes("Choose a line to see its crops.", (), False)

    def set_data_set(self, title: str, counts: Sequence[LabelCount], known: bool) -> None:
        """Show what it held; `known`: whether its crops can be shown."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._bars.set_counts(counts)
        self._show.setVisible(known)

    def set_changes(self, note: str, lines: Sequence[ChangeLine], can_restore: bool) -> None:
        """Show what changed since."""
        self._note.setText(note)
        self._note.setVisible(bool(note))
        while (item := self._lines.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.setParent(None)
                old.deleteLater()
        for line in lines:
            self._lines.addWidget(_button(line, self.change_wanted))
        self._restore.setVisible(can_restore)


def _button(line: ChangeLine, wanted: SignalInstance) -> QToolButton:
    button = _LineButton(line.text, line.inner)
    button.setObjectName(f"data_sets.{line.key}")
    if line.picture:
        button.setIcon(icon(line.picture))
    button.setToolTip(f"{line.text}: show them in the grid")
    button.clicked.connect(lambda: wanted.emit(line.key))
    return button


class _LineButton(QToolButton):
    """A line as wide as the panel whose text is shortened."""

    def __init__(self, text: str, inner: bool) -> None:
        super().__init__()
        self._text = text
        self.setAccessibleName(text)
        self.setAutoRaise(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._inner = inner

    def sizeHint(self) -> QSize:
        return QSize(100, round(1.7 * self.fontMetrics().height()))

    def paintEvent(self, _: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text, option.icon = "", QIcon()  # drawn here, so that all lines begin at one edge
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        side = self.fontMetrics().height()
        top = (self.height() - side) // 2
        self.icon().paint(painter, 4, top, side, side)
        icon("mdi6.chevron-right", current().dim).paint(painter, self.width() - side - 2, top, side, side)
        rect = self.rect().adjusted(side + 12 + self._inner * side, 0, -side - 6, 0)
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, rect.width())
        painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class LabelBars(QFrame):
    """A bar for each label, as long as it has crops."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("data_sets.bars")
        self._counts: tuple[LabelCount, ...] = ()

    def set_counts(self, counts: Sequence[LabelCount]) -> None:
        self._counts = tuple(counts)
        self.setFixedHeight(len(counts) * self._line)
        self.setAccessibleDescription(", ".join(f"{each.name} {each.crops:,}" for each in counts))
        self.update()

    @property
    def _line(self) -> int:
        return round(1.5 * self.fontMetrics().height())

    def paintEvent(self, _: QPaintEvent) -> None:
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((each.crops for each in self._counts), default=1)
        widest = max((metrics.horizontalAdvance(each.name) for each in self._counts), default=0)
        names = min(widest + 2, self.width() // 3)
        numbers = max((metrics.horizontalAdvance(f"{each.crops:,}") for each in self._counts), default=0)
        room = max(self.width() - names - numbers - 20, 4)
        for row, each in enumerate(self._counts):
            top, thick = row * self._line, self._line * 0.4
            text = metrics.elidedText(each.name, Qt.TextElideMode.ElideRight, names)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(current().text))
            painter.drawText(QRectF(0, top, names, self._line), middle | Qt.AlignmentFlag.AlignLeft, text)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(each.color))
            long = max(room * each.crops / most, 2.0)
            painter.drawRoundedRect(QRectF(names + 10, top + (self._line - thick) / 2, long, thick), 2, 2)
            painter.setPen(QColor(current().dim))
            place = QRectF(names + 10 + long + 6, top, numbers + 4, self._line)
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, f"{each.crops:,}")
        painter.end()
