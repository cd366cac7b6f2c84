"""The matrix shows what is most often confused where there is no room for all."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from studio.core.judging import judge
from studio.views.judging.confusion import ConfusionMatrix


@pytest.fixture
def matrix(qtbot):
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    return matrix


def judged(count, mixed):
    """All right but for pairs of labels; label n is called "kind n"."""
    targets = np.concatenate([np.arange(count), [true for true, _ in mixed]])
    told = np.concatenate([np.arange(count), [said for _, said in mixed]])
    probabilities = np.eye(count, dtype=np.float32)[told]
    return judge(probabilities, targets, np.arange(len(targets)), [f"kind {n}" for n in range(count)])


def test_confused_labels_are_among_those_that_are_shown(matrix):
    matrix.resize(320, 400)
    matrix.set_judgement(judged(200, [(150, 7), (150, 7), (30, 199)]))
    assert 5 < matrix.count < 30
    said = [matrix.says(row, column) for row in range(matrix.count) for column in range(matrix.count)]
    assert "2 of 3 kind 150 were taken for kind 7" in said
    assert "1 of 2 kind 30 were taken for kind 199" in said


def test_cells_are_where_they_are_painted_at_any_width(matrix, qtbot):
    matrix.set_judgement(judged(3, [(0, 2)]))
    matrix.show()
    for width in (200, 320, 1200):
        matrix.resize(width, matrix.heightForWidth(width))
        assert matrix.rect().contains(matrix.cell(2, 2))
        told = []
        matrix.told.connect(told.append)
        qtbot.mouseMove(matrix, QPoint(1, 1))
        qtbot.mouseMove(matrix, matrix.cell(0, 2).center())
        assert told[-1] == "1 of 2 kind 0 were taken for kind 2"
        matrix.told.disconnect(told.append)


def test_labels_that_nobody_saw_or_said_take_no_room(matrix):
    matrix.resize(800, 400)
    probabilities = np.float32([[1, 0, 0], [0, 1, 0]])
    matrix.set_judgement(judge(probabilities, np.array([0, 1]), np.arange(2), ["a", "b", "never"]))
    assert matrix.count == 2
