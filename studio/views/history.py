"""The history dock: what was done, newest at the bottom, with pictures of what it was done to."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QPushButton,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.state.history_list import HistoryList
from studio.state.roles import Role
from studio.views.empty import EmptyState
from studio.views.icons import icon
from studio.views.named import named
from studio.views.theme import current

Index = QModelIndex | QPersistentModelIndex
EDGE, GAP = 10, 8  # pixels
LEAST_TEXT = 22  # characters: where there is less room beside them, there are fewer pictures
_COMING = 40  # milliseconds after scrolling, until what is in view is said


class HistoryView(QWidget):
    """A list of steps; it stays at its end while the end is in view.

    Attributes:
        looked_at: emitted with the range of rows in view.
        restore_wanted: emitted with the row of the step that the user wants to go back to.
    """

    looked_at = Signal(object)
    restore_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("history")
        self.list = named(QListView(), "history.list")
        self.list.setItemDelegate(StepDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.restore = named(QPushButton("Go back to this step…"), "history.restore")
        self.restore.setToolTip("The project holds again what it held after this step; undo takes that back.")
        self.restore.hide()
        self.empty = EmptyState(
            "mdi6.history", "Nothing done yet", "Every change to the project is kept here and can be undone."
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.list)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.pages)
        whole.addWidget(self.restore)
        self._at_end = True
        self._coming = QTimer(singleShot=True, interval=_COMING)
        self._connect()

    def _connect(self) -> None:
        self._coming.timeout.connect(self._say_looked_at)
        bar = self.list.verticalScrollBar()
        bar.rangeChanged.connect(self._stay_at_end)
        bar.valueChanged.connect(self._notice_end)
        for moved in (bar.rangeChanged, bar.valueChanged):
            moved.connect(lambda *_: self._coming.start())
        self.list.doubleClicked.connect(lambda index: self.restore_wanted.emit(index.row()))
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.restore.clicked.connect(lambda: self.restore_wanted.emit(self.list.currentIndex().row()))

    def set_model(self, model: HistoryList) -> None:
        self.list.setModel(model)
        model.modelReset.connect(self._show_page)
        model.rowsInserted.connect(self._show_page)
        model.dataChanged.connect(lambda *_: self._coming.start())
        self.list.selectionModel().selectionChanged.connect(self._show_button)
        self._show_page()

    def refresh_pictures(self) -> None:
        """There are new pictures."""
        self.list.viewport().update()

    def ask_again(self) -> None:
        """Say again which rows are in view."""
        self._coming.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._coming.start()

    def _show_page(self) -> None:
        self.pages.setCurrentIndex(1 if self.list.model().rowCount() else 0)
        self._show_button()
        if self._at_end:
            self.list.scrollToBottom()
        self._coming.start()

    def _show_button(self) -> None:
        self.restore.setVisible(self.list.selectionModel().hasSelection())

    def _open_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if not index.isValid():
            return
        self.list.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = index.row()
        menu.addAction(icon("mdi6.history"), "Go back to this step…", lambda: self.restore_wanted.emit(row))
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _say_looked_at(self) -> None:
        model = self.list.model()
        if model is None or not model.rowCount() or not self.list.isVisible():
            return
        # Not by what lies where: a long list is laid out in parts. All rows are as high, and the bar counts them.
        first = min(self.list.verticalScrollBar().value(), model.rowCount() - 1)
        count = self.list.viewport().height() // max(self.list.sizeHintForRow(first), 1) + 2
        self.looked_at.emit(range(first, min(first + count, model.rowCount())))

    def _stay_at_end(self) -> None:
        if self._at_end:
            self.list.verticalScrollBar().setValue(self.list.verticalScrollBar().maximum())

    def _notice_end(self, value: int) -> None:
        self._at_end = value >= self.list.verticalScrollBar().maximum()


class StepDelegate(QStyledItemDelegate):
    """Draws a step: its icon, what was done, below it when and by whom, and at the right a few crops."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = option.fontMetrics.height()
        return QSize(8 * height, round(2.7 * height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        theme, undone = current(), bool(index.data(Role.DIM))
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        main = QColor(theme.on_accent if selected else theme.dim if undone else theme.text)
        side = QColor(theme.on_accent if selected else theme.dim)
        painter.save()
        rect = option.rect.adjusted(EDGE, 2, -EDGE, -2)
        metrics = option.fontMetrics
        high = metrics.height()
        icon(str(index.data(Role.ICON) or ""), main.name()).paint(
            painter, rect.left(), rect.center().y() - high // 2, high, high
        )
        rect.setLeft(rect.left() + high + GAP)
        pictures = [each for each in index.data(Role.PICTURES) or () if each is None or not each.isNull()]
        if undone:
            painter.setOpacity(0.5)
        rect.setRight(_draw_pictures(painter, rect, pictures, LEAST_TEXT * metrics.averageCharWidth()))
        painter.setOpacity(1.0)
        for words, colour, top in (
            (text, main, rect.center().y() - high + 1),
            (str(index.data(Role.SIDE) or ""), side, rect.center().y() + 1),
        ):
            painter.setPen(colour)
            line = QRect(rect.left(), top, rect.width(), high)
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()


def _draw_pictures(painter: QPainter, rect: QRect, pictures: list[QPixmap | None], text: int) -> int:
    """As many as leave `text` pixels, at the right; returns where the text ends."""
    side = rect.height() - 2
    room = max((rect.width() - text) // (side + 3), 0)
    left = rect.right() + 1 - min(len(pictures), room) * (side + 3)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for at, picture in enumerate(pictures[:room]):
        place = QRect(left + at * (side + 3), rect.top() + 1, side, side)
        if picture is None:
            painter.fillRect(place, QColor(current().line))
        else:
            painter.drawPixmap(place, picture)
    return left - GAP if pictures[:room] else rect.right()
