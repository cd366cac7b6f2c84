"""Cells of a map in the frame, worked by hand."""

from __future__ import annotations

from studio.core.geometry import Box
from studio.core.map_place import MapPlace


def test_cells_lie_beside_each_other_and_fields_around_their_centres():
    place = MapPlace((4.0, 2.0), (8.0, 4.0), (20.0, 10.0), (100, 60))
    assert place.cell(0, 0) == Box(0, 0, 8, 4)
    assert place.cell(2, 3) == Box(24, 8, 8, 4)
    assert place.whole(5, 12) == Box(0, 0, 96, 20)
    assert place.receptive_field(5, 6) == Box(42, 17, 20, 10)


def test_a_field_ends_where_the_frame_does():
    place = MapPlace((4.0, 2.0), (8.0, 4.0), (20.0, 10.0), (100, 60))
    assert place.receptive_field(0, 0) == Box(0, 0, 14, 7)
    assert place.receptive_field(14, 12) == Box(90, 53, 10, 7)


def test_a_cell_that_sees_everything_says_so():
    assert MapPlace((50, 30), (100, 60), None, (100, 60)).receptive_field(0, 0) == Box(0, 0, 100, 60)
