"""Where the docks stand: the arrangement the program begins with, and four for what people do in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

PREFIX = "dock."
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea


@dataclass(frozen=True, slots=True)
class Stack:
    """Docks in one place; several are tabs, the first in front."""

    weight: int
    docks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    weight: int
    stacks: tuple[Stack, ...]


Layout = tuple[Column, ...]

_LISTS = Column(18, (Stack(5, ("media",)), Stack(4, ("labels",)), Stack(3, ("history",))))
_MODEL = Column(28, (Stack(11, ("training",)), Stack(10, ("features", "why"))))

# Docks that none of these names (those of panels that came later) stand behind the gallery.
LAYOUTS: dict[str, Layout] = {
    "default": (_LISTS, Column(54, (Stack(7, ("video",)), Stack(3, ("gallery",)))), _MODEL),
    "label": (_LISTS, Column(82, (Stack(5, ("video",)), Stack(1, ("gallery",))))),
    "curate": (
        Column(16, (Stack(3, ("labels", "media")), Stack(2, ("history",)))),
        Column(54, (Stack(1, ("gallery",)),)),
        Column(30, (Stack(1, ("video",)), Stack(1, ("training", "features")))),
    ),
    "inspect": (
        Column(16, (Stack(1, ("labels", "media", "history")),)),
        Column(42, (Stack(3, ("video",)), Stack(1, ("gallery",)))),
        Column(42, (Stack(3, ("features",)), Stack(2, ("why",)))),
    ),
    "train": (
        Column(16, (Stack(1, ("labels", "media", "history")),)),
        Column(44, (Stack(3, ("runs", "video")), Stack(2, ("gallery",)))),
        Column(40, (Stack(1, ("training", "features")),)),
    ),
}

# Behind which dock one that a layout does not have comes when somebody opens it, the first of these that is shown.
HOMES: dict[str, tuple[str, ...]] = {
    "media": ("labels", "history"),
    "labels": ("media", "history"),
    "history": ("media", "labels"),
    "runs": ("video",),
    "video": ("gallery",),
    "training": ("features", "video"),
    "features": ("training", "video"),
    "why": ("features", "training", "video"),
}


def docks_of(window: QMainWindow) -> dict[str, QDockWidget]:
    """The docks of `window` by name, in the order in which they were made."""
    docks = window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return {name.removeprefix(PREFIX): dock for dock in docks if (name := dock.objectName()).startswith(PREFIX)}


def arrange(window: QMainWindow, name: str) -> None:
    """Put the docks of `window` where the layout `name` has them; those it does not have are hidden."""
    docks = docks_of(window)
    for dock in docks.values():  # not removed first: a removed dock is Python's to delete
        dock.setFloating(False)
        window.addDockWidget(LEFT, dock)
        dock.hide()
    columns = _present(LAYOUTS[name], docks)
    heads = [docks[column.stacks[0].docks[0]] for column in columns]
    for number, head in enumerate(heads):
        if number:
            window.splitDockWidget(heads[number - 1], head, Qt.Orientation.Horizontal)
        else:
            window.addDockWidget(LEFT, head)
    for column in columns:
        _fill_column(window, column, docks)
    _place_hidden(window, columns, docks)
    _resize(window, columns, heads, docks)


def _present(layout: Layout, docks: dict[str, QDockWidget]) -> list[Column]:
    """`layout` without the docks that are not there, with the docks it does not know behind the gallery."""
    known = {
        name for layout in LAYOUTS.values() for column in layout for stack in column.stacks for name in stack.docks
    }
    others = tuple(name for name in docks if name not in known)
    columns = []
    for column in layout:
        stacks = []
        for stack in column.stacks:
            names = tuple(name for name in stack.docks if name in docks)
            if "gallery" in stack.docks:
                names += others
            if names:
                stacks.append(Stack(stack.weight, names))
        if stacks:
            columns.append(Column(column.weight, tuple(stacks)))
    return columns


def _fill_column(window: QMainWindow, column: Column, docks: dict[str, QDockWidget]) -> None:
    fronts = [docks[stack.docks[0]] for stack in column.stacks]
    for above, below in pairwise(fronts):
        window.splitDockWidget(above, below, Qt.Orientation.Vertical)
    for stack, front in zip(column.stacks, fronts, strict=True):
        for name in stack.docks[1:]:
            window.tabifyDockWidget(front, docks[name])
            docks[name].show()
        front.show()
        front.raise_()


def _place_hidden(window: QMainWindow, columns: list[Column], docks: dict[str, QDockWidget]) -> None:
    """Docks without a place would open as a strip along the whole upper edge of the window."""
    shown = {name for column in columns for stack in column.stacks for name in stack.docks}
    fronts = {name: stack.docks[0] for column in columns for stack in column.stacks for name in stack.docks}
    for name in docks.keys() - shown:
        home = next((fronts[each] for each in HOMES.get(name, ()) if each in shown), None)
        if home is not None:
            window.tabifyDockWidget(docks[home], docks[name])
            docks[name].hide()
            docks[home].raise_()


def _resize(
    window: QMainWindow, columns: list[Column], heads: list[QDockWidget], docks: dict[str, QDockWidget]
) -> None:
    if not columns:
        return
    total = sum(column.weight for column in columns)
    window.resizeDocks(
        heads, [window.width() * column.weight // total for column in columns], Qt.Orientation.Horizontal
    )
    for column in columns:
        tall = sum(stack.weight for stack in column.stacks)
        fronts = [docks[stack.docks[0]] for stack in column.stacks]
        heights = [window.height() * stack.weight // tall for stack in column.stacks]
        window.resizeDocks(fronts, heights, Qt.Orientation.Vertical)
