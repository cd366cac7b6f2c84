"""What a change of the selected crops would do to the score, before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QWidget

from studio.views.named import named
from studio.views.plan_dialog import PlanDialog
from studio.views.theme import Theme, current

MEANING = (
    "Average precision on crops that the change leaves alone, held out by stretches of time; the bar is where the "
    "difference lies in 90 of 100 cases."
)
_WORDS = {1: "better", 0: "no clear difference", -1: "worse"}


@dataclass(frozen=True)
class ShownEffect:
    """What would happen to a label.

    Attributes:
        name, color: of the label.
        before, after: the score, 0…1.
        low, high: of the difference.
        verdict: 1 where it becomes better, −1 worse, 0 where that cannot be told.
    """

    name: str
    color: str
    before: float
    after: float
    low: float
    high: float
    verdict: int

    @property
    def words(self) -> str:
        """ "cup 0.91 → 0.94, better"."""
        return f"{self.name} {self.before:.2f} → {self.after:.2f}, {_WORDS[self.verdict]}"


class EffectTable(QWidget):
    """A line for each label: its name, the score before and after, and where the difference lies."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("what_if.effects")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._effects: tuple[ShownEffect, ...] = ()

    @property
    def effects(self) -> tuple[ShownEffect, ...]:
        return self._effects

    def set_effects(self, effects: Sequence[ShownEffect]) -> None:
        self._effects = tuple(effects)
        self.setAccessibleDescription("; ".join(effect.words for effect in effects))
        self.setToolTip("\n".join(effect.words for effect in effects))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, len(self._effects) * self._line)

    @property
    def _line(self) -> int:
        return round(3.2 * self.fontMetrics().height())

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        reach = max((max(abs(each.low), abs(each.high)) for each in self._effects), default=0.0)
        for row, each in enumerate(self._effects):
            area = QRectF(0, row * self._line, self.width(), self._line)
            self._paint_words(painter, area, each, current())
            self._paint_bar(painter, area, each, max(reach, 0.01), current())
        painter.end()

    def _paint_words(self, painter: QPainter, area: QRectF, each: ShownEffect, theme: Theme) -> None:
        metrics, high = self.fontMetrics(), self.fontMetrics().height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(each.color))
        painter.drawEllipse(QPointF(5, area.top() + high / 2 + 2), 4, 4)
        line = QRectF(16, area.top(), area.width() - 16, high + 4)
        scores = f"{each.before:.2f} → {each.after:.2f}"
        said = f"   {_WORDS[each.verdict]}"
        painter.setPen(QColor((theme.dim, theme.good, theme.bad)[each.verdict]))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
        line.setRight(line.right() - metrics.horizontalAdvance(said))
        painter.setPen(QColor(theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, scores)
        room = int(line.width()) - metrics.horizontalAdvance(scores) - 8
        name = metrics.elidedText(each.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_bar(self, painter: QPainter, area: QRectF, each: ShownEffect, reach: float, theme: Theme) -> None:
        """Zero in the middle; worse to the left, better to the right."""
        metrics = self.fontMetrics()
        edge = metrics.horizontalAdvance(f"−{reach:.2f}") + 8
        left, right = 16 + edge, area.width() - edge
        middle, y = (left + right) / 2, area.top() + metrics.height() * 1.9
        painter.setPen(QColor(theme.dim))
        for text, place, to in (
            (f"−{reach:.2f}", QRectF(16, y - 10, edge, 20), Qt.AlignmentFlag.AlignLeft),
            (f"+{reach:.2f}", QRectF(right, y - 10, edge, 20), Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(place, to | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.drawLine(QPointF(middle, y - 8), QPointF(middle, y + 8))
        scale = (right - left) / 2 / reach
        colour = QColor((theme.dim, theme.good, theme.bad)[each.verdict])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        long = max((each.high - each.low) * scale, 3.0)
        painter.drawRoundedRect(QRectF(middle + each.low * scale, y - 4, long, 8), 3, 3)
        at = QPointF(middle + (each.after - each.before) * scale, y)
        painter.setBrush(QColor(theme.text))
        painter.drawEllipse(at, 3.5, 3.5)


class WhatIfDialog(PlanDialog):
    """Asks whether to do what was chosen, and shows meanwhile what it would do.

    Attributes:
        closed: emitted when the user agreed or not.
    """

    closed = Signal()

    def __init__(self, parent: QWidget, title: str, choices: Sequence[tuple[str, object]]) -> None:
        super().__init__(parent, "what_if", title, "Do it", choices)
        self._effects = EffectTable()
        self._progress = named(QProgressBar(textVisible=False), "what_if.progress")
        self._progress.setRange(0, 1000)
        self._progress.setFixedHeight(4)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing below may jump
        self._progress.setSizePolicy(policy)
        self._note = named(QLabel(wordWrap=True), "what_if.note")
        self._note.setProperty("role", "dim")
        for place, widget in enumerate((self._progress, self._effects, self._note), 2):
            self._column.insertWidget(place, widget)
        self.finished.connect(lambda _: self.closed.emit())
        self._choices.currentTextChanged.connect(self._do.setText)
        self._do.setText(self._choices.currentText())
        self.set_trying(0.0)

    def set_trying(self, fraction: float) -> None:
        """The effect is being measured."""
        self._progress.setVisible(True)
        self._progress.setValue(round(1000 * fraction))
        self._effects.set_effects(())
        self._show("Measuring what it would do…")

    def set_effects(self, effects: Sequence[ShownEffect], untold: Sequence[str]) -> None:
        """Show the effect on labels, and the names of those of which it cannot be told."""
        self._progress.setVisible(False)
        self._effects.set_effects(effects)
        parts = [MEANING] if effects else []
        if untold:
            parts.append(f"Too few other crops of {', '.join(untold)} are left to judge by.")
        self._show(" ".join(parts) or "Nothing that is learned depends on it.")

    def set_no_effect(self, why: str) -> None:
        """It cannot be measured; doing it is still possible."""
        self._progress.setVisible(False)
        self._effects.set_effects(())
        self._show(why)

    def _show(self, note: str) -> None:
        self._note.setText(note)
        self.resize(self.width(), max(self._column.totalHeightForWidth(self.width()), self.height()))
