"""Cells of a grid: every place belongs to the cell that is drawn there, however large the grid."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect

from studio.views.gallery.layout import GAP, GridLayout


@pytest.mark.parametrize(("count", "width", "least"), [(1, 30, 64), (7, 300, 64), (10_000_000, 1913, 100)])
def test_cells_fill_the_width_and_are_found_where_they_are(count, width, least):
    cells = GridLayout(count, width, least)
    assert cells.side >= min(least, width - 2 * GAP)
    assert cells.rect(0).right() < width
    if cells.columns > 1:
        assert 0 <= width - GAP - cells.columns * cells.cell < cells.columns
    for row in {0, count // 2, count - 1}:
        rect = cells.rect(row)
        assert cells.nearest(rect.center()) == row
        assert row in cells.rows_between(rect.top(), rect.bottom())
        assert cells.runs_in(rect) == [(row, row)]
    assert cells.rect(count - 1).bottom() + GAP < cells.height


def test_places_outside_belong_to_the_nearest_cell():
    cells = GridLayout(10, 300, 64)  # four columns
    assert cells.columns == 4
    assert cells.nearest(QPoint(-50, -50)) == 0 and cells.nearest(QPoint(1000, -50)) == 3
    assert cells.nearest(QPoint(1000, 10_000)) == 9
    assert GridLayout(0, 300, 64).nearest(QPoint(5, 5)) == -1


def test_a_rectangle_meets_a_run_in_each_line():
    cells = GridLayout(10, 300, 64)
    corner = QRect(cells.rect(1).center(), cells.rect(6).center())
    assert cells.runs_in(corner) == [(1, 2), (5, 6)]
    assert cells.runs_in(QRect(0, 0, 5000, 5000)) == [(0, 3), (4, 7), (8, 9)]
    assert cells.runs_in(QRect(1, 1, 2, 2)) == []


def test_the_cursor_stays_in_the_grid():
    cells = GridLayout(10, 300, 64)
    assert [cells.moved(0, step) for step in (-1, -4, 1, 4)] == [0, 0, 1, 4]
    assert cells.moved(9, 1) == 9 and cells.moved(7, 4) == 9 and cells.moved(9, 4) == 9
