"""The running lists hold what a full sort would put first, in whatever order the frames come."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.geometry import Box
from studio.core.top_places import SIDE, Strongest, TopPlaces, place_of, small

CHANNELS, COUNT = 7, 4


def offers(seed, ties):
    """Frames of two media with the values of all channels, coarse ones where `ties` are wanted."""
    rng = np.random.default_rng(seed)
    made = []
    for frame in range(60):
        values = rng.normal(size=CHANNELS)
        values = np.round(values) if ties else values
        made.append((1 + frame % 2, frame // 2, values.astype(np.float32)))
    return made


def found(values):
    count = len(values)
    return Strongest(values, np.tile([2.0, 1.0, 4.0, 3.0], (count, 1)), np.tile([3.0, 2.0], (count, 1)))


def collected(made, rate):
    lists = TopPlaces(CHANNELS, COUNT)
    for medium, frame, values in made:
        picture = np.full((8, 10, 3), frame, np.uint8)
        lists.add(medium, frame, place_of(medium, frame, rate), found(values), picture)
    return lists


def fully_sorted(made, channel, rate):
    """The best of each place by one sort of everything."""
    ordered = sorted((-float(values[channel]), medium, frame) for medium, frame, values in made)
    places, best = set(), []
    for value, medium, frame in ordered:
        place = medium, frame // max(round(rate), 1)
        if place not in places:
            places.add(place)
            best.append((medium, frame, -value))
    return best[:COUNT]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("rate", [0.0, 4.0])
@pytest.mark.parametrize("seed", range(4))
def test_they_equal_a_full_sort_in_any_order_of_the_frames(ties, rate, seed):
    made = offers(seed, ties)
    shuffled = [made[i] for i in np.random.default_rng(seed).permutation(len(made))]
    for lists in (collected(made, rate), collected(shuffled, rate), collected(made + shuffled, rate)):
        for channel in range(CHANNELS):
            entries = [(each.medium, each.frame, each.value) for each in lists.best(channel)]
            assert entries == fully_sorted(made, channel, rate)


def test_an_entry_comes_with_the_pixels_that_it_is_about():
    lists = TopPlaces(1, 2)
    picture = np.random.default_rng(0).integers(0, 256, (8, 10, 3), np.uint8)
    assert lists.add(5, 3, "here", found(np.array([1.5], np.float32)), picture) == 1
    (entry,) = lists.best(0)
    assert (entry.medium, entry.frame, entry.box, entry.spot, entry.value) == (5, 3, Box(2, 1, 4, 3), (3, 2), 1.5)
    np.testing.assert_array_equal(entry.picture, picture[1:4, 2:6])
    assert entry.picture.base is None  # it does not keep the frame alive


def test_what_is_no_number_comes_into_no_list():
    lists = TopPlaces(3, 2)
    values = np.array([np.nan, np.inf, 0.0], np.float32)
    assert lists.add(1, 0, "here", found(values), np.zeros((8, 10, 3), np.uint8)) == 1
    assert [len(lists.best(channel)) for channel in range(3)] == [0, 0, 1]


def test_cells_that_see_all_alike_have_no_spot():
    lists = TopPlaces(1, 2)
    seen = Strongest(np.ones(1, np.float32), np.array([[0.0, 0, 10, 8]]), np.full((1, 2), np.nan))
    lists.add(1, 0, "here", seen, np.zeros((8, 10, 3), np.uint8))
    assert lists.best(0)[0].spot is None


def test_pictures_keep_their_shape_and_are_never_enlarged():
    frame = np.zeros((200, 400, 3), np.uint8)
    assert small(frame, Box(0, 0, 400, 200)).shape == (SIDE // 2, SIDE, 3)
    assert small(frame, Box(10.2, 10.2, 4.1, 4.1)).shape == (5, 5, 3)
    assert small(frame, Box(399.5, 199.5, 40, 40)).shape == (1, 1, 3)


def test_a_second_of_one_thing_is_one_place():
    assert place_of(1, 0, 25.0) == place_of(1, 24, 25.0) != place_of(1, 25, 25.0)
    assert place_of(1, 0, 0.0) != place_of(1, 1, 0.0)  # pictures of a folder
    assert place_of(1, 0, 25.0, 7) != place_of(1, 0, 25.0, 8)
