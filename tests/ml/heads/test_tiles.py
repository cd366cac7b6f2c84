"""Tiles as training examples: whole objects are positives, empty tiles negatives, cut objects neither."""

from __future__ import annotations

import pytest

from studio.core.geometry import Box
from studio.core.project import RegionRow, new_id
from studio.ml.crops import tile_side
from studio.ml.heads.tiles import tile_windows

BACKGROUND, CUP, HAND = 1, 2, 3


def region(label: int, box: Box, frame: int = 5) -> RegionRow:
    return RegionRow(new_id(), 9, frame, label, None, *map(float, box), "human", True, None, False, "visible")


@pytest.mark.parametrize("frame", range(8))
def test_windows_are_labelled_by_what_they_hold(frame):
    cup, hand = Box(30, 40, 60, 50), Box(500, 300, 80, 80)
    rows = [region(CUP, cup, frame), region(HAND, hand, frame), region(BACKGROUND, Box(300, 10, 64, 64), frame)]
    found = tile_windows(rows, BACKGROUND, 64, 640, 480)
    assert tile_side(64, 640, 480) == max(window.side for window, _ in found)
    for window, label in found:
        held = {name: share(window, box) for name, box in ((CUP, cup), (HAND, hand))}
        if label == BACKGROUND:
            assert held == {CUP: 0, HAND: 0}
        else:
            assert held.pop(label) >= 0.9
            assert not any(held.values())
    assert {label for _, label in found} >= {CUP, HAND}


def test_a_frame_without_objects_gives_nothing():
    assert tile_windows([region(BACKGROUND, Box(0, 0, 64, 64))], BACKGROUND, 64, 640, 480) == []


def share(window, box: Box) -> float:
    across = min(window.x + window.side, box.x + box.width) - max(window.x, box.x)
    down = min(window.y + window.side, box.y + box.height) - max(window.y, box.y)
    return max(across, 0) * max(down, 0) / (box.width * box.height)
