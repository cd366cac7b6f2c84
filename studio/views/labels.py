"""The labels dock: colours, keys, names, thresholds and counts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QDoubleSpinBox,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from studio.core.project import BACKGROUND
from studio.state.label_list import COUNT, KEY, NAME, THRESHOLD, LabelList
from studio.state.roles import Role
from studio.views.empty import EmptyState
from studio.views.named import named
from studio.views.rows import EDGE, GAP, Index
from studio.views.theme import current


class LabelsView(QWidget):
    """A row for each label; the selected one is what the next box gets.

    Attributes:
        chosen: emitted with the id of the label that was selected.
        color_wanted: emitted with the id of a label that is to get another colour.
        key_wanted: emitted with a label's id and its wanted digit, "" for none.
        merge_wanted: emitted with the ids of a label and of the one that gets its regions.
        delete_wanted: emitted with the id of a label.
        added: emitted with the name of a label to be made.
    """

    chosen = Signal(object)
    color_wanted = Signal(object)
    key_wanted = Signal(object, str)
    merge_wanted = Signal(object, object)
    delete_wanted = Signal(object)
    added = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("labels")
        self.table = _Table()
        self.table.doubleClicked.connect(self._on_double_click)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.name = named(QLineEdit(placeholderText="New label…", maxLength=100), "labels.name")
        self.name.returnPressed.connect(self._on_named)
        self.empty = EmptyState(
            "mdi6.tag-outline", "No labels yet", "A label is what is to be found. Name it here, or draw a box."
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(4)
        column.addWidget(self.pages, 1)
        line = QVBoxLayout()
        line.setContentsMargins(8, 0, 8, 0)
        line.addWidget(self.name)
        column.addLayout(line)

    def set_model(self, model: LabelList) -> None:
        self.table.set_model(model)
        self.table.selectionModel().currentRowChanged.connect(self._on_current)
        model.modelReset.connect(self._show_page)
        self._show_page()

    def set_current(self, label: int | None) -> None:
        """Select the label that the next box gets."""
        row = self._model.row_of(label)
        index = self._model.index(row, NAME) if row >= 0 else QModelIndex()
        if index.row() != self.table.currentIndex().row():
            self.table.setCurrentIndex(index)
            if not index.isValid():
                self.table.clearSelection()

    def edit_name(self) -> None:
        """Open the editor of the selected label's name."""
        self.table.edit_name()

    @property
    def _model(self) -> LabelList:
        model = self.table.model()
        assert isinstance(model, LabelList)
        return model

    def _show_page(self) -> None:
        """The background alone is no label to work with."""
        self.pages.setCurrentIndex(1 if self._model.rowCount() > 1 else 0)

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.data(Role.ID))

    def _on_named(self) -> None:
        if name := self.name.text().strip():
            self.added.emit(name)
            self.name.clear()

    def _on_double_click(self, index: QModelIndex) -> None:
        if index.column() == KEY:
            self.color_wanted.emit(index.data(Role.ID))

    def _show_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if index.isValid():
            self.menu_for(index.row()).popup(self.table.viewport().mapToGlobal(place))

    def menu_for(self, number: int) -> QMenu:
        """The context menu of a row; deletes itself."""
        row = self._model.rows[number]
        menu = QMenu(self)
        menu.setObjectName("labels.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        own = row.name != BACKGROUND

        def add(to: QMenu, text: str, do: Callable[[], object], enabled: bool = True, on: bool = False) -> None:
            action = to.addAction(text)
            action.setEnabled(enabled)
            action.setCheckable(on)
            action.setChecked(on)
            action.triggered.connect(lambda: do())

        add(menu, "Colour…", lambda: self.color_wanted.emit(row.id))
        add(menu, "Rename", lambda: self.table.edit(self._model.index(number, NAME)), own)
        add(menu, "Threshold", lambda: self.table.edit_threshold(number), own)
        keys = menu.addMenu("Key")
        keys.setEnabled(own)
        for key in [*"123456789", ""]:
            taken = next((f"  ({each.name})" for each in self._model.rows if key and each.key == key), "")
            text = f"{key or 'None'}{'' if key == row.key else taken}"
            add(keys, text, lambda key=key: self.key_wanted.emit(row.id, key), on=key == row.key)  # type: ignore[misc]
        menu.addSeparator()
        others = [each for each in self._model.rows if each.name != BACKGROUND and each.id != row.id]
        merge = menu.addMenu("Merge into")
        merge.setEnabled(own and bool(others))
        for other in others:
            add(merge, other.name, lambda other=other: self.merge_wanted.emit(row.id, other.id))  # type: ignore[misc]
        add(menu, "Delete…", lambda: self.delete_wanted.emit(row.id), own)
        return menu


class _Table(QTreeView):
    """Four columns, of which the name takes what room there is."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("labels.table")
        self.setRootIsDecorated(False)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setItemDelegate(_LabelDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)

    def set_model(self, model: LabelList) -> None:
        self.setModel(model)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(0)
        for column in (KEY, THRESHOLD, COUNT):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        model.dataChanged.connect(self.arrange)
        model.modelReset.connect(self.arrange)
        self.arrange()

    def arrange(self) -> None:
        """Give numbers the room they need; a narrow dock has none for thresholds, which the menu opens all the same."""
        measure, header = self.fontMetrics(), self.header()
        rows = range(self.model().rowCount())
        counts = [self.model().index(row, COUNT).data() for row in rows]
        header.resizeSection(COUNT, max((measure.horizontalAdvance(text) for text in counts), default=0) + 2 * EDGE)
        header.resizeSection(KEY, EDGE + round(0.75 * measure.height()) + GAP + measure.horizontalAdvance("0") + 4)
        header.resizeSection(THRESHOLD, measure.horizontalAdvance("≥ 0.00") + 24)
        narrow = self.viewport().width() < 34 * measure.averageCharWidth()
        editing = self.state() == QAbstractItemView.State.EditingState
        self.setColumnHidden(THRESHOLD, narrow and not editing)

    def edit_threshold(self, row: int) -> None:
        self.setColumnHidden(THRESHOLD, False)
        self.edit(self.model().index(row, THRESHOLD))

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def edit_name(self) -> None:
        if self.currentIndex().isValid():
            self.edit(self.currentIndex().siblingAtColumn(NAME))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.edit_name()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of the program, not a search."""


class _LabelDelegate(QStyledItemDelegate):
    """A square of the label's colour with its key, dim numbers, and an editor for scores."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(10, round(1.6 * option.fontMetrics.height()))

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.column() in (THRESHOLD, COUNT) and not selected:
            option.palette.setColor(option.palette.ColorRole.Text, QColor(current().dim))
        if index.column() == KEY:
            option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if index.column() == KEY:
            selected = bool(option.state & QStyle.StateFlag.State_Selected)
            _paint_key(painter, option.rect, index, selected)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        if index.column() != THRESHOLD:
            editor = super().createEditor(parent, option, index)
            editor.setObjectName("labels.rename")
            return editor
        box = named(QDoubleSpinBox(parent, decimals=2, singleStep=0.05), "labels.threshold")
        box.setRange(0.0, 1.0)
        return box

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        if index.column() == THRESHOLD:
            rect = rect.adjusted(rect.width() - editor.sizeHint().width(), 0, 0, 0)
        editor.setGeometry(rect)


def _paint_key(painter: QPainter, rect: QRect, index: Index, selected: bool) -> None:
    side = round(0.75 * painter.fontMetrics().height())
    square = QRect(rect.left() + EDGE, rect.center().y() - side // 2 + 1, side, side)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if selected:  # a label may have the very colour of the selection
        gutter = QRect(rect.left(), rect.top(), EDGE + side + GAP // 2, rect.height())
        painter.fillRect(gutter, QColor(current().base))
    painter.setBrush(index.data(Role.COLOR))
    painter.drawRoundedRect(square, 3, 3)
    painter.setPen(QColor(current().on_accent if selected else current().dim))
    text = rect.adjusted(EDGE + side + GAP, 0, 0, 0)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(index.data()))
    painter.restore()
