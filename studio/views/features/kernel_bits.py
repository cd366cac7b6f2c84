"""Small parts of the kernel bench's fields."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from studio.views.elided import ElidedCombo
from studio.views.icons import icon
from studio.views.named import named

MOST = 1e6


def form(fields: Sequence[tuple[str, QWidget]], columns: int = 1) -> QGridLayout:
    """Dim titles, and a field beside each; `columns` of them side by side."""
    layout = QGridLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(8)
    layout.setVerticalSpacing(4)
    for number, (title, field) in enumerate(fields):
        label = QLabel(title)
        label.setProperty("role", "dim")
        row, column = divmod(number, columns)
        layout.addWidget(label, row, 2 * column)
        layout.addWidget(field, row, 2 * column + 1)
        layout.setColumnStretch(2 * column + 1, 1)
    return layout


def combo_box(name: str, items: Sequence[tuple[object, str]] = (), letters: int = 4) -> QComboBox:
    """A box of texts with their data, at least `letters` wide; long ones elide."""
    combo = named(ElidedCombo(), name)
    combo.setMinimumContentsLength(letters)
    with QSignalBlocker(combo):
        for data, text in items:
            combo.addItem(text, data)
    return combo


class NumberBox(QDoubleSpinBox):
    """A number of up to six decimals, without the zeros behind it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setRange(-MOST, MOST)
        self.setDecimals(6)
        self.setSingleStep(0.1)
        _let_shrink(self)

    def textFromValue(self, value: float) -> str:
        text, point = super().textFromValue(value), self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def count_box(name: str, least: int, most: int) -> QSpinBox:
    """A whole number."""
    box = named(QSpinBox(), name)
    box.setRange(least, most)
    _let_shrink(box)
    return box


def _let_shrink(box: QAbstractSpinBox) -> None:
    box.setKeyboardTracking(False)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(60)


def tool_button(name: str, icon_name: str, tip: str) -> QToolButton:
    """A small button with an icon."""
    button = named(QToolButton(), name)
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    return button


def row_of(*widgets: QWidget, stretch: QWidget) -> QHBoxLayout:
    """Widgets side by side; one of them takes what room is left."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 1 if widget is stretch else 0)
    return row
