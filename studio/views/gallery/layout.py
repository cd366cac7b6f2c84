"""Where the cells of a grid lie: plain arithmetic, in pixels from the upper left corner of the whole grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QPoint, QRect

GAP = 6  # pixels between cells, and around them


@dataclass(frozen=True)
class GridLayout:
    """Square cells, left to right, then down, as wide as the grid.

    Attributes:
        count: of the cells.
        width: of the grid.
        least: the least side of a cell; they are a little larger, so that a line has no rest, and smaller only where
            the grid is.
    """

    count: int
    width: int
    least: int

    @cached_property
    def columns(self) -> int:
        return max((self.width - GAP) // (self.least + GAP), 1)

    @cached_property
    def side(self) -> int:
        return max((self.width - GAP) // self.columns - GAP, 16)

    @cached_property
    def cell(self) -> int:
        """From one cell to the next."""
        return self.side + GAP

    @property
    def height(self) -> int:
        """Of the whole grid."""
        return -(-self.count // self.columns) * self.cell + GAP

    def top(self, row: int) -> int:
        return GAP + row // self.columns * self.cell

    def rect(self, row: int) -> QRect:
        return QRect(GAP + row % self.columns * self.cell, self.top(row), self.side, self.side)

    def nearest(self, point: QPoint) -> int:
        """The row whose cell is nearest to a point; -1 without cells."""
        column = min(max((point.x() - GAP) // self.cell, 0), self.columns - 1)
        line = max((point.y() - GAP) // self.cell, 0)
        return min(line * self.columns + column, self.count - 1)

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows that are at least partly between two heights."""
        first = max((top - GAP) // self.cell, 0) * self.columns
        last = (max(bottom - GAP, 0) // self.cell + 1) * self.columns
        return range(min(first, self.count), min(last, self.count))

    def runs_in(self, rect: QRect) -> list[tuple[int, int]]:
        """The first and the last row of each line of cells that meet `rect`."""
        near = self.rows_between(rect.top(), rect.bottom())
        lines = (near[at : at + self.columns] for at in range(0, len(near), self.columns))
        met = ([row for row in line if self.rect(row).intersects(rect)] for line in lines)
        return [(rows[0], rows[-1]) for rows in met if rows]

    def moved(self, row: int, step: int) -> int:
        """Where a cursor goes from `row`; down from above the last line's missing cells it goes to its last one."""
        wanted = row + step
        if abs(step) > 1 and not 0 <= wanted < self.count:
            last_line = (self.count - 1) // self.columns
            wanted = row if wanted < 0 or row // self.columns == last_line else self.count - 1
        return min(max(wanted, 0), self.count - 1)
