"""A chart of lines: where its numbers stand, and what it paints."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.views.chart import Chart, Line, ticks, written
from studio.views.theme import apply_theme


@pytest.mark.parametrize(
    ("between", "most", "whole", "expected"),
    [
        ((0.0, 1.0), 5, False, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((0.46, 0.83), 4, False, [0.5, 0.6, 0.7, 0.8]),
        ((1.0, 3.0), 8, True, [1, 2, 3]),
        ((1.0, 10.0), 5, True, [2, 4, 6, 8, 10]),
        ((0.5, 1.5), 8, True, [1]),
        ((-3e16, 1.7e17), 4, False, [0, 5e16, 1e17, 1.5e17]),
    ],
)
def test_ticks_are_round(between: tuple[float, float], most: int, whole: bool, expected: list[float]) -> None:
    assert ticks(between, most, whole) == pytest.approx(expected)


def test_ticks_are_written_shortly() -> None:
    numbers = (0.30000000000000004, 12.0, 0.0, 2e16, 1e-4)
    assert [written(each) for each in numbers] == ["0.3", "12", "0", "2e+16", "0.0001"]


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_lines_are_where_their_numbers_are(qtbot: QtBot, qapp: QApplication, choice: str) -> None:
    theme = apply_theme(qapp, choice)
    chart = Chart("recall", "precision")
    qtbot.addWidget(chart)
    chart.resize(300, 200)
    chart.set_lines([Line([(0.0, 0.5), (1.0, 0.5)])], (0.0, 1.0), (0.0, 1.0))
    picture = chart.grab().toImage()
    accent, base = QColor(theme.accent), QColor(theme.base)
    column = [picture.pixelColor(150, y) for y in range(200)]
    rows = [y for y, color in enumerate(column) if near(color, accent)]
    plot = chart._place(ticks((0.0, 1.0), 5))
    assert rows and abs(sum(rows) / len(rows) - plot.center().y()) <= 1
    assert near(picture.pixelColor(150, int(plot.center().y()) + 10), base)
    chart.set_lines([Line([(0.0, 0.5), (1.0, 0.5)], filled=True)], (0.0, 1.0), (0.0, 1.0))
    assert not near(chart.grab().toImage().pixelColor(150, int(plot.center().y()) + 10), base)


def test_one_point_and_none_are_painted_too(qtbot: QtBot) -> None:
    chart = Chart("", "loss")
    qtbot.addWidget(chart)
    chart.resize(200, 90)
    chart.set_lines([Line([])], (1.0, 1.0), (0.0, 1.0), whole=True)
    empty = chart.grab().toImage()
    chart.set_lines([Line([(1.0, 0.5)])], (1.0, 1.0), (0.5, 0.5), whole=True)
    assert chart.grab().toImage() != empty


def near(one: QColor, other: QColor) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one.getRgb(), other.getRgb(), strict=True))
