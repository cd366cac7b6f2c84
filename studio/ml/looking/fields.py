"""What the cells of a map see of a picture, as intervals of pixels.

A cell of a map sees an interval of pixels along each direction. A window of k values (a convolution, a pooling) with
dilation d, padding p and stride s makes of [low, high] and the cell distance j the interval
[low - p·j, high + ((k - 1)·d - p)·j] and the distance s·j (Araujo, Norris and Sim, "Computing receptive fields of
convolutional neural networks", Distill 2019, as intervals).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """What the cells of a map see along one direction, in pixels.

    Attributes:
        low: first pixel that cell 0 sees; negative where it begins in the padding.
        high: last pixel that cell 0 sees.
        stride: from one cell to the next; 0 where all were joined and no place is left.
        centre: of cell 0.
        cells: how many there are.
    """

    low: float
    high: float
    stride: float
    centre: float
    cells: int

    @property
    def size(self) -> float:
        """How many pixels a cell sees; infinite where it sees all of them."""
        return self.high - self.low + 1

    def through(self, kernel: int, stride: int, padding: int, dilation: int, cells: int) -> Interval:
        """What the cells see behind a window over these."""
        reach = (kernel - 1) * dilation
        return Interval(
            self.low - padding * self.stride,
            self.high + (reach - padding) * self.stride,
            self.stride * stride,
            self.centre + (reach / 2 - padding) * self.stride,
            cells,
        )

    def joined(self) -> Interval:
        """What one cell sees that reads all of these."""
        high = self.high + self.stride * (self.cells - 1)
        return Interval(self.low, high, 0.0, 0.0, 1)


@dataclass(frozen=True)
class Field:
    """What the values of a tensor see.

    Attributes:
        rows: vertically.
        columns: horizontally.
        places: the axes of the tensor that go over rows and columns; one axis where both lie in it (tokens), none
            where a value has no place any more.
    """

    rows: Interval
    columns: Interval
    places: tuple[int, ...]

    @property
    def single(self) -> bool:
        """Whether it is one cell."""
        return self.rows.cells == self.columns.cells == 1

    def joined(self, places: tuple[int, ...] = ()) -> Field:
        """One cell that reads all of these."""
        return Field(self.rows.joined(), self.columns.joined(), places)


def whole(cells: tuple[int, int], places: tuple[int, ...]) -> Field:
    """Cells that see the whole picture and have no place of their own in it."""
    rows, columns = (Interval(-math.inf, math.inf, 0.0, 0.0, count) for count in cells)
    return Field(rows, columns, places)
