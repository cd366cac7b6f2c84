"""A kernel: a small square of numbers that is laid over every patch of a picture."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, RootModel, field_validator, model_serializer, model_validator

from studio.core.errors import InputError

SIDES = (3, 5, 7)
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False, strict=True)]
Rows = tuple[tuple[Number, ...], ...]


class Kernel(RootModel[Rows]):
    """Three, five or seven rows of as many numbers; in JSON these rows, or the name of a preset.

    Attributes:
        root: the rows, from top to bottom.
    """

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        if not isinstance(value, str):
            return value
        if value not in PRESETS:
            raise ValueError(_unknown(value))
        return PRESETS[value].root

    @field_validator("root")
    @classmethod
    def _square(cls, rows: Rows) -> Rows:
        if len(rows) not in SIDES or any(len(row) != len(rows) for row in rows):
            raise ValueError("a kernel has 3, 5 or 7 rows of as many numbers")
        return rows

    @model_serializer
    def _as_file(self) -> str | Rows:
        return self.name or self.root

    @property
    def side(self) -> int:
        return len(self.root)

    @property
    def name(self) -> str:
        """Of the preset with these numbers; "" where there is none."""
        return next((name for name, preset in PRESETS.items() if preset.root == self.root), "")

    @property
    def array(self) -> NDArray[np.float64]:
        """`(side, side)`."""
        return np.array(self.root, np.float64)

    def resized(self, side: int) -> Kernel:
        """With `side` rows: zeros around it, or without its border; the centre stays the centre."""
        more = (side - self.side) // 2
        array = np.pad(self.array, more) if more > 0 else self.array[-more : self.side + more, -more : self.side + more]
        return Kernel(tuple(map(tuple, array.tolist())))


def of_numbers(numbers: list[float]) -> Kernel:
    """The kernel of 9, 25 or 49 numbers, row by row.

    Raises:
        InputError: another count of numbers, or one that is not finite or too large.
    """
    side = math.isqrt(len(numbers))
    if side not in SIDES or side * side != len(numbers):
        raise InputError(f"a kernel has 9, 25 or 49 numbers, row by row; these are {len(numbers)}")
    if not all(abs(number) <= 1e6 for number in numbers):
        raise InputError("a number of the kernel is none, or is larger than 1,000,000")
    return Kernel(tuple(tuple(numbers[row * side : (row + 1) * side]) for row in range(side)))


def number_of(text: str) -> float:
    """A number as people write it: "2", "-0.5", "−0.5", "1/9".

    Raises:
        ValueError: it is none.
    """
    above, slash, below = text.strip().replace("−", "-").partition("/")
    if not slash:
        return float(above)
    if not float(below):
        raise ValueError(f"{text} divides by zero")
    return float(above) / float(below)


def parse_kernel(text: str) -> Kernel:
    """A kernel as it is typed: the name of a preset, or its numbers with blanks or commas between; see `number_of`.

    Raises:
        InputError: neither; says which presets there are, or how many numbers were expected.
    """
    words = re.split(r"[\s,;]+", text.strip())
    try:
        numbers = [number_of(word) for word in words]
    except ValueError:
        numbers = []
    if numbers:
        return of_numbers(numbers)
    name = text.strip()
    if name not in PRESETS:
        raise InputError(_unknown(name))
    return PRESETS[name]


def _unknown(name: str) -> str:
    return f"unknown kernel {name!r}; there are: {', '.join(PRESETS)}, or write 9, 25 or 49 numbers"


def _preset(*numbers: float) -> Kernel:
    return of_numbers(list(numbers))


# By the edges that they find: the first four answer to the line between bright and dark that runs as they are called.
PRESETS: dict[str, Kernel] = {
    "horizontal": _preset(1, 1, 1, 0, 0, 0, -1, -1, -1),
    "vertical": _preset(-1, 0, 1, -1, 0, 1, -1, 0, 1),
    "diagonal-ul-lr": _preset(0, 1, 0, -1, 0, 1, 0, -1, 0),
    "diagonal-ll-ur": _preset(0, 1, 0, 1, 0, -1, 0, -1, 0),
    "laplacian": _preset(0, -1, 0, -1, 4, -1, 0, -1, 0),
    "sobel-h": _preset(-1, -2, -1, 0, 0, 0, 1, 2, 1),
    "sobel-v": _preset(-1, 0, 1, -2, 0, 2, -1, 0, 1),
    "emboss": _preset(-2, -1, 0, -1, 1, 1, 0, 1, 2),
    "blur": _preset(*[1 / 9] * 9),
    "sharpen": _preset(0, -1, 0, -1, 5, -1, 0, -1, 0),
    "identity": _preset(0, 0, 0, 0, 1, 0, 0, 0, 0),
}
TITLES = {
    "horizontal": "Horizontal edges",
    "vertical": "Vertical edges",
    "diagonal-ul-lr": "Diagonal edges ╲",
    "diagonal-ll-ur": "Diagonal edges ╱",
    "laplacian": "Laplacian",
    "sobel-h": "Sobel H",
    "sobel-v": "Sobel V",
    "emboss": "Emboss",
    "blur": "Blur",
    "sharpen": "Sharpen",
    "identity": "Identity",
}
