"""Sizes as people read them."""

from __future__ import annotations

import pytest

from studio.core.files import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (40_000_000, "40.0 MB"),
        (2_000_000_000, "2.0 GB"),
        (3_210_000_000_000, "3,210.0 GB"),
    ],
)
def test_a_size_is_never_nothing_that_is_something(size: int, text: str) -> None:
    assert size_text(size) == text
