"""All keys on one sheet, by menu; typing narrows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.core.fuzzy import score
from studio.views.actions import MENUS, Actions
from studio.views.icons import icon

LETTERS, MOST_COLUMNS = 46, 4  # average letters of a column


@dataclass(frozen=True, slots=True)
class KeyLine:
    """What one action's keys do."""

    text: str
    keys: tuple[str, ...]


def key_lines(actions: Actions) -> dict[str, list[KeyLine]]:
    """The actions that have keys, by menu."""
    lines: dict[str, list[KeyLine]] = {menu: [] for menu in MENUS}
    for spec, action in actions:
        keys = (_shown(key) for key in action.shortcuts())
        if shown := tuple(dict.fromkeys(keys)):
            lines.setdefault(spec.menu or "Labels", []).append(KeyLine(spec.text.removesuffix("…"), shown))
    return {menu: found for menu, found in lines.items() if found}


def _shown(key: QKeySequence) -> str:
    """As it is written on keyboards; a sign that is typed with Shift is named without it."""
    text = key.toString(QKeySequence.SequenceFormat.NativeText)
    sign = text.removeprefix("Shift+")
    return sign if len(sign) == 1 and not sign.isalnum() else text


def in_columns(heights: Sequence[int], columns: int) -> list[list[int]]:
    """Share groups of these heights out among columns, in order, so that the longest is as short as can be."""
    least = max(max(heights, default=0), -(-sum(heights) // columns))
    for most in range(least, sum(heights) + 1):
        shared: list[list[int]] = [[]]
        room = most
        for number, height in enumerate(heights):
            if height > room:
                shared.append([])
                room = most
            shared[-1].append(number)
            room -= height
        if len(shared) <= columns:
            return shared
    return [[]]


class CheatSheet(QDialog):
    """See the module."""

    def __init__(self, parent: QWidget, lines: dict[str, list[KeyLine]]) -> None:
        super().__init__(parent)
        self.setObjectName("cheat_sheet")
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.field = QLineEdit(placeholderText="Find a key or what it does")
        self.field.setObjectName("cheat_sheet.field")
        self.field.addAction(icon("mdi6.magnify"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._filter)
        self.groups = [_Group(menu, found) for menu, found in lines.items()]
        sheet = QWidget()
        sheet.setObjectName("cheat_sheet.sheet")
        row = QHBoxLayout(sheet)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(4 * self.fontMetrics().averageCharWidth())
        columns = min(max(parent.width() // (LETTERS * self.fontMetrics().averageCharWidth()), 1), MOST_COLUMNS)
        for numbers in in_columns([len(group.lines) + 2 for group in self.groups], columns):
            column = QVBoxLayout()
            column.setSpacing(12)
            for number in numbers:
                column.addWidget(self.groups[number])
            column.addStretch(1)
            row.addLayout(column, 1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(sheet)
        note = QLabel("Letters and arrows act where the video or the gallery has the focus.")
        note.setProperty("role", "dim")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 12, 12, 12)
        rows.addWidget(self.field)
        rows.addWidget(area, 1)
        rows.addWidget(note)
        wanted = sheet.sizeHint()
        self.resize(
            min(wanted.width() + 60, parent.width() - 40),
            min(wanted.height() + 6 * self.fontMetrics().height(), parent.height() - 40),
        )

    def _filter(self, text: str) -> None:
        for group in self.groups:
            group.filter(text)


class _Group(QWidget):
    """The keys of one menu."""

    def __init__(self, menu: str, lines: list[KeyLine]) -> None:
        super().__init__()
        self.lines = lines
        self._rows: list[tuple[QWidget, QWidget]] = []
        title = QLabel(menu)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.addWidget(title, 0, 0, 1, 2)
        for number, line in enumerate(lines, 1):
            what, keys = QLabel(line.text), _Caps(line.keys)
            grid.addWidget(what, number, 0)
            grid.addWidget(keys, number, 1)
            self._rows.append((what, keys))
        grid.setColumnStretch(0, 1)

    def filter(self, text: str) -> None:
        """Show the lines that answer `text`."""
        shown = [_answers(text, line) for line in self.lines]
        for widgets, visible in zip(self._rows, shown, strict=True):
            for widget in widgets:
                widget.setVisible(visible)
        self.setVisible(any(shown))


def _answers(text: str, line: KeyLine) -> bool:
    keys = any(text.casefold() == key.casefold() for key in line.keys)
    return (
        not text or keys or text.casefold() in line.text.casefold() or (len(text) > 2 and bool(score(text, line.text)))
    )


class _Caps(QWidget):
    """Keys as caps, at the right."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        for key in keys:
            cap = QLabel(key)
            cap.setProperty("role", "key")
            row.addWidget(cap)
