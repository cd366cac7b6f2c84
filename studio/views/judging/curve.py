"""What another threshold of a label would find: the curve, a slider, and a button that sets it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from studio.core.judging import Curve, Judgement
from studio.views.chart import Chart, Line
from studio.views.elided import ElidedCombo
from studio.views.judging.shown import LabelOfProject
from studio.views.named import named

PLOT = 220  # pixels of its height
TO_ONE = (0.0, 1.03)  # both axes: what is at 1 is not cut
STEPS = 100  # of the slider; thresholds have two digits


class CurveView(QWidget):
    """Of one label against all others.

    Attributes:
        threshold_wanted: emitted with the name of a label and the least score of detections of it, 0…1.
        label_chosen: emitted with the index of the label that was chosen here.
    """

    threshold_wanted = Signal(str, float)
    label_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._judgement: Judgement | None = None
        self._labels: Mapping[str, LabelOfProject] = {}
        self._curve: Curve | None = None
        self._plot = named(Chart("recall", "precision"), "runs.curve.plot")
        self._plot.setFixedHeight(PLOT)
        self.label = named(ElidedCombo(), "runs.curve.label")
        self.label.activated.connect(self._on_label)
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "runs.curve.threshold")
        self.slider.setRange(0, STEPS)
        self.slider.valueChanged.connect(self._show)
        self._says = named(QLabel(wordWrap=True), "runs.curve.says")
        self._use = named(QPushButton("Use"), "runs.curve.use")
        self._use.clicked.connect(self._on_use)
        self._best = named(QPushButton("Best F1"), "runs.curve.best")
        self._best.setToolTip("Go to the threshold of the highest F1 on these crops")
        self._best.clicked.connect(self._on_best)
        for button in (self._use, self._best):
            button.setProperty("role", "short")
        self._compose()

    def _compose(self) -> None:
        low = QHBoxLayout()
        low.setSpacing(6)
        low.addWidget(self.slider, 1)
        low.addWidget(self._best)
        low.addWidget(self._use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.label)
        column.addWidget(self._plot)
        column.addLayout(low)
        column.addWidget(self._says)

    def set_judgement(self, judgement: Judgement, labels: Mapping[str, LabelOfProject]) -> None:
        """Show the curves of this one; labels without a crop have none."""
        before = self.label.currentText()
        self._judgement, self._labels = judgement, labels
        self.label.clear()
        for index, each in enumerate(judgement.scores):
            if each.count:
                self.label.addItem(each.label, index)
        self.label.setCurrentIndex(max(self.label.findText(before), 0))
        self._show_label()

    def set_labels(self, labels: Mapping[str, LabelOfProject]) -> None:
        """The project says something else of its labels; the slider stays."""
        self._labels = labels
        self._show()

    def choose(self, label: int) -> None:
        """Show the label of that index, if it has a curve."""
        place = self.label.findData(label)
        if place >= 0 and place != self.label.currentIndex():
            self.label.setCurrentIndex(place)
            self._show_label()

    @property
    def threshold(self) -> float:
        """Of the slider, 0…1."""
        return self.slider.value() / STEPS

    def _on_label(self, _: int) -> None:
        self._show_label()
        self.label_chosen.emit(int(self.label.currentData()))

    def _show_label(self) -> None:
        if self._judgement is None or self.label.currentIndex() < 0:
            return
        self._curve = self._judgement.curve(int(self.label.currentData()))
        recall, precision = self._curve.recall.tolist(), self._curve.precision.tolist()
        points = list(zip([0.0, *recall], [*precision[:1], *precision], strict=True))
        self._plot.set_lines([Line(points, filled=True)], TO_ONE, TO_ONE)
        known = self._labels.get(self.label.currentText())
        self.slider.setValue(round((known.threshold if known else 0.5) * STEPS))
        self._show()

    def _show(self) -> None:
        if self._curve is None:
            return
        name, said = self.label.currentText(), self._curve.at(self.threshold)
        self._plot.set_point((said.recall, said.precision) if said.said else None)  # None: nothing reaches it
        missed = self._curve.positives - said.right
        self._says.setText(
            f"From {self.threshold:.2f} on: precision {said.precision:.2f}, recall {said.recall:.2f}. "
            f"{said.said:,} said, {said.said - said.right:,} of them wrong; {missed:,} of {self._curve.positives:,} "
            "missed."
        )
        known = self._labels.get(name)
        in_use = known is not None and round(known.threshold, 2) == round(self.threshold, 2)
        self._use.setEnabled(known is not None and not in_use)
        self._use.setText("In use" if in_use else "Use")
        self._use.setToolTip(
            f"Show detections of {name} from a score of {self.threshold:.2f} on"
            if known
            else f"{name} is no label of this project"
        )

    def _on_use(self) -> None:
        self.threshold_wanted.emit(self.label.currentText(), self.threshold)

    def _on_best(self) -> None:
        if self._curve is None or not len(self._curve.thresholds):
            return
        scores = [self._curve.at(step / STEPS) for step in range(STEPS + 1)]
        f1 = np.array([2 * each.right / max(each.said + self._curve.positives, 1) for each in scores])
        best = np.flatnonzero(f1 == f1.max())
        self.slider.setValue(int(best[len(best) // 2]))  # far from both ends: a little different crops score alike
