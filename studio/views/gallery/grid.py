"""A grid of equal cells over a list model, whose layout is arithmetic: a million cells cost what a hundred do."""

from __future__ import annotations

import time

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from studio.views.gallery.keys import KeyedView
from studio.views.gallery.layout import GAP, GridLayout
from studio.views.rows import Index

_LONGEST = 0.012  # seconds of one painting while scrolling: a screen full of small cells comes in parts
_SCROLLING = 0.2  # seconds after a step of which it is scrolled
Move = QAbstractItemView.CursorAction
Hint = QAbstractItemView.ScrollHint


class GridView(KeyedView):
    """Cells of one size, left to right, then down.

    Attributes:
        looked_at: other rows came into view, by scrolling, resizing or a change of the model.
        menu_wanted: emitted with the place on the screen where the user asks what can be done with the selection.
    """

    looked_at = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = 96
        self._band: QRect | None = None
        self._pressed = QPoint()
        self._seen = range(0)
        self._scrolled = 0.0  # when, by `time.perf_counter()`
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else its coming changes the columns
        self.viewport().setMouseTracking(True)

    # Layout ----------------------------------------------------------------------------------------------------------

    def cells(self) -> GridLayout:
        """Where the cells lie, the view's scrolling aside."""
        model = self.model()
        return GridLayout(model.rowCount() if model is not None else 0, self.viewport().width(), self._side)

    def set_side(self, side: int) -> None:
        """Make the cells larger or smaller; the first one in view stays there."""
        if side != self._side:
            first = self.visible_rows().start
            self._side = side
            self.updateGeometries()
            self.verticalScrollBar().setValue(self.cells().top(first) - GAP)

    def visible_rows(self) -> range:
        """The rows that are at least partly in view."""
        top = self.verticalOffset()
        return self.cells().rows_between(top, top + self.viewport().height())

    def keep_offset(self, row: int, offset: int) -> None:
        """Scroll so that the cell of `row` begins `offset` pixels below the upper edge."""
        self.verticalScrollBar().setValue(self.cells().top(row) - offset)

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self.cells().rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        cells, place = self.cells(), self._in_grid(point)
        row = cells.nearest(place)
        return self.model().index(row, 0) if row >= 0 and cells.rect(row).contains(place) else QModelIndex()

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        if not index.isValid():
            return
        rect, bar, height = self.visualRect(index), self.verticalScrollBar(), self.viewport().height()
        if hint == Hint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.top() < GAP:
            bar.setValue(bar.value() + rect.top() - GAP)
        elif rect.bottom() > height - GAP:
            bar.setValue(bar.value() + rect.bottom() - height + GAP)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def updateGeometries(self) -> None:
        super().updateGeometries()
        cells, bar, height = self.cells(), self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(cells.height - height, 0))
        bar.setPageStep(max(height - cells.cell, cells.cell))
        bar.setSingleStep(cells.cell // 2)
        self._notice()
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._scrolled = time.perf_counter()
        self.viewport().scroll(dx, dy)
        self._notice()

    def _in_grid(self, point: QPoint) -> QPoint:
        return point + QPoint(0, self.verticalOffset())

    def _notice(self) -> None:
        seen = self.visible_rows()
        if seen != self._seen:
            self._seen = seen
            self.looked_at.emit()

    # Keys and selection ----------------------------------------------------------------------------------------------

    def moveCursor(self, action: Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        cells, now = self.cells(), self.currentIndex().row()
        if not cells.count:
            return QModelIndex()
        if now < 0:
            return self.model().index(self.visible_rows().start, 0)
        page = max(self.viewport().height() // cells.cell, 1) * cells.columns
        steps = {
            Move.MoveLeft: -1, Move.MovePrevious: -1, Move.MoveRight: 1, Move.MoveNext: 1,
            Move.MoveUp: -cells.columns, Move.MoveDown: cells.columns, Move.MovePageUp: -page, Move.MovePageDown: page,
        }  # fmt: skip
        ends = {Move.MoveHome: 0, Move.MoveEnd: cells.count - 1}
        row = ends[action] if action in ends else cells.moved(now, steps[action])
        return self.model().index(row, 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """A drawn rectangle selects the cells in it; two ends (Shift) select all that lies between them in order."""
        cells, chosen = self.cells(), QItemSelection()
        if self.state() == QAbstractItemView.State.DragSelectingState:
            runs = cells.runs_in(rect.normalized().translated(0, self.verticalOffset()))
        else:
            first, last = sorted(cells.nearest(self._in_grid(p)) for p in (rect.topLeft(), rect.bottomRight()))
            runs = [(first, last)] if first >= 0 else []
        for first, last in runs:
            chosen.append(QItemSelectionRange(self.model().index(first, 0), self.model().index(last, 0)))
        self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Where what is selected or no longer so can be seen."""
        seen, region = self.visible_rows(), QRegion()
        for part in selection.toList():
            for row in range(max(part.top(), seen.start), min(part.bottom() + 1, seen.stop)):
                region += self.visualRect(self.model().index(row, 0))
        return region

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._in_grid(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self.state() == QAbstractItemView.State.DragSelectingState:
            start = self._pressed - QPoint(0, self.verticalOffset())
            self._band = QRect(start, event.position().toPoint()).normalized()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._band = None
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Of what is selected; a crop that is not is selected first."""
        index = self.indexAt(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Mouse and not self.selectionModel().isSelected(index):
            self.setCurrentIndex(index)
        if self.selectionModel().hasSelection():
            self.menu_wanted.emit(event.globalPos())

    # Painting --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        selection, delegate, current = self.selectionModel(), self.itemDelegate(), self.currentIndex()
        plain = option.state & ~QStyle.StateFlag.State_Selected
        cells, offset = self.cells(), self.verticalOffset()
        started, region, later = time.perf_counter(), event.region(), QRegion()
        hurried = started - self._scrolled < _SCROLLING
        for row in self.visible_rows():
            option.rect = cells.rect(row).translated(0, -offset)
            if not region.intersects(option.rect):
                continue
            if hurried and time.perf_counter() - started > _LONGEST:
                later += option.rect
                continue
            index = self.model().index(row, 0)
            option.state = plain
            if selection.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if index == current and self.hasFocus():
                option.state |= QStyle.StateFlag.State_HasFocus
            delegate.paint(painter, option, index)
        if self._band is not None:
            color = QColor(self.palette().highlight().color())
            painter.setPen(color)
            color.setAlpha(50)
            painter.fillRect(self._band, color)
            painter.drawRect(self._band)
        painter.end()
        if not later.isEmpty():
            QTimer.singleShot(0, self.viewport(), lambda: self.viewport().update(later))
