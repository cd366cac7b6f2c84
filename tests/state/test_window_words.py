"""The window names no command where it has words of its own: each is still said by the code that it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

import studio
from studio.core.errors import InputError
from studio.state.board import Board
from studio.state.window_words import _WORDS, in_the_window


def test_an_error_of_both_is_said_without_the_command(qapp):
    from studio.ml.heads.training_set import check_enough

    board, said = Board(), []
    board.said.connect(lambda message: said.append(message.text))
    with pytest.raises(InputError, match="studio label") as refused:
        check_enough([], {}, 0)
    board.problem(refused.value, "fitting the head")
    assert len(said) == 1 and "studio" not in said[0] and "draw a box (W)" in said[0]
    assert in_the_window("A kept note; nothing else.") == "A kept note; nothing else."


def test_every_command_that_is_replaced_is_said_somewhere():
    code = "".join(
        path.read_text("utf-8")
        for part in ("core", "ml")
        for path in (Path(studio.__file__).parent / part).rglob("*.py")
    )
    assert [command for command in _WORDS if command not in code] == []
