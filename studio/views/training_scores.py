"""Held-out scores of a head: one number to read from afar, how it was measured, and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.state.session import ActiveHead, Taught

COLUMNS = ("", "on", "precision", "recall", "F1")
NUMBERS = ("precision", "recall", "f1")
PARTS = {"dense": "boxes", "crop": "crops"}  # what each part of a head is judged on
HELD_OUT = "F1 on held-out two-second blocks"
VALIDATED = "mean F1 of the labels in validation"
TOO_SHORT = "no score: too short to hold anything out honestly; label stretches of four seconds or more"
UNVALIDATED = "no score: no crops for validation"
AS_IT_IS = "no score: its classes are the network's own, not the project's labels"
UNTRAINED = "not fitted yet"
SMALL_CHANGE = 0.005  # of an F1 that is shown with two digits


class ScoresView(QWidget):
    """What is known of how good the active head is."""

    def __init__(self) -> None:
        super().__init__()
        self._number = QLabel()
        self._number.setObjectName("training.f1")
        self._number.setProperty("role", "number")
        self._measured = QLabel(UNTRAINED, wordWrap=True)
        self._measured.setObjectName("training.measured")
        self._measured.setProperty("role", "dim")
        self._change = ChangeLine()
        self.show_examples = self._change.show_examples
        self.table = ScoreTable()
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._number)
        top.addWidget(self._measured, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._change)
        column.addWidget(self.table)

    def set_head(self, head: ActiveHead | None) -> None:
        """Show the scores of `head`."""
        scores = head.scores if head else {}
        self._number.setVisible(head is not None and head.f1 is not None)
        if head is None or head.f1 is None:
            self._measured.setText(_why_no_score(head))
        else:
            self._number.setText(f"{head.f1:.2f}")
            self._measured.setText(_measured_on(scores))
        self.table.set_scores(scores)

    def set_taught(self, taught: Taught | None) -> None:
        """Show what the newest corrections changed."""
        self._change.set_taught(taught)


class ChangeLine(QWidget):
    """One line with an arrow: how the score moved, and by which examples."""

    def __init__(self) -> None:
        super().__init__()
        self._arrow = QLabel()
        self._text = QLabel(wordWrap=True)
        self._text.setObjectName("training.change")
        self.show_examples = QToolButton()
        self.show_examples.setText("Show")
        self.show_examples.setToolTip("Select what the last fit learned from anew")
        self.show_examples.setObjectName("training.show")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._arrow)
        row.addWidget(self._text, 1)
        row.addWidget(self.show_examples)
        self.hide()

    def set_taught(self, taught: Taught | None) -> None:
        self.setVisible(taught is not None)
        if taught is None:
            return
        self._text.setText(change_text(taught))
        self.show_examples.setVisible(bool(taught.added))
        moved = (taught.after or 0) - (taught.before or 0) if None not in (taught.before, taught.after) else 0
        arrow, role = ("▲", "good") if moved >= SMALL_CHANGE else ("▼", "bad") if moved <= -SMALL_CHANGE else ("", "")
        self._arrow.setVisible(bool(arrow))
        self._arrow.setText(arrow)
        self._arrow.setProperty("role", role)
        self._arrow.style().polish(self._arrow)


def change_text(taught: Taught) -> str:
    """ "F1 0.94 → 0.96 · +1 positive, +2 negatives"."""
    if taught.measuring:
        return f"{taught.examples} · learned at once; measuring the score…"
    if taught.before is None or taught.after is None:
        return taught.examples
    return f"F1 {taught.before:.2f} → {taught.after:.2f} · {taught.examples}"


class ScoreTable(QTableWidget):
    """A row for each label and part of the head, as high as its rows."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setObjectName("training.scores")
        self.setHorizontalHeaderLabels(COLUMNS)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        for column in range(len(COLUMNS)):
            side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
            item = self.horizontalHeaderItem(column)
            if item is not None:
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def set_scores(self, scores: Mapping[str, Mapping[str, Any]]) -> None:
        """Scores by label, then by part: precision, recall and f1 in 0…1; a part without scores is left out."""
        rows = [(label, part, parts[part]) for label, parts in scores.items() for part in PARTS if parts.get(part)]
        self.setRowCount(len(rows))
        for row, (label, part, values) in enumerate(rows):
            name = QTableWidgetItem(label)
            on = f"{values['crops']:,} crops" if "crops" in values else f"{values.get('frames', 0):,} held-out frames"
            name.setToolTip(f"{label}: {PARTS[part]} on {on}")
            self.setItem(row, 0, name)
            self.setItem(row, 1, QTableWidgetItem(PARTS[part]))
            for column, key in enumerate(NUMBERS, 2):
                cell = QTableWidgetItem(f"{values[key]:.2f}")
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, cell)
        self.setVisible(bool(rows))
        self.resizeRowsToContents()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        height = self.horizontalHeader().sizeHint().height() + sum(map(self.rowHeight, range(self.rowCount())))
        return QSize(super().sizeHint().width(), height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.resizeRowsToContents()
            self.updateGeometry()


def _why_no_score(head: ActiveHead | None) -> str:
    if head is None:
        return UNTRAINED
    if head.recipe == "as-is":
        return AS_IT_IS
    if not head.positives:  # of a recipe
        return UNVALIDATED
    return TOO_SHORT if head.scores else ""


def _measured_on(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """What the head's F1 was measured on: frames of a fit, or crops for validation of a training."""
    best = [parts.get("dense") or parts.get("crop") for parts in scores.values()]
    crops, frames = (sum(int(part.get(unit, 0)) for part in best if part) for unit in ("crops", "frames"))
    if crops:
        return f"{VALIDATED}, {crops:,} crops"
    return f"{HELD_OUT}, {frames:,} frames" if frames else HELD_OUT
