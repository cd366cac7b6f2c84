"""Scores of the active head: of a fit by frames, of a training by crops."""

from __future__ import annotations

from studio.state.session import ActiveHead
from studio.views.training_scores import AS_IT_IS, TOO_SHORT, UNTRAINED, UNVALIDATED, ScoresView


def head(**values: float) -> ActiveHead:
    part = {"precision": 0.9, "recall": 0.8, "f1": 0.85, **values}
    return ActiveHead("key", "mug", ("mug",), None, 0.85, {"mug": {"crop": part, "dense": None}})


def test_it_says_what_was_measured(qtbot):
    view = ScoresView()
    qtbot.addWidget(view)
    for shown, words, tip in (
        (head(crops=1200), "validation, 1,200 crops", "mug: crops on 1,200 crops"),
        (head(frames=45), "held-out two-second blocks, 45 frames", "mug: crops on 45 held-out frames"),
    ):
        view.set_head(shown)
        assert words in view._measured.text() and view._number.text() == "0.85"
        item = view.table.item(0, 0)
        assert item is not None and item.toolTip() == tip


def test_without_a_score_it_says_why(qtbot):
    view = ScoresView()
    qtbot.addWidget(view)
    none = {"mug": {"crop": None, "dense": None}}
    for shown, words in (
        (None, UNTRAINED),
        (ActiveHead("key", "live", ("mug",), None, None, none, positives=3), TOO_SHORT),
        (ActiveHead("key", "warm-up-1", ("mug",), None, None, {}), UNVALIDATED),
        (ActiveHead("key", "warm-up-1", ("mug",), None, None, none), UNVALIDATED),
        (ActiveHead("key", "as-is-1", ("tench",), None, None, {}, recipe="as-is"), AS_IT_IS),
    ):
        view.set_head(shown)
        assert view._measured.text() == words and not view._number.isVisibleTo(view)
