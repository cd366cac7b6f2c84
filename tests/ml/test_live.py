"""Live detection: one search that goes on while frames do, the search area, and a GPU whose memory is full."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.geometry import Box, iou_matrix
from studio.ml.heads.fit import fit
from studio.ml.heads.head import save_head
from studio.ml.live import LiveDetector, LiveRequest, SavedHead
from studio.ml.networks import FULL, Networks, leave_a_core
from studio.ml.recent_levels import MOST_FRAMES, RecentLevels
from tests.ml.taught_project import make_project
from tests.moving_square import HEIGHT, WIDTH, box_at, picture


@pytest.fixture(scope="module")
def networks():
    return Networks("cpu")


@pytest.fixture(scope="module")
def head(networks, tmp_path_factory):
    with make_project(tmp_path_factory.mktemp("live")) as project:
        return fit(project, "h", networks.backbone(), "rbf", 0, Control()).head


def request(head, number, mode="dense", **changes):
    return LiveRequest(7, number, number / 10, picture(number), head, mode, **changes)


def overlap(result, box):
    return float(iou_matrix(result.detections.above(0.5).boxes, np.array([box]))[:, 0].max(initial=0))


def test_finds_the_object_and_says_where_it_belongs(networks, head):
    result = LiveDetector(networks).detect(request(head, 5), Control())
    assert overlap(result, box_at(5)) > 0.5
    assert (result.medium, result.frame, result.time, result.labels, result.head) == (7, 5, 0.5, ("cup",), "h")
    assert result.seconds > 0 and result.note is None


def test_only_what_has_its_centre_in_the_area_is_found_there(networks, head):
    detector, box = LiveDetector(networks), box_at(5)
    x, y = box.centre
    around = Box(x - 30, y - 30, 60, 60)
    whole = detector.detect(request(head, 5), Control())
    inside = detector.detect(request(head, 5, area=around), Control())
    assert overlap(inside, box) > 0.5 and overlap(whole, box) > 0.5
    centres = inside.detections.boxes[:, :2] + inside.detections.boxes[:, 2:] / 2
    assert ((centres >= around[:2]) & (centres <= np.add(around[:2], 60))).all()
    beside = detector.detect(request(head, 5, area=Box(x + 2, y - 30, 60, 60)), Control())
    assert overlap(beside, box) == 0
    nowhere = detector.detect(request(head, 5, area=Box(-500, -500, 20, 20)), Control())
    assert len(nowhere.detections) == 0
    assert {x <= WIDTH and y <= HEIGHT for x, y in centres} == {True}


def test_a_search_goes_on_until_something_else_is_asked(networks, head):
    detector, far = LiveDetector(networks), Box(0, 170, 48, 48)
    first = detector.detect(request(head, 4, "track", start=box_at(4)), Control())
    assert len(first.detections) <= 4 and first.detections.boxes[:, 2].max() == 64  # around the start, as large as it
    again = detector.detect(request(head, 5, "track", start=far), Control())
    centre = again.detections.boxes[:, :2].mean(0) + 32
    assert np.abs(centre - np.array(box_at(5).centre)).max() < 64  # goes on where it was
    back = detector.detect(request(head, 3, "track", start=far), Control())  # jumped back: begins anew
    assert (back.detections.boxes[:, 1] > 100).all()
    other = detector.detect(replace(request(head, 6, "track", start=box_at(6)), medium=8), Control())
    assert overlap(other, box_at(6)) > 0.1


def test_a_saved_head_is_read_once_and_must_be_what_it_was(networks, head, tmp_path):
    saved = save_head(head, tmp_path / "kept")
    detector, asked = LiveDetector(networks), SavedHead(tmp_path / "kept", saved.card.sha256)
    found = detector.detect(request(asked, 5), Control())
    assert found.head == "kept" and overlap(found, box_at(5)) > 0.5
    (tmp_path / "kept" / "weights.safetensors").unlink()
    assert overlap(detector.detect(request(asked, 6), Control()), box_at(6)) > 0.5
    save_head(head, tmp_path / "other")
    with pytest.raises(InputError, match="was changed"):
        detector.detect(request(SavedHead(tmp_path / "other", "0" * 64), 7), Control())


def test_stops_when_asked(networks, head):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        LiveDetector(networks).detect(request(head, 5), control)


def test_maps_of_a_frame_are_computed_once_and_few_frames_are_kept(networks, head, monkeypatch):
    backbone, recent = networks.backbone(), RecentLevels()
    exponents = head.dense[0].exponents
    first = recent.levels(backbone, picture(5), exponents, (7, 5, None))
    calls = []
    monkeypatch.setattr(type(backbone), "_maps", lambda self, pictures: calls.append(1))
    again = recent.levels(backbone, picture(5), exponents, (7, 5, None))
    assert [level.features is other.features for level, other in zip(first, again, strict=True)] == [True] * len(first)
    assert not calls
    monkeypatch.undo()
    for number in range(6, 6 + MOST_FRAMES):
        recent.levels(backbone, picture(number), exponents[:1], (7, number, None))
    renewed = recent.levels(backbone, picture(5), exponents, (7, 5, None))
    assert renewed[0].features is not first[0].features
    recent.clear()


def test_a_full_gpu_hands_over_to_the_processor_and_says_so(networks, monkeypatch):
    class FullGpu(Networks):
        """Thinks that it computes on a GPU until that runs out of memory."""

        def __init__(self):
            super().__init__("cpu")
            self._compute = replace(super().compute, device=torch.device("cuda", 0))
            self.asked = 0

        def work(self):
            self.asked += 1
            if self.compute.device.type == "cuda":
                raise torch.OutOfMemoryError("CUDA out of memory")
            return str(self.compute.device)

    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    full = FullGpu()
    assert full.on_device(full.work) == "cpu"
    assert full.asked == 2 and full.note == FULL
    assert full.on_device(full.work) == "cpu" and full.asked == 3


def test_one_core_is_left_to_the_window():
    before = torch.get_num_threads()
    try:
        leave_a_core()
        assert 1 <= torch.get_num_threads() <= max(1, (__import__("os").cpu_count() or 1) - 1)
    finally:
        torch.set_num_threads(before)
