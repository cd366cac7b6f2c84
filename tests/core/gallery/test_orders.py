"""Orders against Python's own sort."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studio.core.gallery.fields import numbers
from studio.core.gallery.orders import ORDERS, arranged
from tests.core.gallery.many_crops import make_crops

CROPS = make_crops(400, seed=1)
ROWS = np.flatnonzero(CROPS.table.keyframes)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ["score", "doubt", "sharpness", "size", "uniqueness", "likeness"])
def test_by_a_measure_with_the_unknown_last_and_equal_ones_as_they_were(order, descending):
    values = numbers(CROPS, order).tolist()
    sign = -1 if descending else 1
    wanted = sorted(ROWS.tolist(), key=lambda row: (math.isnan(values[row]), sign * np.nan_to_num(values[row])))
    assert arranged(CROPS, ROWS, order, descending).tolist() == wanted


def test_by_frame_and_by_age():
    table = CROPS.table
    by_frame = sorted(ROWS.tolist(), key=lambda row: (table.media[row], table.frames[row], table.ids[row]))
    assert arranged(CROPS, ROWS, "frame").tolist() == by_frame
    assert arranged(CROPS, ROWS, "newest").tolist() == ROWS[::-1].tolist()
    assert arranged(CROPS, ROWS, "newest", False).tolist() == ROWS.tolist()


def test_none_at_all():
    assert [len(arranged(CROPS, ROWS[:0], name)) for name in ORDERS] == [0] * len(ORDERS)
