"""A column that is higher than its panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolling(column: QWidget) -> QScrollArea:
    """A frameless area in which `column` is as wide as the area and scrolls up and down.

    Its bar is always there. What is as high as its width says (words that wrap, pictures) would be laid out for ever
    where the bar came with the height: the bar changes the width, the width the height, and that may take the bar away.
    """
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    bar = area.verticalScrollBar()
    bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))  # its place is kept, nothing drawn there
    bar.setEnabled(False)
    area.setWidget(column)
    return area
