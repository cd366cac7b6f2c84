"""How an explanation is coloured, and what is said of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from studio.controllers.features.reasons_words import coloured, facts_of, verdict_of


def test_colours_are_warm_for_cold_against_and_nothing_at_zero():
    values = np.array([[2.0, 1.0], [0.0, -1.0]], np.float32)
    pixels = coloured(values)
    alpha, red, green, blue = (pixels >> shift & 255 for shift in (24, 16, 8, 0))
    assert pixels[1, 0] == 0
    assert alpha[0, 0] > 250 and alpha[0, 1] == alpha[1, 1] == pytest.approx(128, abs=2)
    assert red[0, 1] > blue[0, 1] and blue[1, 1] > red[1, 1]
    assert (np.maximum(np.maximum(red, green), blue) <= alpha).all(), "premultiplied"
    assert not coloured(np.zeros((3, 4), np.float32)).any()


@pytest.mark.parametrize(
    ("correlation", "role", "words"),
    [
        (0.9, "bad", "says nothing"),
        (0.4, "doubtful", "Part of it"),
        (-0.2, "good", "learned"),
        (None, "good", "empty map"),
    ],
)
def test_the_verdict_follows_from_the_correlation(correlation, role, words):
    found = SimpleNamespace(
        values=np.eye(2),
        random=np.eye(2),
        correlation=correlation,
        learned=True,
        draws=1,
        layer="",
        from_grey=1.5,
        delta=-0.002,
    )
    text, how = verdict_of(found)
    assert how == role and words in text
    assert "+1.50" in facts_of(found)[-1] and "0.002" in facts_of(found)[-1]


def test_an_empty_map_is_said_to_be_empty():
    found = SimpleNamespace(values=np.zeros((2, 2)), correlation=None, learned=True)
    assert verdict_of(found)[1] == "doubtful"


def test_a_map_that_is_the_same_everywhere_was_not_learned():
    found = SimpleNamespace(values=np.full((2, 2), 0.5), correlation=None, learned=True)
    assert verdict_of(found) == ("The map is the same everywhere: it shows no place.", "doubtful")


def test_a_map_that_nobody_checked_says_so():
    found = SimpleNamespace(values=np.eye(2), random=None, correlation=None, learned=True)
    assert verdict_of(found) == ("Not yet checked against a network with random weights.", "doubtful")
