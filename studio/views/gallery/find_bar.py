"""Above the grid: which crops are shown, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from studio.core.project import LabelRow
from studio.core.project.region_table import ORDERS
from studio.views.icons import icon
from studio.views.named import named

_ORDER_TEXTS = dict(zip(ORDERS, ("by frame", "newest first", "surest first", "least sure first"), strict=True))


class FindBar(QWidget):
    """A label to filter by, and an order.

    Attributes:
        filter_wanted: emitted with the id of the label to be shown, None for all.
        order_wanted: emitted with one of `ORDERS`.
        follow_wanted: emitted with whether the filter follows the label chosen in the labels dock.
    """

    filter_wanted = Signal(object)
    order_wanted = Signal(str)
    follow_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.labels = named(QComboBox(), "gallery.label")
        self.orders = named(QComboBox(), "gallery.order")
        self.follow = named(QToolButton(), "gallery.follow")
        self.labels.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.labels.setMinimumContentsLength(10)
        self.labels.activated.connect(lambda at: self.filter_wanted.emit(self.labels.itemData(at)))
        for order, text in _ORDER_TEXTS.items():
            self.orders.addItem(text, order)
        self.orders.activated.connect(lambda at: self.order_wanted.emit(self.orders.itemData(at)))
        self.follow.setCheckable(True)
        self.follow.setIcon(icon("mdi6.link-variant"))
        self.follow.setToolTip("Show the label that is chosen in Labels")
        self.follow.toggled.connect(self.follow_wanted)
        bar = QHBoxLayout(self)
        bar.setContentsMargins(8, 6, 8, 0)
        for widget in (self.labels, self.follow, self.orders):
            bar.addWidget(widget)
        bar.addStretch(1)

    def set_labels(self, labels: Iterable[LabelRow], chosen: int | None) -> None:
        """The lines of the filter; `chosen` is the one shown, None for all."""
        with QSignalBlocker(self.labels):
            self.labels.clear()
            self.labels.addItem(icon("mdi6.tag-multiple-outline"), "All labels", None)
            for row in labels:
                self.labels.addItem(_square(row.color), row.name, row.id)
            self.labels.setCurrentIndex(max(self.labels.findData(chosen), 0))


def _square(color: str) -> QIcon:
    side = 16
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(3, 3, side - 6, side - 6, 3, 3)
    painter.end()
    return QIcon(pixmap)
