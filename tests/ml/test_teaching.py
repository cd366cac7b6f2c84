"""Teaching: what is rejected is gone at once and after the fit, what is confirmed is found, and undo finds the head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.geometry import Box, iou_matrix
from studio.core.project.corrections import confirm, missed, reject
from studio.ml.heads.head import Head
from studio.ml.live import LiveDetector, LiveRequest
from studio.ml.networks import Networks
from studio.ml.recent_levels import RecentLevels
from studio.ml.teaching import FitRequest, Teacher, TeachRequest
from tests.ml.taught_project import WRONG, make_project, scene
from tests.moving_square import box_at

AT = 5


@pytest.fixture(scope="module")
def networks():
    return Networks("cpu")


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as project:
        yield project


def taught_from(teacher, project):
    return teacher.full(FitRequest(project.folder), Control())


def correction(head: Head, right: bool, box: Box, **changes) -> TeachRequest:
    return TeachRequest(head, right, "cup", 7, AT, scene(AT), box, **changes)


def score(networks, head, box, number=AT, area=None):
    request = LiveRequest(7, number, 0.0, scene(number), head, area=area)
    found = LiveDetector(networks).detect(request, Control()).detections
    return float(found.scores[iou_matrix(found.boxes, np.array([box]))[:, 0] > 0.5].max(initial=0))


def test_a_rejected_box_is_gone_at_once_and_stays_gone_after_the_fit(networks, project):
    teacher = Teacher(networks)
    head = taught_from(teacher, project).head
    firing = WRONG
    assert score(networks, head, box_at(AT)) > 0.5
    before = score(networks, head, firing)
    taught = teacher.quick(correction(head, False, firing), Control())
    assert taught.before == pytest.approx(before, abs=1e-3)
    assert taught.after < 0.5 and score(networks, taught.head, firing) < 0.5
    assert score(networks, taught.head, box_at(AT)) > 0.5 and score(networks, taught.head, box_at(11), number=11) > 0.5
    assert taught.detections is not None and (taught.frame, taught.box) == (AT, firing)
    assert score(networks, head, firing) == before  # the old head is what it was


def test_a_missed_object_is_found_at_once(networks, project):
    teacher = Teacher(networks)
    head = taught_from(teacher, project).head
    rejected = teacher.quick(correction(head, False, WRONG, position=7_000), Control())
    assert rejected.head.card.history == 7_000  # it remembers what it knows
    taught = teacher.quick(correction(rejected.head, True, WRONG), Control())  # it is one after all
    assert taught.before < 0.5 < taught.after
    assert score(networks, taught.head, WRONG) > 0.5


def test_a_head_whose_samples_are_not_known_learns_too(networks, project):
    head = taught_from(Teacher(networks), project).head
    taught = Teacher(networks).quick(correction(head, False, box_at(AT)), Control())
    assert taught.before > 0.5 > taught.after


def test_the_crop_part_follows_for_the_coarse_modes(networks, project):
    teacher = Teacher(networks)
    head = taught_from(teacher, project).head
    crop_only = replace(head, dense=(), card=head.card.model_copy(update={"dense": False, "why_not_dense": "no maps"}))
    taught = teacher.quick(correction(crop_only, False, box_at(AT)), Control())
    assert taught.before > 0.5 > taught.after and taught.detections is None
    again = teacher.quick(correction(taught.head, True, box_at(AT)), Control())
    assert again.before < 0.5 < again.after


def test_what_a_rejection_spares(networks, project):
    teacher = Teacher(networks)
    head = taught_from(teacher, project).head
    true = box_at(AT)
    beside = Box(true.x + 20, true.y + 4, 48, 48)
    taught = teacher.quick(correction(head, False, beside, objects=np.array([true])), Control())
    assert score(networks, taught.head, true) > 0.5


def test_in_a_search_area_boxes_are_those_of_the_frame(networks, project):
    teacher = Teacher(networks)
    head = taught_from(teacher, project).head
    true = box_at(AT)
    area = Box(true.x - 10, true.y - 10, 80, 80)
    taught = teacher.quick(correction(head, False, true, area=area), Control())
    assert taught.before > 0.5 > taught.after
    assert score(networks, taught.head, true, area=area) < 0.5


def test_a_new_label_waits_for_the_fit(networks, project):
    teacher = Teacher(networks)
    head = taught_from(teacher, project).head
    taught = teacher.quick(replace(correction(head, True, WRONG), label="saucer"), Control())
    assert taught.head is head and "next fit" in str(taught.note)


def test_the_maps_of_live_detection_are_used_again(networks, project, monkeypatch):
    recent = RecentLevels()
    teacher, detector = Teacher(networks, recent), LiveDetector(networks, recent)
    head = taught_from(teacher, project).head
    detector.detect(LiveRequest(7, AT, 0.0, scene(AT), head), Control())
    monkeypatch.setattr(type(networks.backbone()), "_maps", lambda self, pictures: pytest.fail("computed again"))
    taught = teacher.quick(correction(head, False, WRONG), Control())
    detector.detect(LiveRequest(7, AT, 0.0, scene(AT), taught.head), Control())


def test_an_undo_finds_the_earlier_head_and_the_summary_says_what_changed(networks, project):
    teacher = Teacher(networks)
    first = taught_from(teacher, project)
    assert not first.cached and (project.cache / "heads" / first.key / "card.json").is_file()
    assert first.head.card.name == first.key and first.summary.positives > 0
    place = project.media()[0].id, AT, project.label("cup").id
    project.apply(reject(project, *place, WRONG, 0.9))
    row = next(row for row in project.regions() if row.state == "rejected")
    second = taught_from(teacher, project)
    assert second.key != first.key and second.summary.added == (row.id,) and not second.summary.removed
    assert second.summary.f1_before == first.summary.f1_after
    assert score(networks, second.head, WRONG) < 0.5 < score(networks, second.head, box_at(AT))
    project.undo()
    third = taught_from(teacher, project)
    assert third.cached and third.key == first.key and third.head is first.head
    assert third.summary.removed == (row.id,)
    fresh = taught_from(Teacher(networks), project)
    assert fresh.cached and fresh.head.card == first.head.card


def test_confirmed_and_drawn_boxes_teach_the_fit_without_spoiling_the_rest_of_their_frame(networks, project):
    teacher = Teacher(networks)
    place = project.media()[0].id, AT, project.label("cup").id
    project.apply(confirm(project, *place, box_at(AT), 0.9))
    project.apply(missed(project, *place[:1], 7, place[2], box_at(7)))
    relearned = taught_from(teacher, project)
    assert score(networks, relearned.head, box_at(AT)) > 0.5
    assert {mark.kind for mark in project.marks()} == {"incomplete"}


def test_a_damaged_cached_head_is_fitted_again(networks, project):
    first = taught_from(Teacher(networks), project)
    (project.cache / "heads" / first.key / "weights.safetensors").write_bytes(b"nothing")
    again = taught_from(Teacher(networks), project)
    assert not again.cached and again.key == first.key
