"""The gallery dock: crops of all media, by label."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.crop import Crop
from studio.core.project import LabelRow
from studio.core.project.region_table import ORDERS
from studio.state.crop_list import CropList
from studio.views.empty import EmptyState
from studio.views.gallery_cells import CropDelegate
from studio.views.gallery_grid import GridView
from studio.views.icons import icon
from studio.views.named import named

SIDES = (64, 192)  # pixels of a cell, the least and the most
_EMPTY = ("No crops yet", "Draw a box on the video and follow it: its crops come here.")
_ORDER_TEXTS = dict(zip(ORDERS, ("by frame", "newest first", "surest first", "least sure first"), strict=True))


class GalleryView(QWidget):
    """Crops in a grid, with what is shown of them above.

    Attributes:
        filter_wanted: emitted with the id of the label to be shown, None for all.
        order_wanted: emitted with one of `ORDERS`.
        follow_wanted: emitted with whether the filter follows the label chosen in the labels dock.
        selected: emitted with the frozenset of ids of the regions the user selected.
        opened: emitted with the id of the region whose frame is to be shown.
        wanted: emitted with the list of crops in view.
    """

    filter_wanted = Signal(object)
    order_wanted = Signal(str)
    follow_wanted = Signal(bool)
    selected = Signal(object)
    opened = Signal(object)
    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery")
        self.grid = named(GridView(), "gallery.grid")
        self.labels = named(QComboBox(), "gallery.label")
        self.orders = named(QComboBox(), "gallery.order")
        self.follow = named(QToolButton(), "gallery.follow")
        self.count = QLabel()
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "gallery.size")
        self.pages = QStackedWidget()
        self._anchor: tuple[int, int] | None = None
        self._coming = QTimer(singleShot=True, interval=25)
        self._coming.timeout.connect(self._say_wanted)
        self._compose()
        self.grid.looked_at.connect(self._coming.start)
        self.grid.activated.connect(self._on_activated)

    def set_model(self, model: CropList, picture: Callable[[Crop], QPixmap | None]) -> None:
        """Show the crops of `model`; `picture` gives those that are in memory."""
        self.grid.setModel(model)
        self._delegate = CropDelegate(picture)
        self.grid.setItemDelegate(self._delegate)
        model.modelAboutToBeReset.connect(self._keep_anchor)
        model.modelReset.connect(self._on_reset)
        self.grid.selectionModel().selectionChanged.connect(self._on_selected)
        self._on_reset()

    def set_labels(self, labels: Iterable[LabelRow], chosen: int | None) -> None:
        """The lines of the filter; `chosen` is the one shown, None for all."""
        with QSignalBlocker(self.labels):
            self.labels.clear()
            self.labels.addItem(icon("mdi6.tag-multiple-outline"), "All labels", None)
            for row in labels:
                self.labels.addItem(_square(row.color), row.name, row.id)
            self.labels.setCurrentIndex(max(self.labels.findData(chosen), 0))

    def set_selection(self, regions: Iterable[int], reveal: bool) -> None:
        """Select the crops of these regions, where they are shown; `reveal`: one alone is scrolled to."""
        model, chosen = self._model, QItemSelection()
        runs = model.runs_of(regions)
        for first, last in runs:
            chosen.append(QItemSelectionRange(model.index(first), model.index(last)))
        alone = runs[0][0] if len(runs) == 1 and runs[0][0] == runs[0][1] else -1
        selection = self.grid.selectionModel()
        with QSignalBlocker(selection):
            selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if alone >= 0 and self.grid.currentIndex().row() != alone:
                selection.setCurrentIndex(model.index(alone), QItemSelectionModel.SelectionFlag.NoUpdate)
        if alone >= 0 and reveal:
            self.grid.scrollTo(model.index(alone))
        self.grid.viewport().update()
        self._say_count()

    def refresh_pictures(self) -> None:
        """There are new pictures."""
        self.grid.viewport().update()

    def ask_again(self) -> None:
        """Say again which crops are in view."""
        self._coming.start()

    @property
    def _model(self) -> CropList:
        model = self.grid.model()
        assert isinstance(model, CropList)
        return model

    def _compose(self) -> None:
        self.count.setProperty("role", "dim")
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
        self.slider.setRange(*SIDES)
        self.slider.setValue(96)
        self.slider.setToolTip("Size of the crops")
        self.slider.valueChanged.connect(self.grid.set_side)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        for widget in (self.labels, self.follow, self.orders):
            bar.addWidget(widget)
        bar.addSpacing(4)
        bar.addWidget(self.count, 1)
        bar.addWidget(self.slider)
        self.slider.setMaximumWidth(14 * self.fontMetrics().averageCharWidth())
        self.empty = EmptyState("mdi6.view-grid-outline", *_EMPTY)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.pages, 1)

    def _keep_anchor(self) -> None:
        """Remember the first crop in view; at the very top, the top stays in view."""
        rows = self.grid.visible_rows()
        at_top = self.grid.verticalScrollBar().value() == 0
        self._anchor = None if at_top or not rows else self._place_of(rows.start)

    def _on_reset(self) -> None:
        model = self._model
        self.grid.updateGeometries()
        if self._anchor is not None:
            rows = model.rows_of([self._anchor[0]])
            if len(rows):
                self.grid.keep_offset(int(rows[0]), self._anchor[1])
        self._say_why_empty()
        self._say_count()
        self._coming.start()

    def _place_of(self, row: int) -> tuple[int, int]:
        """The region in a row, and how far below the upper edge it begins."""
        return self._model.region(row), self.grid.cells().top(row) - self.grid.verticalOffset()

    def _say_why_empty(self) -> None:
        model = self._model
        if model.table is not None and len(model.table):
            self.empty.set_text(f"No crops of {self.labels.currentText()}", "Choose another label above.")
        else:
            self.empty.set_text(*_EMPTY if model.table is not None else ("", ""))
        self.pages.setCurrentIndex(1 if model.rowCount() else 0)

    def _say_count(self) -> None:
        shown = self._model.rowCount()
        chosen = sum(part.height() for part in self.grid.selectionModel().selection().toList())
        text = f"{shown:,} crop{'' if shown == 1 else 's'}"
        if chosen:
            text += f", {chosen:,} selected"
        self.count.setText(text)

    def _say_wanted(self) -> None:
        model = self._model
        self.wanted.emit([model.shown(row).crop for row in self.grid.visible_rows()])

    def _on_selected(self) -> None:
        parts = self.grid.selectionModel().selection().toList()
        self._say_count()
        self.selected.emit(self._model.regions((part.top(), part.bottom()) for part in parts))

    def _on_activated(self, index: QModelIndex) -> None:
        self.opened.emit(self._model.region(index.row()))


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
