"""Feature maps: the first filters of the backbone, each on what it answers to the shown frame."""

from __future__ import annotations

import numpy as np
import qimage2ndarray
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QStackedLayout, QToolTip, QVBoxLayout, QWidget

from studio.views.empty import EmptyState

GAP = 6  # pixels between cells
LEAST_CELL = 88  # pixels of a cell's width


class FilterGrid(QWidget):
    """Cells in rows: the map of a filter, and the filter itself in its corner.

    Attributes:
        picked: emitted with the number of a clicked filter.
    """

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("features.grid")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._filters: list[QImage] = []
        self._sheet = QImage()
        self._map_height = 1
        self._peaks: NDArray[np.float32] = np.zeros(0, np.float32)
        self._chosen = -1
        self._aspect = 0.75

    def set_filters(self, pictures: NDArray[np.uint8]) -> None:
        """Filters as uint8 `(n, k, k, 3)`."""
        self._filters = [qimage2ndarray.array2qimage(picture) for picture in pictures]
        self._sheet = QImage()
        self._arrange()

    def set_maps(self, sheet: NDArray[np.uint32], peaks: NDArray[np.float32]) -> None:
        """What the filters answer, one below the other.

        Args:
            sheet: `(n · h, w)` of 0xffRRGGBB. A sheet is drawn in parts as it is: n pictures made in the GUI thread for
                every frame would halt the window.
            peaks: `(n,)`: the largest absolute answer of each.
        """
        self._sheet = qimage_of(sheet)
        self._map_height = len(sheet) // max(len(peaks), 1)
        self._peaks = peaks
        aspect = self._map_height / max(self._sheet.width(), 1)
        if abs(aspect - self._aspect) > 0.01:
            self._aspect = aspect
            self._arrange()
        self.update()

    def choose(self, number: int) -> None:
        """Mark one filter; -1 for none."""
        self._chosen = number
        self.update()

    def cell(self, number: int) -> QRect:
        """Where filter `number` is drawn."""
        columns, size = self._layout()
        row, column = divmod(number, columns)
        return QRect(QPoint(column * (size.width() + GAP), row * (size.height() + GAP)), size)

    def _layout(self) -> tuple[int, QSize]:
        columns = max((self.width() + GAP) // (LEAST_CELL + GAP), 1)
        width = max((self.width() + GAP) // columns - GAP, 8)
        return columns, QSize(width, max(round(width * self._aspect), 8))

    def _arrange(self) -> None:
        columns, size = self._layout()
        rows = -(-len(self._filters) // columns)
        self.setFixedHeight(max(rows * (size.height() + GAP) - GAP, 0))
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        palette = self.palette()
        for number, filter_ in enumerate(self._filters):
            cell = self.cell(number)
            if not cell.intersects(event.rect()):
                continue
            if not self._sheet.isNull():
                painter.drawImage(cell, self._sheet, self._part(number))
            else:
                painter.fillRect(cell, palette.color(QPalette.ColorRole.AlternateBase))
            self._paint_filter(painter, cell, filter_)
            if number == self._chosen:
                painter.setPen(palette.color(QPalette.ColorRole.Accent))
                painter.drawRect(cell.adjusted(0, 0, -1, -1))
                painter.drawRect(cell.adjusted(1, 1, -2, -2))

    def _paint_filter(self, painter: QPainter, cell: QRect, picture: QImage) -> None:
        side = max(cell.height() // 3, 14)
        corner = QRect(cell.left() + 3, cell.bottom() - side - 2, side, side)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # a filter's weights have edges
        painter.drawImage(corner, picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QColor(0, 0, 0, 160))
        painter.drawRect(corner.adjusted(-1, -1, 0, 0))

    def _at(self, point: QPoint) -> int:
        return next((n for n in range(len(self._filters)) if self.cell(n).contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position().toPoint())
        if number >= 0:
            self.picked.emit(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position().toPoint())
        if 0 <= number < len(self._peaks):
            text = f"filter {number}: answers up to {self._peaks[number]:.2f} in this frame"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)

    @property
    def answered(self) -> bool:
        """Whether there are answers to a frame."""
        return not self._sheet.isNull()

    def map(self, number: int) -> QImage | None:
        """The coloured map of a filter, once there is one."""
        return self._sheet.copy(self._part(number)) if self.answered and 0 <= number < len(self._filters) else None

    def _part(self, number: int) -> QRect:
        return QRect(0, number * self._map_height, self._sheet.width(), self._map_height)


def qimage_of(pixels: NDArray[np.uint32]) -> QImage:
    """A QImage on `(height, width)` of 0xffRRGGBB, which it keeps alive; nothing is copied."""
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    image.ndarray = pixels  # type: ignore[attr-defined]
    return image


class LargeMap(QWidget):
    """One map, as large as fits, in the frame's shape."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setMinimumHeight(LEAST_CELL)

    def set_image(self, image: QImage | None) -> None:
        self._image = QImage() if image is None else image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
        painter.drawImage(QRect(QPoint(left, top), size), self._image)


class MapsView(QWidget):
    """The dock: empty until a frame is shown, then the filters and their answers to it.

    Attributes:
        visible_changed: whether anybody can see it: nothing is computed for nobody.
    """

    visible_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        empty = EmptyState(
            "mdi6.eye-outline",
            "What the network sees first",
            "Open a medium: the first filters of the network answer here to every frame that is shown.",
        )
        self._title = QLabel()
        self._title.setProperty("role", "dim")
        self._title.setWordWrap(True)
        self._large = LargeMap()
        self._large.hide()
        self.grid = FilterGrid()
        self.grid.picked.connect(self._on_picked)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._large, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        column.addWidget(scroll, 2)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(full)
        self._chosen = -1

    def set_filters(self, layer: str, pictures: NDArray[np.uint8]) -> None:
        """Show the filters of `layer`, uint8 `(n, k, k, 3)`."""
        rows, columns = pictures.shape[1:3]
        self._title.setText(
            f"{len(pictures)} filters of {layer}, {rows} × {columns} pixels: orange where a filter answers, blue where "
            "its opposite would"
        )
        self.grid.set_filters(pictures)
        self._stack.setCurrentIndex(1)

    def set_maps(self, sheet: NDArray[np.uint32], peaks: NDArray[np.float32]) -> None:
        """Show the answers to a frame, see `FilterGrid.set_maps`."""
        self.grid.set_maps(sheet, peaks)
        self._large.set_image(self.grid.map(self._chosen))

    def set_problem(self, text: str) -> None:
        """Say why there is nothing to see."""
        self._title.setText(text)
        self._stack.setCurrentIndex(1)

    def _on_picked(self, number: int) -> None:
        self._chosen = -1 if number == self._chosen else number
        self.grid.choose(self._chosen)
        self._large.set_image(self.grid.map(self._chosen))
        self._large.setVisible(self._chosen >= 0)

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)
