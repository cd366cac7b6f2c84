"""Hard negatives: where a head fires and nothing is, only on frames that are known; and what it says otherwise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.geometry import Box, crop_window, intersections, iou_matrix
from studio.core.project import Edit, MarkRow, SplitRow, new_id
from studio.core.project.completeness import Completeness
from studio.core.project.hard_negatives import hard_negatives_edit
from studio.ml.gallery.disagreement import CompareRequest, compare_with_head, disagreements
from studio.ml.gallery.mining import APART, MiningRequest, mine
from studio.ml.gallery.searching import Searched, evenly
from studio.ml.heads.fit import fit
from studio.ml.networks import Networks
from tests.ml.taught_project import FRAMES, WRONG, make_project, region
from tests.moving_square import RATE, box_at

ODD = range(1, FRAMES, 2)


FEW = 10  # frames that are searched here, of 24


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.ml.heads.training_set.MOST_FRAMES", 8)
        patch.setattr("studio.ml.gallery.mining.MOST_FRAMES", FEW)
        patch.setattr("studio.ml.gallery.disagreement.MOST_FRAMES", 13)  # the even ones, about
        yield


@pytest.fixture(scope="module")
def networks():
    return Networks("cpu")


@pytest.fixture(scope="module")
def head(networks, tmp_path_factory):
    with make_project(tmp_path_factory.mktemp("taught")) as project:
        return fit(project, "first", networks.backbone(), "rbf", 0, Control()).head


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as project:
        yield project


@pytest.fixture(scope="module")
def mined(networks, head, tmp_path_factory):
    """What is mined where all cups are marked, and the project that it is of."""
    with make_project(tmp_path_factory.mktemp("mined")) as project:
        label_odd_frames(project)
        yield mine(MiningRequest(project.folder, head), networks, Control()), project


def label_odd_frames(project):
    """All cups are marked on all frames now; what is like a cup is on the odd ones."""
    project.apply(Edit.rows("label", [region(project, "cup", frame, box_at(frame)) for frame in ODD]))


def overlap(one, other):
    return float(iou_matrix(np.array([one]), np.array([other]))[0, 0])


def cups(project, frame):
    cup = project.label("cup").id
    rows = project.regions(first=frame, last=frame)
    return np.array([(r.x, r.y, r.width, r.height) for r in rows if r.label == cup and r.state == "visible"])


def test_what_looks_like_the_object_is_mined_where_all_objects_are_marked(networks, mined):
    mined, project = mined
    assert (mined.frames, mined.there) == (FEW, FRAMES) and not mined.suggested and not mined.unread
    best = mined.found[0]
    assert best.frame in ODD and overlap(best.box, WRONG) > 0.5
    scores = [each.score for each in mined.found]
    assert scores == sorted(scores, reverse=True)
    for each in mined.found:
        window = crop_window(each.box, networks.backbone().input_size, 320, 240)
        square = np.array([each.box, (window.x, window.y, window.side, window.side)])
        assert not intersections(square, cups(project, each.frame)).any()
    same = [each for each in mined.found if overlap(each.box, WRONG) > 0.5]
    frames = sorted(each.frame for each in same)
    assert all(later - earlier > APART * RATE for earlier, later in pairwise(frames))
    assert project.history()[-1].text == "label"  # nothing was stored


def test_what_was_mined_is_one_step_and_teaches(networks, mined, project):
    label_odd_frames(project)
    before, medium, cup = project.regions(), project.media()[0].id, project.label("cup").id
    found = [replace(each, medium=medium, label=cup) for each in mined[0].found]
    project.apply(hard_negatives_edit(project, found))
    stored = [row for row in project.regions() if row.state == "rejected"]
    assert len(stored) == len(found) > 0
    assert {(row.author, row.label) for row in stored} == {("head", project.label("cup").id)}
    assert hard_negatives_edit(project, found).size == 0  # they are known now
    taught = fit(project, "second", networks.backbone(), "rbf", 0, Control()).head
    again = mine(MiningRequest(project.folder, taught), networks, Control())
    assert max((each.score for each in again.found if overlap(each.box, WRONG) > 0.5), default=0.0) < 0.5
    text = project.undo()[0]
    assert text.startswith(f"mine {len(stored)} hard negative") and text.endswith("of cup")
    assert project.regions() == before


def test_other_frames_only_give_suggestions_and_only_where_they_are_asked_for(networks, project, head):
    mined = mine(MiningRequest(project.folder, head), networks, Control())
    assert mined.there == FRAMES // 2 and all(each.frame not in ODD for each in mined.found)
    asked = mine(MiningRequest(project.folder, head, unlabelled=True), networks, Control())
    assert asked.there == FRAMES and all(each.frame in ODD for each in asked.suggested)
    boxes = [each.box for each in asked.suggested]
    assert any(overlap(box, WRONG) > 0.5 for box in boxes)


def test_marks_and_splits_say_where_to_look(networks, project, head):
    medium, cup = project.media()[0], project.label("cup").id
    marks = [
        MarkRow(new_id(), medium.id, cup, 0, 9, "incomplete"),
        MarkRow(new_id(), medium.id, cup, 11, 11, "nothing"),
    ]
    project.apply(Edit.rows("mark", [*marks, MarkRow(new_id(), medium.id, cup, 20, 21, "ignore")]))
    known = Completeness(project)
    assert known.complete(medium, cup).tolist() == [10, 11, 12, 14, 16, 18, 22]
    assert known.open(medium, cup).tolist() == [*range(10), 13, 15, 17, 19, 23]
    project.apply(Edit.rows("split", [SplitRow(new_id(), medium.id, None, 17, 30, "test")]))  # and half a second before
    assert mine(MiningRequest(project.folder, head), networks, Control()).there == 3
    project.apply(Edit.rows("mark", [MarkRow(new_id(), medium.id, cup, 10, 13, "incomplete")]))
    with pytest.raises(InputError, match="every object is marked"):
        mine(MiningRequest(project.folder, head), networks, Control())


def test_a_head_that_cannot_say_anything_is_refused(networks, project, head):
    other = replace(head, card=head.card.model_copy(update={"labels": ["saucer"]}))
    with pytest.raises(InputError, match="none of the project's labels"):
        mine(MiningRequest(project.folder, other), networks, Control())
    crops_only = replace(head, card=head.card.model_copy(update={"why_not_dense": "no maps"}), dense=())
    with pytest.raises(InputError, match=r"cannot search whole frames \(no maps"):
        compare_with_head(CompareRequest(project.folder, crops_only), networks, Control())


def test_frames_are_taken_evenly():
    frames = {1: np.arange(100, 160), 2: np.arange(40), 3: np.zeros(0, np.int64)}
    few = evenly(frames, 10)
    assert [len(each) for each in few.values()] == [6, 4] and 3 not in few
    assert few[1][0] == 100 and few[2][-1] == 39
    assert evenly(frames, 1000).keys() == {1, 2}


def test_a_box_beside_the_object_a_missing_one_and_a_superfluous_one_are_told(networks, project, head):
    label_odd_frames(project)
    rows = {row.frame: row for row in project.regions(label=project.label("cup").id)}
    there = box_at(6)
    beside = replace(rows[6], x=there.x + 34)
    nowhere = replace(rows[8], x=250.0, y=170.0)
    project.apply(Edit.rows("spoil", [beside, nowhere]))
    heard = []
    found = compare_with_head(CompareRequest(project.folder, head), networks, Control(on_partial=heard.append)).found
    kinds = {(each.kind, each.frame): each for each in found}
    assert kinds["beside", 6].region == beside.id and kinds["missed", 8].region == nowhere.id
    extra = [each for each in found if each.kind == "extra"]
    assert any(each.frame == 8 and overlap(each.box, box_at(8)) > 0.5 for each in extra)
    assert all(set(part.found) <= set(found) for part in heard)
    assert [each.strength for each in found] == sorted((each.strength for each in found), reverse=True)
    assert "beside the box" in kinds["beside", 6].words("cup")


def test_disagreements_of_a_frame_by_hand(project):
    medium, cup = project.media()[0], project.label("cup").id
    boxes = np.array([(0, 0, 10, 10), (6, 0, 10, 10), (50, 50, 10, 10)], np.float32)
    found = Detections(boxes, np.array([0.9, 0.3, 0.8], np.float32), np.zeros(3, np.int64))
    searched = Searched(medium, 3, 25.0, found, np.full(3, cup))

    def row(box, **changes):
        return replace(region(project, "cup", 3, Box(*box)), **changes)

    def told(rows, complete=True):
        return {(each.kind, round(each.strength, 2)) for each in disagreements(searched, cup, rows, complete)}

    assert told([row((0, 0, 10, 10))]) == {("extra", 0.8)}
    assert told([row((0, 0, 10, 10))], complete=False) == set()
    assert told([row((7, 0, 10, 10))]) == {("beside", 0.9), ("extra", 0.8)}
    assert told([row((20, 0, 10, 10))]) == {("missed", 1.0), ("extra", 0.9), ("extra", 0.8)}
    assert told([row((7, 0, 10, 10), reviewed=True)]) == {("extra", 0.8)}
    assert told([row((0, 8, 10, 10)), row((50, 50, 9, 9))]) == {("beside", 0.9)}
    assert told([row((80, 80, 9, 9))]) == {("missed", 1.0), ("extra", 0.9), ("extra", 0.8)}
    assert told([row((80, 80, 9, 9), state="occluded")]) == {("extra", 0.9), ("extra", 0.8)}
    assert told([row((0, 0, 10, 10), state="ignore"), row((50, 50, 9, 9), state="rejected")]) == set()
