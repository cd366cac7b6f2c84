"""How good a run is, to read from afar, and what is to be known of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.judging import Judgement
from studio.views.elided import ElidedLabel
from studio.views.judging.shown import ShownRun
from studio.views.named import named
from studio.views.training_parts import ActionTool


class Headline(QWidget):
    """The number, its interval in words, and the notes."""

    def __init__(self) -> None:
        super().__init__()
        self._title = named(ElidedLabel(), "runs.title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._facts = named(QLabel(wordWrap=True), "runs.facts")
        self._facts.setProperty("role", "dim")
        self._number = named(QLabel(), "runs.accuracy")
        self._number.setProperty("role", "number")
        self._measured = named(QLabel(wordWrap=True), "runs.measured")
        self._problem = named(QLabel(wordWrap=True), "runs.problem")
        self._problem.setProperty("role", "bad")
        self._notes = named(QLabel(wordWrap=True), "runs.notes")
        self._notes.setProperty("role", "doubtful")
        for label in (self._facts, self._measured, self._problem, self._notes):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.resume = named(QPushButton("Go on"), "runs.resume")
        self.resume.setToolTip("Go on with this run from its last checkpoint")
        self.delete = ActionTool("runs.delete")
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self.delete)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._number)
        row.addWidget(self._measured, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self._facts)
        column.addLayout(row)
        column.addWidget(self.resume, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._problem)
        column.addWidget(self._notes)

    def set_run(self, run: ShownRun | None, judgement: Judgement | None) -> None:
        """Show a run by the judgement of one split, if it has one."""
        self._title.setText(run.title if run else "")
        self._facts.setText(run.facts if run else "")
        unjudged = run.unjudged if run else ""
        self._number.setVisible(judgement is not None)
        self._measured.setVisible(judgement is not None or bool(unjudged))
        self._number.setText("" if judgement is None else f"{judgement.accuracy:.2f}")
        self._measured.setText(unjudged if judgement is None else measured(judgement))
        self.resume.setVisible(run is not None and run.resumable)
        problem = run.problem if run else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        notes = [*(run.notes if run else ()), *(judgement.notes if judgement else ())]
        self._notes.setText("\n".join(f"• {note}" for note in notes))
        self._notes.setVisible(bool(notes))


def measured(judgement: Judgement) -> str:
    """ "accuracy (0.86–0.95), 40 crops of 9 tracks; F1 0.88 (0.80–0.94)"."""
    interval = f"({judgement.interval})" if judgement.interval else "(too few tracks for an interval)"
    f1 = f"{judgement.f1:.2f}" + (f" ({judgement.f1_interval})" if judgement.f1_interval else "")
    return f"accuracy {interval}, {judgement.judged_by()}; mean F1 {f1}"
