"""Keys by action, to be changed; a key that two actions have is said before anything is kept."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.state.actions import ACTIONS
from studio.state.keys import PORTABLE, Keys, conflicts, differing, effective
from studio.views.actions import MENUS
from studio.views.icons import icon
from studio.views.theme import current

ROLE = Qt.ItemDataRole.UserRole


class KeysDialog(QDialog):
    """See the module.

    Attributes:
        bound: emitted with what differs from the table, when the user keeps it.
    """

    bound = Signal(object)

    def __init__(self, parent: QWidget, keys: Keys) -> None:
        super().__init__(parent)
        self.setObjectName("keys")
        self.setWindowTitle("Change keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.keys = effective(keys)
        self._texts = {spec.id: spec.text.removesuffix("…") for spec in ACTIONS}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: list[tuple[QTreeWidgetItem, list[str]]] = []
        self.field = QLineEdit(placeholderText="Find an action")
        self.field.setObjectName("keys.field")
        self.field.addAction(icon("mdi6.magnify"), QLineEdit.ActionPosition.LeadingPosition)
        self.tree = QTreeWidget(columnCount=2)
        self.tree.setRootIsDecorated(False)
        self.tree.setHeaderHidden(True)
        self.tree.setObjectName("keys.tree")
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.key = QKeySequenceEdit()
        self.key.setObjectName("keys.key")
        self.key.setMaximumSequenceLength(1)
        self.key.setClearButtonEnabled(True)
        self.reset = _button("keys.reset", "As shipped")
        self.reset_all = _button("keys.reset_all", "All as shipped")
        self.warning = QLabel(wordWrap=True)
        self.warning.setObjectName("keys.warning")
        self.warning.setProperty("role", "bad")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setObjectName("keys.ok")
        self._compose(parent)
        self._fill()
        self._connect()
        self._show()

    def _compose(self, parent: QWidget) -> None:
        edit = QHBoxLayout()
        edit.addWidget(QLabel("Key"))
        edit.addWidget(self.key, 1)
        edit.addWidget(self.reset)
        edit.addWidget(self.reset_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.tree, 1)
        column.addLayout(edit)
        column.addWidget(self.warning)
        column.addWidget(self.buttons)
        letter, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        self.resize(min(84 * letter, parent.width() - 40), min(36 * line, parent.height() - 40))

    def _fill(self) -> None:
        for menu in (*MENUS, ""):
            top = QTreeWidgetItem([menu or "Other"])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = self.font()
            font.setBold(True)
            top.setFont(0, font)
            self.tree.addTopLevelItem(top)
            names = [spec.id for spec in ACTIONS if spec.menu == menu]
            self._groups.append((top, names))
            for name in names:
                self._items[name] = QTreeWidgetItem(top, [self._texts[name]])
                self._items[name].setData(0, ROLE, name)
        self.tree.expandAll()

    def _connect(self) -> None:
        self.field.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(self._select)
        self.key.keySequenceChanged.connect(self._bind)
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._reset_all)
        self.buttons.accepted.connect(self._keep)
        self.buttons.rejected.connect(self.reject)
        self.tree.setCurrentItem(self._items[ACTIONS[0].id])

    @property
    def chosen(self) -> str | None:
        """The id of the action whose key is edited."""
        item = self.tree.currentItem()
        return item.data(0, ROLE) if item else None

    def choose(self, name: str) -> None:
        """Edit the key of the action with this id."""
        self.tree.setCurrentItem(self._items[name])

    def _select(self) -> None:
        name = self.chosen
        self.key.setEnabled(name is not None)
        self.reset.setEnabled(name is not None)
        first = self.keys[name][:1] if name else ()
        self.key.blockSignals(True)
        self.key.setKeySequence(QKeySequence(*first) if first else QKeySequence())
        self.key.blockSignals(False)

    def _bind(self, key: QKeySequence) -> None:
        """The new key takes the place of the first; other keys of the action stay."""
        if (name := self.chosen) is not None:
            text = key.toString(PORTABLE)
            others = tuple(each for each in self.keys[name][1:] if each != text)
            self.keys[name] = (text, *others) if text else ()
            self._show()

    def _reset(self) -> None:
        if (name := self.chosen) is not None:
            self.keys[name] = effective({})[name]
            self._show()
            self._select()

    def _reset_all(self) -> None:
        self.keys = effective({})
        self._show()
        self._select()

    def _filter(self, text: str) -> None:
        for name, item in self._items.items():
            keys = any(text.casefold() == key.casefold() for key in self.keys[name])
            item.setHidden(not keys and text.casefold() not in self._texts[name].casefold())
        for group, names in self._groups:
            group.setHidden(all(self._items[name].isHidden() for name in names))

    def _show(self) -> None:
        twice = conflicts(self.keys)
        concerned = {name for names in twice.values() for name in names}
        theme = current()
        for name, item in self._items.items():
            keys = (QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self.keys[name])
            item.setText(1, ("⚠ " if name in concerned else "") + "   ".join(keys))
            item.setForeground(1, QBrush(QColor(theme.bad if name in concerned else theme.dim)))
        lines = [f"{key}: {' and '.join(self._texts[name] for name in names)}" for key, names in twice.items()]
        self.warning.setText("\n".join([*lines, "One key cannot do two things: change one of them."] if lines else []))
        self.warning.setVisible(bool(lines))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not lines)

    def _keep(self) -> None:
        self.bound.emit(differing(self.keys))
        self.accept()


def _button(name: str, text: str) -> QPushButton:
    button = QPushButton(text, autoDefault=False)
    button.setObjectName(name)
    return button
