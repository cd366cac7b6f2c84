"""The layers part: any network as a tree of layers, and the filters of the one that is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from studio.state.roles import Role
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.features.layers_filters import FilterPage
from studio.views.features.layers_pane import FiltersPane
from studio.views.features.layers_tree import COLUMNS, KIND, NAME, PARAMETERS, SEES, SHAPE, LayerLine, LayerTree
from studio.views.icons import icon
from studio.views.named import named

_BESIDE = (SHAPE, SEES, PARAMETERS, KIND)  # what is shown beside the name, the most wanted first
_LONGEST_NAME = 28  # characters that a name gets before another column is shown
_SEARCH_AFTER = 120  # milliseconds after the last key


@dataclass(frozen=True)
class Choice:
    """A network that can be chosen.

    Attributes:
        key: as `LookingState.network`.
        title: for people.
        group: under which heading.
    """

    key: str
    title: str
    group: str


class LayersView(QWidget):
    """A chooser, a search, the tree, and below it the filters.

    Attributes:
        network_wanted: emitted with the key of a network.
        layer_wanted: with the name of a layer of the network.
        visible_changed: whether anybody can see it: nothing is computed for nobody.
        pane: the filters.
    """

    network_wanted = Signal(str)
    layer_wanted = Signal(str)
    visible_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.pane = FiltersPane()
        self._networks = named(QComboBox(), "layers.network")
        self._networks.setToolTip("The network that is looked at")
        self._networks.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._networks.setMinimumContentsLength(8)
        self._networks.activated.connect(lambda index: self.network_wanted.emit(self._networks.itemData(index)))
        self._facts = named(ElidedLabel(), "layers.facts")
        self._facts.setProperty("role", "dim")
        self._note = named(QLabel(wordWrap=True), "layers.note")
        self._note.setProperty("role", "doubtful")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.hide()
        self._search = named(QLineEdit(placeholderText="Find a layer…", clearButtonEnabled=True), "layers.search")
        self._search.addAction(icon("mdi6.magnify"), QLineEdit.ActionPosition.LeadingPosition)
        self._later = QTimer(self, singleShot=True, interval=_SEARCH_AFTER)
        self._later.timeout.connect(self._find)
        self._search.textChanged.connect(lambda _: self._later.start())
        self.model = LayerTree(self)
        self._layer = ""  # selected, also where the search hides it
        self.tree = named(_Tree(), "layers.tree")
        self.tree.resized.connect(self._fit_columns)
        self._set_up_tree()
        self._empty = EmptyState("mdi6.layers-search-outline", "What a network is made of", "Reading the network…")
        self._body = QStackedWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(12, 8, 12, 0)
        top.setSpacing(4)
        for widget in (self._networks, self._facts, self._note, self._search):
            top.addWidget(widget)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.tree)
        parts.addWidget(self.pane)
        parts.setSizes([600, 400])
        for part in (0, 1):
            parts.setStretchFactor(part, 1)
        self._body.addWidget(self._empty)
        self._body.addWidget(parts)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self._body, 1)

    def _set_up_tree(self) -> None:
        tree = self.tree
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setIndentation(self.fontMetrics().averageCharWidth() * 2)
        tree.setExpandsOnDoubleClick(True)
        tree.setMinimumHeight(5 * self.fontMetrics().height())
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(3 * self.fontMetrics().averageCharWidth())
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        tree.selectionModel().currentChanged.connect(self._on_current)

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """The networks there are, by group."""
        current = self._networks.currentData()
        with QSignalBlocker(self._networks):
            self._networks.clear()
            group = ""
            for choice in choices:
                if group and choice.group != group:
                    self._networks.insertSeparator(self._networks.count())
                group = choice.group
                self._networks.addItem(choice.title, choice.key)
                self._networks.setItemData(self._networks.count() - 1, choice.group, Qt.ItemDataRole.ToolTipRole)
            self._networks.setCurrentIndex(self._networks.findData(current))

    def set_network(self, key: str) -> None:
        """Which one is chosen."""
        self._networks.setCurrentIndex(self._networks.findData(key))
        self._networks.setToolTip(f"The network that is looked at: {self._networks.currentText()}")

    def set_layers(self, lines: Sequence[LayerLine], facts: str, note: str) -> None:
        """Show the layers of a network.

        Args:
            lines: in the order of their calls.
            facts: about the whole of it.
            note: what to know about its weights; "" for nothing.
        """
        with QSignalBlocker(self.tree.selectionModel()):
            self.model.set_lines(lines)
        self._facts.setText(facts)
        self._note.setText(note[:1].upper() + note[1:])
        self._note.setVisible(bool(note))
        self.tree.expandAll()
        self._fit_columns()
        self._body.setCurrentIndex(1)

    def set_problem(self, text: str) -> None:
        """Say why there is nothing to see."""
        self._facts.setText("")
        self._note.hide()
        self._empty.set_text("This network cannot be shown", text)
        self._body.setCurrentIndex(0)

    def set_layer(self, name: str) -> None:
        """Select a layer; one that the search hides is not selected."""
        self._layer = name
        index = self.model.index_of(name)
        if self._name_of(self.tree.currentIndex()) == name and index.isValid():
            return
        with QSignalBlocker(self.tree.selectionModel()):
            self.tree.setCurrentIndex(index)
        if index.isValid():
            self.tree.scrollTo(index)
        self.tree.viewport().update()  # the blocked signals would have asked for it

    def set_filters(self, title: str, page: FilterPage | None, where: str) -> None:
        """Show filters; see `FiltersPane.set_page`."""
        self.pane.set_page(title, page, where)

    # Events ----------------------------------------------------------------------------------------------------------

    def _name_of(self, index: QModelIndex) -> str:
        return str(index.data(Role.ID) or "") if index.isValid() else ""

    def _on_current(self, index: QModelIndex) -> None:
        name = self._name_of(index.siblingAtColumn(NAME))
        if name:
            self._layer = name
            self.layer_wanted.emit(name)

    def _find(self) -> None:
        with QSignalBlocker(self.tree.selectionModel()):
            self.model.set_filter(self._search.text())
            self.tree.expandAll()
        self.set_layer(self._layer)

    def _fit_columns(self) -> None:
        """Columns that the dock has no room for are hidden; the tip of each row says all."""
        metrics, lines = self.fontMetrics(), self.model.lines
        character = metrics.averageCharWidth()

        def width(texts: Iterable[str]) -> int:
            return metrics.horizontalAdvance(max(texts, key=len, default="")) + 4 * character

        depth = max((line.name.count(".") for line in lines), default=0) + 1
        names = width(line.name.rpartition(".")[2] for line in lines) + depth * self.tree.indentation()
        room = self.tree.viewport().width() - min(names, _LONGEST_NAME * character)
        for column in _BESIDE:
            wide = width([COLUMNS[column], *(line.text(column) for line in lines)])
            room -= wide
            self.tree.setColumnHidden(column, room < 0)
            self.tree.header().resizeSection(column, wide)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * self.fontMetrics().averageCharWidth(), 12 * self.fontMetrics().height())

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)


class _Tree(QTreeView):
    """Tells when it has another width."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
