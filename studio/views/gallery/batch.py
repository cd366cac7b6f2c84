"""Augmentation: a batch as a recipe sees it, each crop beside what became of it, and how much is varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.gallery.batch_pairs import Pair, PairGrid
from studio.views.icons import icon
from studio.views.named import named
from studio.views.scroll import scrolling

EMPTY = (
    "What a training sees",
    "Crops are varied while a network is trained: mirrored, turned, brighter or darker. Label something first, then "
    "see here what that makes of your crops.",
)
MOST_SEED = 9999


class NumberField(Protocol):
    """What a slider is made from."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def says(self) -> str: ...
    @property
    def most(self) -> float: ...
    @property
    def default(self) -> float: ...


class BatchView(QWidget):
    """The part.

    Attributes:
        pairs: crops and what became of them.
        changed: emitted when the user changed a number or the seed.
        looked_at_changed: emitted with whether the part can be seen.
    """

    changed = Signal()
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, _Slider] = {}
        self._title = named(ElidedLabel(), "batch.title")
        self._title.setProperty("role", "dim")
        self._seed = named(QSpinBox(), "batch.seed")
        self._seed.setRange(0, MOST_SEED)
        self._seed.setPrefix("seed ")
        self._seed.setFixedWidth(self._seed.fontMetrics().horizontalAdvance("seed 9999") + 40)
        self._seed.setToolTip("Another seed is another batch, as in another epoch")
        self._again = named(QToolButton(), "batch.again")
        self._again.setIcon(icon("mdi6.dice-5-outline"))
        self._again.setToolTip("The next seed")
        self._problem = named(QLabel(wordWrap=True), "batch.problem")
        self._problem.setProperty("role", "bad")
        self._problem.hide()
        self._off = named(QPushButton("Off"), "batch.off")
        self._off.setToolTip("Crops stay as they are")
        self._usual = named(QPushButton("Usual"), "batch.usual")
        self._usual.setToolTip("What the program comes with")
        self.pairs = PairGrid()
        self._form = QGridLayout()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.image-filter-black-white", *EMPTY))
        self._stack.addWidget(self._compose())
        self._seed.valueChanged.connect(self._tell)
        self._again.clicked.connect(lambda: self._seed.setValue((self._seed.value() + 1) % (MOST_SEED + 1)))
        self._off.clicked.connect(lambda: self._set_all(dict.fromkeys(self._fields, 0.0)))
        self._usual.clicked.connect(lambda: self._set_all({n: each.field.default for n, each in self._fields.items()}))

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the part can be seen."""
        self.looked_at_changed.emit(looked_at)

    @property
    def seed(self) -> int:
        return self._seed.value()

    @property
    def numbers(self) -> dict[str, float]:
        """What the sliders say, by field."""
        return {name: each.value for name, each in self._fields.items()}

    def set_fields(self, fields: Sequence[NumberField], numbers: dict[str, float]) -> None:
        """Make a slider for each field, at these numbers."""
        for row, field in enumerate(fields):
            slider = _Slider(field)
            slider.slider.valueChanged.connect(self._tell)
            self._fields[field.name] = slider
            for column, widget in enumerate((slider.title, slider.slider, slider.text)):
                self._form.addWidget(widget, row, column)
        self.set_numbers(numbers)

    def set_numbers(self, numbers: dict[str, float]) -> None:
        """Show these, without a word to others."""
        for name, each in self._fields.items():
            each.slider.blockSignals(True)
            each.set_value(numbers.get(name, each.field.default))
            each.slider.blockSignals(False)

    def set_pairs(self, title: str, pairs: Sequence[Pair]) -> None:
        """Show what became of some crops; without a title there is nothing to show."""
        self._title.setText(title)
        self.pairs.set_pairs(pairs)
        self._stack.setCurrentIndex(1 if title else 0)

    def set_problem(self, sentence: str) -> None:
        """Say what is wrong; "" for nothing."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def _set_all(self, numbers: dict[str, float]) -> None:
        self.set_numbers(numbers)
        self._tell()

    def _tell(self, _: object = None) -> None:
        self.changed.emit()

    def _compose(self) -> QWidget:
        above, below = QWidget(), QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(10, 6, 10, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._seed)
        head.addWidget(self._again)
        upper = QVBoxLayout(above)
        upper.setContentsMargins(0, 0, 0, 0)
        upper.addLayout(head)
        upper.addWidget(scrolling(self.pairs), 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._off)
        buttons.addWidget(self._usual)
        self._form.setHorizontalSpacing(8)
        self._form.setVerticalSpacing(2)
        self._form.setColumnStretch(1, 1)
        lower = QVBoxLayout(below)
        lower.setContentsMargins(10, 6, 10, 8)
        lower.addWidget(self._problem)
        lower.addLayout(self._form)
        lower.addLayout(buttons)
        lower.addStretch(1)
        splitter = named(QSplitter(Qt.Orientation.Vertical), "batch.splitter")
        splitter.addWidget(above)
        splitter.addWidget(scrolling(below))
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([400, 320])
        return splitter


class _Slider:
    """A number of the form: its title, a slider and what it says now."""

    def __init__(self, field: NumberField) -> None:
        self.field = field
        self.title = QLabel(field.title)
        self.slider = named(QSlider(Qt.Orientation.Horizontal), f"batch.{field.name}")
        self._unit = 1.0 if field.most > 1 else 0.01  # degrees, percents
        steps = round(field.most / self._unit)
        self.slider.setRange(0, steps)
        self.slider.setPageStep(max(steps // 10, 1))
        self.slider.setToolTip(f"{field.title}: {field.says}")
        self.slider.setAccessibleName(field.title)
        self.title.setToolTip(self.slider.toolTip())
        self.text = QLabel()
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.text.setMinimumWidth(self.text.fontMetrics().horizontalAdvance("100 %"))
        self.slider.valueChanged.connect(self._show)
        self._show()

    @property
    def value(self) -> float:
        return round(self.slider.value() * self._unit, 6)

    def set_value(self, value: float) -> None:
        self.slider.setValue(round(value / self._unit))
        self._show()

    def _show(self, _: object = None) -> None:
        number = self.slider.value()
        self.text.setText("off" if not number else f"{number}°" if self._unit == 1 else f"{number} %")
