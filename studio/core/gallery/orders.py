"""The orders of crops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crops import Crops
from studio.core.gallery.fields import numbers
from studio.core.gallery.measures import KINDS


class Order(NamedTuple):
    """A line of `ORDERS`.

    Attributes:
        name: of a measure, or "frame" or "newest".
        title: in menus.
        descending: whether the largest comes first unless it is asked otherwise.
        ascending_says, descending_says: what comes first.
    """

    name: str
    title: str
    descending: bool
    ascending_says: str
    descending_says: str

    @property
    def measure(self) -> str:
        """The measure it goes by; "" for none."""
        return self.name if self.name in KINDS else ""


_ORDERS = (
    Order("frame", "Frame", False, "first frame first", "last frame first"),
    Order("newest", "Order of collecting", True, "oldest first", "newest first"),
    Order("doubt", "Doubt", True, "surest first", "most doubtful first"),
    Order("score", "Score", True, "lowest score first", "highest score first"),
    Order("suspicion", "Suspected error", True, "least suspect first", "most suspect first"),
    Order("uniqueness", "Uniqueness", True, "most alike first", "most unique first"),
    Order("outlier", "Outlier", True, "most usual first", "farthest from its label first"),
    Order("likeness", "Likeness", True, "least alike first", "most alike first"),
    Order("sharpness", "Sharpness", False, "blurriest first", "sharpest first"),
    Order("size", "Size", False, "smallest first", "largest first"),
)
ORDERS = {order.name: order for order in _ORDERS}


def arranged(crops: Crops, rows: NDArray[np.intp], order: str, descending: bool | None = None) -> NDArray[np.intp]:
    """`rows` in an order; equal ones stay as they were, and what is unknown comes last either way.

    Args:
        crops: the rows are of these.
        rows: intp `(m,)`.
        order: one of `ORDERS`.
        descending: None for what is usual.
    """
    down = ORDERS[order].descending if descending is None else descending
    keys = _keys(crops, order, rows)
    return rows[np.argsort(-keys if down else keys, kind="stable")]  # NaN sorts last


def _keys(crops: Crops, order: str, rows: NDArray[np.intp]) -> NDArray[np.int64] | NDArray[np.float32]:
    if order == "newest":
        return crops.table.ids[rows]
    if order == "frame":
        media = np.array(sorted(crops.media), np.int64)
        return (np.searchsorted(media, crops.table.media[rows]) << 40) + crops.table.frames[rows]
    return numbers(crops, order)[rows]
