"""The talk's search modes as state machines, with a head whose hits the test decides."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.plugins import search_modes
from studio.ml.crops import tile_side
from studio.ml.search import coarse
from studio.ml.search.base import make_search
from studio.ml.search.coarse import FixedSearch, TileSearch, TrackSearch, four_windows

INPUT = 64


class Scripted:
    """Stands for backbone and head: embeds a crop as its number, and scores by what `hits` says of it."""

    input_size = INPUT

    def __init__(self, window_side=INPUT):
        self.hits: set[int] = set()
        self.card = SimpleNamespace(window_side=window_side, recipe="svm")
        self.parts = [self.scores]

    def embed(self, crops):
        return np.arange(len(crops))[:, None]

    def crop_scores(self, numbers):
        return np.stack([part(numbers) for part in self.parts], axis=1)

    def scores(self, numbers):
        return np.array([0.9 if int(number) in self.hits else 0.1 for (number,) in numbers], np.float32)


def boxes_of(found):
    return sorted(tuple(box) for box in found.boxes.tolist())


def clipped(windows, width, height):
    return sorted(
        (max(x, 0), max(y, 0), min(x + s, width) - max(x, 0), min(y + s, height) - max(y, 0)) for x, y, s in windows
    )


@given(st.integers(1, 2200), st.integers(1, 2200), st.sampled_from([32, 64, 224]))
@settings(max_examples=300, deadline=None)
def test_four_overlapping_tiles_cover_every_pixel(width, height, size):
    side = tile_side(size, width, height)
    windows = four_windows(width / 2, height / 2, side, width, height)
    covered = np.zeros((height, width), bool)
    for x, y, s in windows:
        assert s == side
        covered[max(y, 0) : y + s, max(x, 0) : x + s] = True
    assert covered.all()
    if side < width:
        assert windows[0].x + side > windows[1].x  # they overlap


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (320, 240), (3000, 200), (64, 64), (20, 12)])
def test_search_looks_at_the_whole_frame(size):
    width, height = size
    head = Scripted()
    found = TileSearch(head, head).detect(np.zeros((height, width, 3), np.uint8))
    assert 1 <= len(found) <= 4 and (found.scores < 0.5).all()
    boxes = found.boxes
    assert boxes[:, :2].min() == 0
    assert (boxes[:, 0] + boxes[:, 2]).max() == width and (boxes[:, 1] + boxes[:, 3]).max() == height


def test_a_hit_hands_over_to_track_which_halves_only_when_exactly_one_window_hit():
    head, frame = Scripted(), np.zeros((480, 640, 3), np.uint8)
    search = TileSearch(head, head)
    whole = boxes_of(search.detect(frame))
    assert search.mode == "search"

    head.hits = {0, 1, 2, 3}
    search.detect(frame)
    assert search.mode == "track"
    head.hits = {0, 1}  # the upper two
    side = tile_side(INPUT, 640, 480)
    windows = four_windows(320, 240, side, 640, 480)
    assert boxes_of(search.detect(frame)) == clipped(windows, 640, 480)  # four hits: around the middle, same size

    head.hits = {2}
    centre = np.mean([(w.x + w.side / 2, w.y + w.side / 2) for w in windows[:2]], axis=0)
    windows = four_windows(*centre, side, 640, 480)
    assert boxes_of(search.detect(frame)) == clipped(windows, 640, 480)  # two hits: their mean, same size

    only = windows[2]
    windows = four_windows(only.x + side / 2, only.y + side / 2, side // 2, 640, 480)
    assert boxes_of(search.detect(frame)) == clipped(windows, 640, 480)  # one hit: half the size

    head.hits = set()
    search.detect(frame)
    assert search.mode == "search" and boxes_of(search.detect(frame)) == whole


def test_windows_never_shrink_below_the_backbones_input():
    head, frame = Scripted(), np.zeros((480, 640, 3), np.uint8)
    search = TileSearch(head, head)
    head.hits = {0}
    for _ in range(12):
        found = search.detect(frame)
    assert found.boxes[:, 2:].min() == INPUT


def test_a_frame_smaller_than_the_input_is_searched_too():
    head = Scripted()
    head.hits = {0, 1, 2, 3}
    search = TileSearch(head, head)
    for _ in range(3):
        found = search.detect(np.zeros((30, 20, 3), np.uint8))
        assert (found.boxes == [0, 0, 20, 30]).all()


def test_fixed_looks_at_the_centre_with_the_size_it_was_trained_on():
    head = Scripted(window_side=100)
    found = FixedSearch(head, head).detect(np.zeros((480, 640, 3), np.uint8))
    assert found.boxes.tolist() == [[270, 190, 100, 100]]
    assert FixedSearch(head, head).detect(np.zeros((40, 60, 3), np.uint8)).boxes.tolist() == [[0, 0, 60, 40]]


def test_track_starts_at_the_last_labelled_box_and_then_does_as_search():
    head, frame = Scripted(), np.zeros((480, 640, 3), np.uint8)
    search = TrackSearch(head, head, Box(500, 50, 80, 60))
    assert boxes_of(search.detect(frame)) == clipped(four_windows(540, 80, 80, 640, 480), 640, 480)
    whole = tile_side(INPUT, 640, 480)
    assert search.detect(frame).boxes[:, 2].max() == whole  # no hit: back to search
    assert TrackSearch(head, head).detect(frame).boxes[:, 2].max() == whole  # no box: it searches from the start


def test_the_best_label_of_a_window_counts_and_the_best_window_comes_first():
    head = Scripted()
    head.parts.append(lambda numbers: np.array([0.2, 0.95, 0.0, 0.3][: len(numbers)], np.float32))
    head.hits = {0}
    found = TileSearch(head, head).detect(np.zeros((480, 640, 3), np.uint8))
    assert found.label_ids.tolist() == [1, 0, 1, 0] and found.scores.tolist() == sorted(found.scores, reverse=True)


def test_every_mode_in_the_table_loads():
    assert search_modes.names == ["fixed", "search", "track", "dense"]
    assert [entry.load().__name__ for entry in search_modes] == [
        "FixedSearch", "TileSearch", "TrackSearch", "DenseSearch"
    ]  # fmt: skip
    assert coarse.DECISION == 0.5


def test_an_unknown_mode_names_those_there_are():
    with pytest.raises(InputError, match="unknown search mode 'fast'; there are: fixed, search, track, dense"):
        make_search("fast", Scripted(), Scripted())
