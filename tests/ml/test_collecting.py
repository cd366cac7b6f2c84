"""What following leaves in the project, with a network that sees nothing but colours."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from studio.core.feature_cache import FeatureCache
from studio.core.follow import DRIFTED_AWAY, LOST, Stop
from studio.core.geometry import Box, intersections
from studio.core.project import BACKGROUND, Edit, MediumRow, Project, RegionRow, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.ml import collecting
from studio.ml.collecting import BATCH, Collector, Seen
from studio.ml.drift import Drift
from studio.ml.near_duplicates import NearDuplicates
from studio.ml.storing import Store
from studio.ml.trackers.base import Tracked
from studio.ml.trails import DRIFTED, MOST_SUSPECTS, Trail

WIDTH, HEIGHT, BOX = 320, 240, Box(40, 60, 50, 50)


class Colours:
    """A backbone whose embedding is the mean colour."""

    input_size, embedding_size, embedding_identity = 64, 3, ("mean colour",)

    def embed(self, crops):
        return crops.mean((1, 2)).astype(np.float32) + 1


def picture(number, box=BOX, there=True):
    """A red object with stripes that differ from frame to frame, on green."""
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame[..., 1] = np.random.default_rng(number).integers(100, 140, (HEIGHT, WIDTH))
    if there:
        x, y, w, h = (int(v) for v in box)
        stripes = np.random.default_rng(1000 + number).integers(150, 255, (4, 4, 1), np.uint8)
        frame[y : y + h, x : x + w] = np.kron(stripes, np.ones((13, 13, 1), np.uint8))[:h, :w] * [1, 0, 0]
    return frame


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as opened:
        yield opened


@pytest.fixture
def medium(project):
    row = MediumRow(new_id(), "media/clip.mp4", "video", 10, "a" * 64, 10_000, WIDTH, HEIGHT)
    project.apply(Edit.rows("add clip.mp4", [row]))
    return row


class One:
    """Collects one object; `finish` says where it was lost, if it was."""

    def __init__(self, project, medium, name):
        label = next((row for row in project.labels() if row.name == name), None) or make_label(project, name)
        track = TrackRow(new_id(), medium.id, label.id)
        self.trail = Trail(label, track, (label, track))
        store = Store(project, medium, [self.trail], project.new_group())
        self._collector = Collector(store, [self.trail], Colours(), FeatureCache(None))

    @property
    def collected(self):
        return self.trail.collected

    def add(self, frame, picture, tracked, drawn=False):
        self._collector.add(frame, picture, [Seen(self.trail, tracked, drawn)])
        return self.trail.stop

    def finish(self, lost_at=None):
        if lost_at is not None:
            self._collector.end(self.trail, Stop(lost_at, LOST))
        self._collector.finish()
        return self.trail.stop


def collector(project, medium, name="thing"):
    return One(project, medium, name)


def objects(project, name="thing"):
    return project.regions(label=project.label(name).id)


def background(project):
    return project.regions(label=project.label(BACKGROUND).id)


def feed(taker, numbers, score=1.0, there=True):
    for number in numbers:
        stop = taker.add(number, picture(number, there=there), Tracked(BOX, score), drawn=number == 0)
        if stop:
            return stop
    return None


def test_every_followed_frame_gets_a_region_and_negatives(project, medium):
    taker = collector(project, medium)
    assert feed(taker, range(40)) is None and taker.finish() is None
    rows = objects(project)
    assert [row.frame for row in rows] == list(range(40))
    assert [(row.author, row.keyframe) for row in rows[:2]] == [("human", True), ("tracker", False)]
    assert len({row.track for row in rows}) == 1
    assert {row.frame for row in background(project)} == set(range(40))
    boxes = np.array([(row.x, row.y, row.width, row.height) for row in background(project)])
    assert not intersections(boxes, np.array([BOX])).any()
    assert (taker.collected.frames, taker.collected.last) == (40, 39)
    assert taker.collected.negatives == len(background(project))
    assert all("clip.mp4 is missing" in problem for problem in project.check())


def test_all_of_it_is_one_step_of_the_history(project, medium):
    taker = collector(project, medium)
    feed(taker, range(50))
    taker.finish()
    rows = project.regions()
    assert project.undo() == ["follow thing in clip.mp4"]
    assert project.regions() == [] and [row.name for row in project.labels()] == [BACKGROUND]
    project.redo()
    assert project.regions() == rows


def test_where_the_tracker_was_lost_the_unsure_frames_before_it_go(project, medium):
    taker = collector(project, medium)
    feed(taker, range(20))
    feed(taker, range(20, 26), score=0.1)
    assert taker.finish(lost_at=26) == Stop(20, LOST)
    assert [row.frame for row in objects(project)] == list(range(20))


def test_unsure_frames_that_end_well_stay_as_occluded_and_have_no_negatives(project, medium):
    taker = collector(project, medium)
    feed(taker, range(20))
    feed(taker, range(20, 26), score=0.1)
    feed(taker, range(26, 30))
    assert taker.finish() is None
    rows = objects(project)
    assert [row.frame for row in rows] == list(range(30))
    assert [row.frame for row in rows if row.state == "occluded"] == list(range(20, 26))
    assert not any(20 <= row.frame < 26 for row in background(project))


def test_what_looks_like_background_stops_it_at_the_first_such_frame(project, medium):
    taker = collector(project, medium)
    assert feed(taker, range(21)) is None
    stop = feed(taker, range(21, 100), there=False)
    assert stop == taker.finish() == Stop(21, DRIFTED_AWAY)
    assert [row.frame for row in objects(project)] == list(range(21))


def test_a_short_lapse_does_not_stop_it(project, medium):
    taker = collector(project, medium)
    feed(taker, range(20))
    assert feed(taker, range(20, 20 + DRIFTED - 1), there=False) is None
    assert feed(taker, range(20 + DRIFTED - 1, 60)) is None
    assert taker.finish() is None
    assert [row.frame for row in objects(project)] == list(range(60))


def test_few_frames_wait_for_a_verdict_and_none_holds_its_crops(project, medium):
    taker = collector(project, medium)
    feed(taker, range(16))
    feed(taker, range(16, 16 + 3 * MOST_SUSPECTS), score=0.1)
    assert len(taker.trail.suspects) <= MOST_SUSPECTS + BATCH
    assert all(not suspect.crops.size for suspect in taker.trail.suspects)
    taker.finish()
    assert [row.frame for row in objects(project)] == list(range(16 + 3 * MOST_SUSPECTS))


def test_after_a_failed_write_nothing_later_is_stored(project, medium, monkeypatch):
    taker = collector(project, medium)
    feed(taker, range(32))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(project, "apply", full)
        with pytest.raises(OSError):
            feed(taker, range(32, 48))
    taker.finish()  # there is room again, but a track has no holes
    assert [row.frame for row in objects(project)] == list(range(32))


def test_stored_negatives_that_a_second_object_touches_go_and_undo_brings_them_back(project, medium):
    first = collector(project, medium, "first")
    feed(first, range(10))
    first.finish()
    before = background(project)
    victim = next(row for row in before if row.frame == 4)
    second = collector(project, medium, "second")
    box = Box(victim.x + 5, victim.y + 5, 40, 40)
    for number in range(10):
        second.add(number, picture(number, box), Tracked(box, 1.0), drawn=number == 0)
    second.finish()
    taken = np.array([BOX, box])
    for row in background(project):
        assert not intersections(np.array([(row.x, row.y, row.width, row.height)]), taken).any()
    assert victim not in background(project)
    assert {row.frame for row in objects(project, "second")} == set(range(10))
    project.undo()
    assert background(project) == before


def test_near_identical_crops_are_flagged_but_stored(project, medium):
    taker = collector(project, medium)
    for number in range(20):
        taker.add(number, picture(0), Tracked(BOX, 1.0), drawn=number == 0)
    taker.finish()
    rows = objects(project)
    assert [row.near_duplicate for row in rows] == [False] + [True] * 19
    assert taker.collected.near_duplicates >= 19


def test_a_batch_is_one_transaction(project, medium):
    taker = collector(project, medium)
    before = project.position
    feed(taker, range(collecting.BATCH))
    assert project.position == before + 1


def test_near_duplicates_are_compared_with_the_last_kept_ones_only():
    random = np.random.default_rng(0)
    crops = random.integers(0, 256, (20, 64, 64, 3), np.uint8)
    seen = NearDuplicates()
    assert not any(seen.is_one(crop) for crop in crops)
    assert seen.is_one(crops[-1]) and seen.is_one(np.clip(crops[-1].astype(int) + 3, 0, 255).astype(np.uint8))
    assert not seen.is_one(crops[0])  # long ago


def test_drift_knows_what_was_seen_before_as_background():
    drift, random = Drift(), np.random.default_rng(0)

    def near(axis):
        vector = random.normal(0, 0.05, 8)
        vector[axis] += 1
        return vector.astype(np.float32)

    for _ in range(30):
        assert not drift.looks_like_background(near(0), np.stack([near(1), near(2)]))
    assert drift.looks_like_background(near(1), np.stack([near(1)]))
    assert not drift.looks_like_background(near(0), np.stack([near(1)]))


def test_regions_of_a_stranger_do_not_move(project, medium):
    """A region that a person drew on a followed frame stays, and no negative touches it."""
    label = make_label(project, "other")
    row = RegionRow(
        new_id(), medium.id, 3, label.id, None, 200.0, 100.0, 60.0, 60.0, "human", True, None, False, "visible"
    )
    project.apply(Edit.rows("draw", [label, row]))
    taker = collector(project, medium)
    feed(taker, range(8))
    taker.finish()
    assert objects(project, "other") == [row]
    for negative in background(project):
        if negative.frame == 3:
            window = np.array([(negative.x, negative.y, negative.width, negative.height)])
            assert not intersections(window, np.array([(200, 100, 60, 60)])).any()
