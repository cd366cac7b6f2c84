"""The layers of a network as a tree: blocks that hold layers, in the order of their calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Layer", "Kind", "Output", "Parameters", "Sees")
TIPS = (
    "The layers in the order in which they are called",
    "What it does",
    "Channels × rows × columns of what it puts out",
    "How many numbers it has learned",
    "Receptive field: how many pixels beside each other a value of its output can depend on",
)
NAME, KIND, SHAPE, PARAMETERS, SEES = range(len(COLUMNS))


@dataclass(frozen=True)
class LayerLine:
    """A layer as it is shown.

    Attributes:
        name: in the network, its parts separated by dots.
        kind, shape, parameters, sees: texts.
        tip: all there is to say, in words.
        inside: whether it belongs to the network, so that its output can be looked at; a head's own parts do not.
    """

    name: str
    kind: str
    shape: str
    parameters: str
    sees: str
    tip: str
    inside: bool = True

    def text(self, column: int) -> str:
        """What stands in one of the columns behind the name."""
        return (self.kind, self.shape, self.parameters, self.sees)[column - 1]


@dataclass(eq=False)
class _Node:
    text: str
    parent: _Node | None
    line: LayerLine | None = None
    row: int = 0
    children: list[_Node] = field(default_factory=list)


class LayerTree(QAbstractItemModel):
    """Read-only; `Role.ID` is the layer's name, "" for a block.

    Attributes:
        lines: all of them, filtered or not.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[LayerLine, ...] = ()
        self._wanted = ""
        self._root = _Node("", None)
        self._nodes: dict[str, _Node] = {}

    def set_lines(self, lines: Sequence[LayerLine]) -> None:
        """Show other layers."""
        self.lines = tuple(lines)
        self._build()

    def set_filter(self, text: str) -> None:
        """Show only the layers whose name or kind has every word of `text`."""
        self._wanted = text
        self._build()

    def index_of(self, name: str) -> QModelIndex:
        """Where the layer `name` is; invalid where it is not shown."""
        node = self._nodes.get(name)
        return QModelIndex() if node is None else self.createIndex(node.row, NAME, node)

    def line_of(self, name: str) -> LayerLine | None:
        """The layer `name`, shown or not."""
        return next((line for line in self.lines if line.name == name), None)

    @property
    def shown(self) -> int:
        """How many layers pass the filter."""
        return len(self._nodes)

    def _build(self) -> None:
        self.beginResetModel()
        before = self._root  # views hold bare pointers into it until the end of the reset
        self._root, self._nodes = _Node("", None), {}
        words = self._wanted.lower().split()
        for line in self.lines:
            if all(word in f"{line.name} {line.kind}".lower() for word in words):
                self._insert(line)
        self.endResetModel()
        del before

    def _insert(self, line: LayerLine) -> None:
        """Below its blocks; a block that is entered again later is shown again, for the order is that of the calls."""
        is_path = line.inside and "/" not in line.name  # a slash: of an ONNX graph, whose blocks are none
        *blocks, last = line.name.split(".") if is_path else [line.name]
        node = self._root
        for block in blocks:
            newest = node.children[-1] if node.children else None
            node = newest if newest is not None and newest.text == block and newest.line is None else _add(node, block)
        self._nodes[line.name] = _add(node, last, line)

    # Qt's questions --------------------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's way
        children = self._node(parent).children
        if not 0 <= row < len(children) or not 0 <= column < len(COLUMNS):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        above = self._node(index).parent
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.row, NAME, above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self._node(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        node = self._node(index)
        line = node.line
        if role == Role.ID:
            return line.name if line else ""
        if role == Qt.ItemDataRole.DisplayRole:
            if index.column() == NAME:
                return node.text
            return line.text(index.column()) if line else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.tip if line else None
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() >= PARAMETERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section >= PARAMETERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _node(self, index: Index) -> _Node:
        node = index.internalPointer() if index.isValid() else self._root
        assert isinstance(node, _Node)
        return node


def _add(parent: _Node, text: str, line: LayerLine | None = None) -> _Node:
    node = _Node(text, parent, line, len(parent.children))
    parent.children.append(node)
    return node
