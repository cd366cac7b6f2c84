"""A list whose lines are pictures of crops and words; only the lines in view are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.core.crop import Crop
from studio.views.theme import current

SIDE, EDGE = 52, 5  # pixels of a picture, and around it
_RING = 2
Index = QModelIndex | QPersistentModelIndex
Pictures = Callable[[Crop], QPixmap | None]


@dataclass(frozen=True)
class CropLine:
    """A line.

    Attributes:
        crops: one beside the words, or several above them: as many as there is room for.
        words: what it is.
        place: where, dim.
        color: of the label, "#rrggbb"; "" for none.
        count: how many crops there are where they are more than `crops`.
        ringed: whether the first crop is the one that stays.
    """

    crops: tuple[Crop, ...]
    words: str
    place: str = ""
    color: str = ""
    count: int = 0
    ringed: bool = False


class CropLines(QListView):
    """The list. Up and down go through it.

    Attributes:
        chosen: emitted with the number of the line that was gone to.
        opened: emitted with that of a line that was double-clicked.
        key_pressed: emitted with what a key given at the start means, where a line is chosen.
        wanted: emitted with crops in view that have no picture yet.
    """

    chosen = Signal(int)
    opened = Signal(int)
    key_pressed = Signal(str)
    wanted = Signal(object)

    def __init__(self, name: str, keys: Mapping[Qt.Key, str], wide: bool = False) -> None:
        """`keys` mean something here, whatever they do elsewhere; `wide`: many crops in a line, words below them."""
        super().__init__()
        self.setObjectName(name)
        self._keys = dict(keys)
        self.lines = _Lines()
        self._picture_of: Pictures = lambda crop: None
        self._missing: dict[Crop, None] = {}
        self._ask = QTimer(self, singleShot=True, interval=0)
        self._ask.timeout.connect(self._tell_missing)
        self.setModel(self.lines)
        self.setItemDelegate(_Delegate(self, wide))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        self.selectionModel().currentChanged.connect(self._on_current)
        self._quiet = False

    def set_pictures(self, picture_of: Pictures) -> None:
        """Where pictures come from."""
        self._picture_of = picture_of

    def set_lines(self, count: int, line_of: Callable[[int], CropLine]) -> None:
        """Show other lines; the chosen one is that of the same number, or the last."""
        row, self._quiet = self.row, True
        self.lines.set_lines(count, line_of)
        if row >= 0 and count:
            self.setCurrentIndex(self.lines.index(min(row, count - 1), 0))
        self._quiet = False

    @property
    def row(self) -> int:
        """The number of the chosen line; −1 for none."""
        return self.currentIndex().row()

    def choose(self, row: int) -> None:
        """Go to a line, if it is there."""
        if 0 <= row < self.lines.rowCount():
            self.setCurrentIndex(self.lines.index(row, 0))

    def refresh(self) -> None:
        """There are new pictures."""
        self.viewport().update()

    def picture(self, crop: Crop) -> QPixmap | None:
        """That of a crop; what is missing is asked for."""
        found = self._picture_of(crop)
        if found is None:
            self._missing[crop] = None
            self._ask.start()
        return found

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 2 * SIDE)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._meaning(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        meaning = self._meaning(event)
        if meaning and self.row >= 0:
            self.key_pressed.emit(meaning)
        elif not meaning:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of the program, not a search."""

    def _meaning(self, event: QKeyEvent) -> str:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return self._keys.get(Qt.Key(event.key()), "") if plain else ""

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid() and not self._quiet:
            self.chosen.emit(index.row())

    def _tell_missing(self) -> None:
        crops, self._missing = list(self._missing), {}
        self.wanted.emit(crops)


class _Lines(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._line_of: Callable[[int], CropLine] = lambda row: CropLine((), "")

    def set_lines(self, count: int, line_of: Callable[[int], CropLine]) -> None:
        self.beginResetModel()
        self._count, self._line_of = count, line_of
        self.endResetModel()

    def line(self, row: int) -> CropLine:
        return self._line_of(row)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._line_of(index.row()).words
        if role == Qt.ItemDataRole.ToolTipRole:
            line = self._line_of(index.row())
            return f"{line.words}\n{line.place}" if line.place else line.words
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: CropLines, wide: bool) -> None:
        super().__init__(view)
        self._view, self._wide = view, wide

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        below = self._view.fontMetrics().height() + EDGE if self._wide else 0
        return QSize(0, SIDE + 2 * EDGE + below)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line, rect, palette = self._view.lines.line(index.row()), option.rect, option.palette
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, palette.color(QPalette.ColorRole.Midlight))
        if chosen:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), palette.color(QPalette.ColorRole.Accent))
        right = self._pictures(painter, rect, line, palette)
        if self._wide:
            top = rect.top() + 2 * EDGE + SIDE
            room = QRect(rect.left() + 2 * EDGE, top, rect.width() - 3 * EDGE, rect.bottom() - top - 1)
            self._sentence(painter, room, line)
        else:
            self._words(painter, QRect(right, rect.top() + EDGE, rect.right() - right - EDGE, SIDE), line)
        painter.restore()

    def _pictures(self, painter: QPainter, rect: QRect, line: CropLine, palette: QPalette) -> int:
        """Returns where the words begin."""
        left = rect.left() + 2 * EDGE
        fit = max((rect.width() - 2 * EDGE) // (SIDE + EDGE), 1)
        count = max(line.count, len(line.crops))
        shown = line.crops[: fit if count <= fit else fit - 1]
        for number, crop in enumerate(shown):
            place = QRect(left, rect.top() + EDGE, SIDE, SIDE)
            picture = self._view.picture(crop)
            if picture is None or picture.isNull():
                painter.fillRect(place, palette.color(QPalette.ColorRole.AlternateBase))
            else:
                painter.drawPixmap(place, picture)
            if line.ringed and number == 0:
                painter.setPen(QPen(QColor(current().good), _RING))
                painter.drawRect(place.adjusted(1, 1, -1, -1))
            left += SIDE + EDGE
        if count > len(shown):
            painter.setPen(QColor(current().dim))
            place = QRect(left, rect.top() + EDGE, SIDE, SIDE)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), f"+{count - len(shown):,}")
        if line.color and not self._wide:
            strip = QRect(rect.left() + 2 * EDGE, rect.top() + EDGE + SIDE - 3, SIDE, 3)
            painter.fillRect(strip, QColor(line.color))
        return left + EDGE

    def _words(self, painter: QPainter, room: QRect, line: CropLine) -> None:
        """Two lines that wrap, and the place under them."""
        metrics = painter.fontMetrics()
        painter.setPen(QColor(current().text))
        upper = QRect(room.left(), room.top(), room.width(), 2 * metrics.lineSpacing())
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), line.words)
        painter.setPen(QColor(current().dim))
        lower = QRect(room.left(), room.bottom() - metrics.height() + 1, room.width(), metrics.height())
        place = metrics.elidedText(line.place, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(lower, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), place)

    def _sentence(self, painter: QPainter, room: QRect, line: CropLine) -> None:
        """The words, and the place behind them as far as there is room."""
        metrics, flags = painter.fontMetrics(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        words = metrics.elidedText(line.words, Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(QColor(current().text))
        painter.drawText(room, flags, words)
        room.setLeft(room.left() + metrics.horizontalAdvance(words) + 2 * EDGE)
        painter.setPen(QColor(current().dim))
        painter.drawText(room, flags, metrics.elidedText(line.place, Qt.TextElideMode.ElideMiddle, room.width()))
