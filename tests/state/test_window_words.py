"""The window names no command where it has words of its own: each is still said by the code that it is about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import studio
from studio.core.errors import InputError
from studio.core.project import SplitRow
from studio.core.training.splitting import split_examples
from studio.state.board import Board
from studio.state.window_words import _WORDS, in_the_window
from tests.core.project.split_material import crops_of


def test_an_error_of_both_is_said_without_the_command(qapp):
    from studio.ml.heads.training_set import check_enough

    board, said = Board(), []
    board.said.connect(lambda message: said.append(message.text))
    with pytest.raises(InputError, match="studio label") as refused:
        check_enough([], {}, 0)
    board.problem(refused.value, "fitting the head")
    assert len(said) == 1 and "studio" not in said[0] and "draw a box (W)" in said[0]
    assert in_the_window("A kept note; nothing else.") == "A kept note; nothing else."


def test_splits_that_leak_are_refused_in_the_words_of_the_window():
    halves = [SplitRow(1, 1, None, 0, 49, "train"), SplitRow(2, 1, None, 50, 99, "val")]
    crops = crops_of([(1, frame, 1, 0) for frame in range(100)], splits=halves)
    with pytest.raises(InputError, match="--allow-leaks") as refused:
        split_examples(crops, {1: 25.0}, np.zeros(100, np.uint64), leaks="refused", seed=0)
    said = in_the_window(str(refused.value))
    assert "studio" not in said and "--" not in said and "tick Allow leaks" in said


def test_every_command_that_is_replaced_is_said_somewhere():
    code = "".join(
        path.read_text("utf-8")
        for part in ("core", "ml")
        for path in (Path(studio.__file__).parent / part).rglob("*.py")
    )
    assert [command for command in _WORDS if command not in code] == []
