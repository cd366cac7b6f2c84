"""Which crops come first."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from studio.core.gallery.measures import KINDS
from studio.core.gallery.orders import ORDERS
from studio.views.icons import icon
from studio.views.named import named


class OrderButton(QWidget):
    """A menu of orders, and a button that turns them round.

    Attributes:
        order_wanted: emitted with the name of one of `ORDERS`.
        backwards_wanted: emitted with whether the order should be the other way round than usual.
    """

    order_wanted = Signal(str)
    backwards_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.button = named(QToolButton(), "gallery.order")
        self.turn = named(QToolButton(), "gallery.backwards")
        self._backwards = False
        self.button.setIcon(icon("mdi6.sort"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self._menu())
        self.turn.clicked.connect(lambda: self.backwards_wanted.emit(not self._backwards))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.button)
        row.addWidget(self.turn)
        self.set_order("frame", False)

    def set_order(self, order: str, backwards: bool) -> None:
        """Show what was chosen."""
        self._backwards = backwards
        chosen = ORDERS[order]
        descending = chosen.descending != backwards
        says = chosen.descending_says if descending else chosen.ascending_says
        self._actions[order].setChecked(True)
        self.button.setText(chosen.title)
        self.button.setToolTip(f"Order: {chosen.title}, {says}")
        self.turn.setIcon(icon("mdi6.sort-descending" if descending else "mdi6.sort-ascending"))
        self.turn.setToolTip(f"{says[0].upper()}{says[1:]}; click to turn it round")
        self.turn.setAccessibleName("Turn the order round")

    def set_wide(self, wide: bool) -> None:
        """Whether there is room for the order's name."""
        style = Qt.ToolButtonStyle
        self.button.setToolButtonStyle(style.ToolButtonTextBesideIcon if wide else style.ToolButtonIconOnly)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        self._actions: dict[str, QAction] = {}
        for order in ORDERS.values():
            action = named(menu.addAction(order.title), f"gallery.order_{order.name}")
            action.setCheckable(True)
            first = order.descending_says if order.descending else order.ascending_says
            meaning = KINDS[order.measure].says if order.measure else ""
            action.setToolTip(f"{first}: {meaning}" if meaning else first)
            action.triggered.connect(lambda _, name=order.name: self.order_wanted.emit(name))
            group.addAction(action)
            self._actions[order.name] = action
        return menu
