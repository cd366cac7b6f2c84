"""The grid of crops, with what is shown of them above."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.crop import Crop
from studio.state.crop_list import CropList
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.gallery.cells import CropDelegate
from studio.views.gallery.grid import GridView
from studio.views.gallery.legend import legend_button
from studio.views.named import named

SIDES = (56, 256)  # pixels of a cell, the least and the most
_WIDE = 50  # characters, in which a button has room for its words
_EMPTY = ("No crops yet", "Draw a box on the video and follow it: its crops come here.")
_NOTHING = ("No such crops", "Nothing is found by what stands above.")


class GridPage(QWidget):
    """Crops in a grid; how many, and how large, above.

    Attributes:
        selected: emitted with the frozenset of ids of the regions the user selected.
        opened: emitted with the id of the region whose frame is to be shown.
        wanted: emitted with the crops in view, and those of a screen below and above them: two lists.
    """

    selected = Signal(object)
    opened = Signal(object)
    wanted = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.grid = named(GridView(), "gallery.grid")
        self.count = ElidedLabel()
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "gallery.size")
        self.what_if = named(QToolButton(autoRaise=True), "gallery.what_if_button")
        self.what_if.hide()
        self.pages = QStackedWidget()
        self._anchor: tuple[int, int] | None = None
        self._coming = QTimer(singleShot=True, interval=25)
        self._coming.timeout.connect(self._say_wanted)
        self._compose()
        self.grid.looked_at.connect(self.ask_again)
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

    def set_selection(self, regions: Iterable[int], reveal: bool) -> None:
        """Select the crops of these regions, where they are shown; `reveal`: one alone is scrolled to."""
        model, chosen = self._model, QItemSelection()
        runs = model.runs_of(regions)
        for first, last in runs:  # tens of thousands of them: `index` would ask Python for the rows each time
            top = model.createIndex(first, 0)
            chosen.append(QItemSelectionRange(top, top if first == last else model.createIndex(last, 0)))
        alone = runs[0][0] if len(runs) == 1 and runs[0][0] == runs[0][1] else -1
        selection = self.grid.selectionModel()
        with QSignalBlocker(selection):
            selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if alone >= 0 and self.grid.currentIndex().row() != alone:
                selection.setCurrentIndex(model.index(alone), QItemSelectionModel.SelectionFlag.NoUpdate)
        if alone >= 0 and reveal:
            self.grid.scrollTo(model.index(alone))
        self.grid.viewport().update()
        self._say_count(sum(last - first + 1 for first, last in runs))

    def refresh_pictures(self, crops: Collection[Crop]) -> None:
        """There are new pictures of these."""
        model = self._model
        for row in self.grid.visible_rows():
            if model.crop(row) in crops:
                self.grid.update(model.index(row))

    def ask_again(self) -> None:
        """Say soon which crops are in view; also in the midst of scrolling."""
        if not self._coming.isActive():
            self._coming.start()

    def offer(self, what_if: QAction) -> None:
        """Beside the count of what is selected there is a button for `what_if`."""
        self.what_if.setDefaultAction(what_if)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() > _WIDE * self.fontMetrics().averageCharWidth()
        style = Qt.ToolButtonStyle
        self.what_if.setToolButtonStyle(style.ToolButtonTextBesideIcon if wide else style.ToolButtonIconOnly)

    @property
    def _model(self) -> CropList:
        model = self.grid.model()
        assert isinstance(model, CropList)
        return model

    def _compose(self) -> None:
        self.count.setProperty("role", "dim")
        self.slider.setRange(*SIDES)
        self.slider.setValue(96)
        self.slider.setToolTip("Size of the crops")
        self.slider.valueChanged.connect(self.grid.set_side)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.addWidget(self.count, 1)
        bar.addWidget(self.what_if)
        bar.addWidget(legend_button())
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
        self._say_count(self._chosen())
        self._coming.start()

    def _place_of(self, row: int) -> tuple[int, int]:
        """The region in a row, and how far below the upper edge it begins."""
        return self._model.region(row), self.grid.cells().top(row) - self.grid.verticalOffset()

    def _say_why_empty(self) -> None:
        model = self._model
        if model.crops is not None and len(model.crops):
            self.empty.set_text(*_NOTHING)
        else:
            self.empty.set_text(*_EMPTY if model.crops is not None else ("", ""))
        self.pages.setCurrentIndex(1 if model.rowCount() else 0)

    def _chosen(self) -> int:
        return sum(part.height() for part in self.grid.selectionModel().selection().toList())

    def _say_count(self, chosen: int) -> None:
        shown = self._model.rowCount()
        text = f"{shown:,} crop{'' if shown == 1 else 's'}"
        if chosen:
            text += f", {chosen:,} selected"
        self.count.setText(text)
        self.what_if.setVisible(bool(chosen))

    def _say_wanted(self) -> None:
        model = self._model
        rows = self.grid.visible_rows()
        below = range(rows.stop, min(rows.stop + len(rows), model.rowCount()))
        above = range(max(rows.start - len(rows), 0), rows.start)
        self.wanted.emit(model.crops_in(rows), model.crops_in((*below, *above)))

    def _on_selected(self) -> None:
        parts = self.grid.selectionModel().selection().toList()
        self._say_count(sum(part.height() for part in parts))
        self.selected.emit(self._model.regions((part.top(), part.bottom()) for part in parts))

    def _on_activated(self, index: QModelIndex) -> None:
        self.opened.emit(self._model.region(index.row()))
