"""Truth files: one line a frame, `x,y,w,h`, as the OTB benchmark writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError

ABSENT = "nan,nan,nan,nan"


def read_truth(path: Path) -> NDArray[np.float64]:
    """Read one box a frame; line 1 is frame 0. Commas, tabs, semicolons and spaces separate the numbers.

    Returns:
        `(frames, 4)`: x, y, width, height in pixels of the frame, a row of nan where the object is absent.
        A box without area counts as absent too: OTB files write `0,0,0,0` for it.

    Raises:
        InputError: the file is missing or no text, is empty, or a line is not four numbers.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no truth file (not text); give one with a line x,y,w,h for each frame") from None
    except OSError as error:
        raise InputError(f"cannot read the truth file {path}: {error.strerror}") from None
    lines = text.rstrip().splitlines()
    if not lines:
        raise InputError(f"the truth file {path} is empty; it needs a line x,y,w,h for each frame")
    return np.array([_row(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)], np.float64)


def write_truth(path: Path, boxes: NDArray[np.floating]) -> None:
    """Write `(frames, 4)` boxes to two decimals, one line a frame; a row with a nan becomes `nan,nan,nan,nan`."""
    rows = np.asarray(boxes, np.float64).reshape(-1, 4)
    lines = [ABSENT if np.isnan(row).any() else ",".join(f"{number:.2f}" for number in row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _row(line: str, where: str) -> list[float]:
    try:
        numbers = [float(part) for part in line.replace(",", " ").replace(";", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) != 4:
        raise InputError(f"{where}: not four numbers x,y,w,h: {line[:60]!r}")
    absent = np.isnan(numbers)
    if not absent.all() and not np.isfinite(numbers).all():
        raise InputError(f"{where}: some of the numbers are not finite; write {ABSENT} where the object is absent")
    width, height = numbers[2:]
    if width < 0 or height < 0:
        raise InputError(f"{where}: the box has a negative size: {line[:60]!r}")
    return [np.nan] * 4 if width == 0 or height == 0 else numbers
