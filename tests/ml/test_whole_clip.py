"""A head over a whole clip, as the window runs it."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.detections_file import read_detections
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.media.video import Video
from studio.core.project import Project
from studio.core.project.heads import head_folder
from studio.ml import whole_clip
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.heads.head import load_head
from studio.ml.live import LiveDetector, LiveRequest
from studio.ml.networks import Networks
from studio.ml.search.area import AreaSearch, shifted
from studio.ml.whole_clip import ClipRequest, run_clip
from tests.cli.conftest import fitted_once, labelled_once  # noqa: F401 - fixtures
from tests.moving_square import box_at


@pytest.fixture(scope="module")
def backbone():
    return load_backbone(None, choose("cpu"))


@pytest.fixture
def request_for(fitted_once):  # noqa: F811
    with Project.open(fitted_once) as project:
        medium, head = project.media()[0].id, head_folder(project, "head-1")
    return lambda **more: ClipRequest(fitted_once, medium, head, **more)


def test_it_publishes_every_frame_in_batches_and_counts(request_for, backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(whole_clip, "BATCH_FRAMES", 4)
    monkeypatch.setattr(whole_clip, "BATCH_SECONDS", 60)
    batches = []
    out, table = tmp_path / "f.jsonl", tmp_path / "f.csv"
    report = run_clip(request_for(start=50, out=out, csv=table), backbone, Control(on_partial=batches.append))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [row.frame for batch in batches for row in batch] == list(range(50, 60))
    assert (report.frames, report.complete, report.labels) == (10, True, ("square",)) and report.hits >= 8
    (line,) = report.table
    assert set(report.near_duplicates[line.track].tolist()) < set(report.tracks[0].frames.tolist())
    assert (line.label, line.first <= 51, line.last >= 58) == ("square", True, True)
    assert len(read_detections(out)[1]) == 10
    with table.open(newline="") as file:
        assert len(list(csv.reader(file))) == 1 + sum(len(row.detections) for batch in batches for row in batch)


def test_cancelling_keeps_what_was_found(request_for, backbone, tmp_path):
    def stop(rows):
        control.cancel()

    control = Control(on_partial=stop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_clip, "BATCH_FRAMES", 6)
        patch.setattr(whole_clip, "BATCH_SECONDS", 60)
        report = run_clip(request_for(out=tmp_path / "f.jsonl"), backbone, control)
    assert not report.complete and report.frames == 6
    assert len(read_detections(tmp_path / "f.jsonl")[1]) == 6
    assert len(report.tracks) == 1


def test_thresholds_are_by_label(request_for, backbone):
    report = run_clip(request_for(start=50, end=52, thresholds={"square": 1.0}), backbone, Control())
    assert report.hits <= 3 and all((track.scores >= 1.0).all() for track in report.tracks)


def test_only_the_area_is_searched(request_for, backbone):
    x, y, width, height = box_at(55)
    around = Box(x - 60, y - 60, width + 120, height + 120)
    report = run_clip(request_for(start=54, end=56, area=around), backbone, Control())
    (track,) = report.tracks
    for frame, box in zip(track.frames, track.boxes, strict=True):
        assert np.abs(np.array(box_at(int(frame))) - box).max() < 20
    away = Box(0, 0, 100, 100) if x > 160 else Box(220, 140, 100, 100)
    assert run_clip(request_for(start=54, end=56, area=away), backbone, Control()).hits == 0


def test_a_medium_that_left_the_project_is_one_line(request_for, backbone, fitted_once):  # noqa: F811
    request = ClipRequest(fitted_once, 5, request_for().head)
    with pytest.raises(InputError, match="no longer in the project"):
        run_clip(request, backbone, Control())
    with pytest.raises(InputError, match="no frame 99"):
        run_clip(request_for(start=99), backbone, Control())


def test_the_medium_is_never_written_to(request_for, backbone, fitted_once):  # noqa: F811
    clip = fitted_once / "media" / "clip.mp4"
    before = clip.read_bytes()
    with pytest.raises(InputError, match="is the medium itself"):
        run_clip(request_for(render=clip), backbone, Control())
    assert clip.read_bytes() == before


def test_what_is_remembered_of_looks_does_not_grow_with_flicker():
    looks = whole_clip._Looks(gap=2, least=3)
    noise = np.random.default_rng(1).integers(0, 255, (40, 40, 3), np.uint8)
    for frame in range(200):
        one = np.array([[2, 2, 30, 30]], np.float32)
        still = Detections(one, np.ones(1, np.float32), np.zeros(1, np.int64))
        looks.add(frame, noise, still, np.array([1 if frame < 50 else frame]))
    assert looks.near_duplicates(1).tolist() == list(range(1, 50))  # the first look is new, the others are as it was
    assert len(looks._open) <= 4 and list(looks._done) == [1]


def test_an_area_shows_half_an_object_more_and_gives_what_has_its_centre_in_it():
    class Corner:
        def detect(self, frame):
            self.shape = frame.shape
            boxes = np.array([[1, 2, 3, 4], [11, 2, 3, 4]], np.float32)
            return Detections(boxes, np.ones(2, np.float32), np.zeros(2, np.int64))

    corner, head = Corner(), SimpleNamespace(card=SimpleNamespace(window_side=12))
    frame, area = np.zeros((40, 60, 3), np.uint8), Box(10.5, -5, 20, 25)
    assert AreaSearch(corner, area, head).detect(frame).boxes.tolist() == [[15, 2, 3, 4]]  # 5.5: in the margin
    assert corner.shape == (26, 33, 3)  # to 20 + 6 rows, from 10.5 − 6 to 30.5 + 6 columns
    assert len(AreaSearch(corner, Box(100, 0, 20, 20), head).detect(frame)) == 0
    assert shifted(Box(30, 30, 5, 5), area, head, 60, 40) == Box(26, 30, 5, 5)
    assert shifted(None, area, head, 60, 40) is None and shifted(area, None, head, 60, 40) == area


def test_live_and_whole_clip_find_the_same_in_an_area(request_for, backbone, fitted_once, tmp_path):  # noqa: F811
    x, y, _, height = box_at(55)
    area = Box(x + 4, y - 10, 60, height + 20)  # its left edge cuts through the square
    run_clip(request_for(start=55, end=55, area=area, out=tmp_path / "f.jsonl"), backbone, Control())
    (row,) = read_detections(tmp_path / "f.jsonl")[1]
    head = load_head(request_for().head)
    with open_medium(fitted_once / "media" / "clip.mp4") as medium:
        request = LiveRequest(1, 55, 0.0, medium.frame(55), head, area=area)
    found = LiveDetector(Networks("cpu")).detect(request, Control()).detections.above(0.5)
    assert len(found) and row.detections.boxes == pytest.approx(found.boxes, abs=0.1)


def test_a_medium_that_breaks_on_the_way_keeps_what_was_found_before(request_for, backbone, tmp_path, monkeypatch):
    frames = Video.frames

    def cut_off(self, *which):
        for number, picture in frames(self, *which):
            if number == 57:
                raise InputError("it was changed")
            yield number, picture

    monkeypatch.setattr(Video, "frames", cut_off)
    report = run_clip(request_for(start=50, out=tmp_path / "f.jsonl"), backbone, Control())
    assert (report.frames, report.complete) == (7, False) and len(report.tracks) == 1
    assert report.problem == "ended after frame 56: it was changed; 7 frames were finished"
    assert len(read_detections(tmp_path / "f.jsonl")[1]) == 7
    with pytest.raises(InputError, match="it was changed"):
        run_clip(request_for(start=57), backbone, Control())
