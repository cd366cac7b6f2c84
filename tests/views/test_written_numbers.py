"""Numbers in cells and sentences: short, whole where they are, and the same everywhere."""

from __future__ import annotations

import pytest

from studio.core.kernels.kernel import number_of
from studio.views.features.numbers import short, written


@pytest.mark.parametrize(
    ("number", "cell", "sentence"),
    [
        (0.0, "0", "0"),
        (1 / 3, "0.333", "0.333"),
        (-2.5, "−2.5", "−2.5"),
        (999.4, "999", "999"),
        (1000.0, "1000", "1,000"),
        (-1234.0, "−1234", "−1,234"),
        (99_999.0, "99999", "99,999"),
        (1e6, "1e6", "1,000,000"),
        (-123_456.0, "−1.23e5", "−123,456"),
        (1.5e-7, "1.5e−7", "1.5e−7"),
        (2.5e10, "2.5e10", "2.5e10"),
    ],
)
def test_numbers_are_short_and_whole(number, cell, sentence):
    assert (short(number), written(number)) == (cell, sentence)
    assert number_of(short(number)) == pytest.approx(number, rel=6e-3)  # what a cell says can be written into it
