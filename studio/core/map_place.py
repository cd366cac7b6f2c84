"""Where the cells of a feature map lie in the frame it was made of."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.geometry import Box


@dataclass(frozen=True)
class MapPlace:
    """All in pixels of the frame, x before y; pixel edges count from 0, so that the first pixel is centred at 0.5.

    Attributes:
        first: centre of the cell in the first row and column.
        step: from one cell to the next.
        field: width and height of the receptive field of a cell; None where a cell may depend on the whole frame.
        frame: width and height of the frame.
    """

    first: tuple[float, float]
    step: tuple[float, float]
    field: tuple[float, float] | None
    frame: tuple[int, int]

    def cell(self, row: float, column: float) -> Box:
        """What the cell itself stands for: the cells lie beside each other without gaps."""
        return self._around(row, column, self.step)

    def receptive_field(self, row: int, column: int) -> Box:
        """What the value of a cell can depend on: the part of it inside the frame."""
        width, height = self.frame
        if self.field is None:
            return Box(0.0, 0.0, float(width), float(height))
        box = self._around(row, column, self.field)
        left, top = min(max(box.x, 0.0), width), min(max(box.y, 0.0), height)
        right = min(max(box.x + box.width, left), width)
        bottom = min(max(box.y + box.height, top), height)
        return Box(left, top, right - left, bottom - top)

    def whole(self, rows: int, columns: int) -> Box:
        """The box of all cells of a map; it may reach over the frame or leave a border of it free."""
        first = self.cell(0, 0)
        return Box(first.x, first.y, columns * self.step[0], rows * self.step[1])

    def _around(self, row: float, column: float, size: tuple[float, float]) -> Box:
        x, y = self.first[0] + column * self.step[0], self.first[1] + row * self.step[1]
        return Box(x - size[0] / 2, y - size[1] / 2, *size)
