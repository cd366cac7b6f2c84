"""Draw, T, stop, fit, live, reject, undo: the controllers together, with real engines."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtWidgets import QInputDialog

from studio.core.geometry import iou_matrix
from studio.core.project import Edit
from studio.core.project.heads import head_folder
from studio.core.project.media import add_medium
from studio.state.jobs import Job
from studio.state.session import PickedDetection
from tests.controllers.gesture.person import FRAMES, tell_when_full
from tests.moving_square import HEIGHT, WIDTH, box_at, write_video

taught = pytest.mark.parametrize("which", ["taught"])


def best(result):
    return result.detections.boxes[:1], float(result.detections.scores[0])


def score_at(result, box):
    there = iou_matrix(result.detections.boxes, box)[:, 0] > 0.5
    return float(result.detections.scores[there].max(initial=0))


def test_from_a_box_to_live_detection_and_back(person, said):
    session, windows = person.session, []
    session.followed_changed.connect(lambda followed: followed and windows.append(followed))
    person.draw(box_at(0))
    person.do("track.forward")
    assert session.following
    person.until_fitted()
    assert session.live and person.context.actions["detect.live"].isChecked() and session.head.name == "live"
    assert [row.frame for row in person.regions()] == list(range(FRAMES))
    assert windows and windows[-1].positives and any(each.negatives for each in windows)
    assert session.followed is None
    assert any(text.startswith(f"Followed through {FRAMES} frames") for text in said)
    assert any(text.startswith("Fitted cup") for text in said)

    result = person.result_on(9)
    box, score = best(result)
    assert score > 0.5 and iou_matrix(box, [box_at(9)])[0, 0] > 0.5

    # A rejected detection is gone from its frame, and comes back with the head when it is undone.
    before = session.head
    person.do("detect.reject")
    assert len(person.regions("rejected")) == 1 and session.taught.negatives == 1
    person.until(lambda: session.head is not before)
    assert score_at(person.result_on(9), box) < 0.5

    person.project.undo()
    assert not person.regions("rejected")
    person.until(lambda: session.head.key == before.key)
    assert best(person.result_on(9))[1] == pytest.approx(score, abs=1e-6)
    assert session.taught is None

    # One more takes back the following, and with it the head; redo brings both.
    person.project.undo()
    person.until(lambda: session.head is None)
    assert not session.live and session.result is None
    person.project.redo()
    person.until(lambda: session.head is not None and session.head.key == before.key)


def test_t_stops_and_keeps_what_was_found(person, said):
    person.draw(box_at(0))
    stops = []
    person.session.followed_changed.connect(lambda each: stops or stops.append(person.do("track.forward")))
    person.do("track.forward")
    person.until(lambda: not person.session.following)
    assert 1 <= len(person.regions()) <= FRAMES
    assert "Stopped following; what was found is kept." in said or len(person.regions()) == FRAMES
    assert person.session.live  # the first stop goes live whatever it was


def test_marks_limit_it_and_a_correction_goes_on_in_its_track(person):
    session = person.session
    session.learning = "frozen"  # only what is followed counts here
    person.show(8)
    session.in_mark, session.out_mark = 5, 11
    person.draw(box_at(8))
    person.do("track.backward")
    person.until(lambda: not session.following)
    assert {row.frame for row in person.regions()} == set(range(5, 9))
    person.show(8)
    person.do("track.forward")
    person.until(lambda: not session.following and len(person.regions()) == 7)
    assert len(person.project.project.tracks()) == 1
    person.project.undo()
    assert {row.frame for row in person.regions()} == set(range(5, 9))  # one step


def test_a_number_of_frames_is_asked_for_and_remembered(person, said):
    person.session.learning = "frozen"
    person.do("track.count")
    assert "Nothing to follow" in said[-1]
    for frame, number, last in ((0, 3, 3), (10, 99, FRAMES - 1)):
        person.show(frame)
        person.draw(box_at(frame))
        person.do("track.count")
        (dialog,) = person.context.window.findChildren(QInputDialog)
        assert dialog.intValue() == person.session.follow_count and not person.session.following
        dialog.setIntValue(number)
        dialog.accept()
        person.until(lambda: not person.session.following)
        person.until(lambda: not person.context.window.findChildren(QInputDialog))
        assert person.session.follow_count == number
        assert max(row.frame for row in person.regions()) == last


def test_one_frame_is_no_frames(person, said):
    person.session.learning = "frozen"
    person.show(FRAMES - 1)
    person.draw(box_at(FRAMES - 1))
    person.do("track.forward")
    person.until(lambda: not person.session.following)
    assert any(text.startswith("Followed through 1 frame: 1 positive, ") for text in said)


def test_nothing_to_follow_is_said(person, said):
    person.do("track.forward")
    assert not person.session.following and "Nothing to follow" in said[-1]


def test_live_without_examples_says_what_is_missing(person, said):
    person.do("detect.live")
    assert not person.session.live and not person.context.actions["detect.live"].isChecked()
    assert "draw a box" in said[-1]
    person.draw(box_at(0))
    person.session.live = True
    assert not person.session.live and "one region only" in said[-1]


def test_live_wished_while_the_first_box_is_followed_begins_when_that_ends(person, said):
    person.draw(box_at(0))
    person.do("track.forward")
    assert person.session.following
    person.do("detect.live")
    assert person.session.live and person.context.actions["detect.live"].isChecked()
    assert said[-1].startswith("Live detection begins when following ends")
    person.until_fitted()
    assert person.session.live and not any("one region only" in text for text in said)
    assert len(person.result_on(5).detections)


def test_live_wished_while_following_that_found_nothing_is_off_again(person, said):
    person.draw(box_at(0))
    person.do("track.forward")
    person.do("detect.live")
    person.do("track.forward")
    person.until(lambda: not person.session.following)
    person.until(lambda: not person.session.fitting)
    assert person.session.live == (person.session.head is not None)
    assert person.context.actions["detect.live"].isChecked() == person.session.live


@taught
def test_yesterdays_head_is_there_and_l_works_at_once(person):
    person.until_there()
    person.do("detect.live")
    box, score = best(person.result_on(5))
    assert score > 0.5 and iou_matrix(box, [box_at(5)])[0, 0] > 0.5
    person.session.live = False
    assert person.session.result is None and not person.context.actions["detect.live"].isChecked()


@taught
def test_confirming_makes_a_keyframe_and_redo_brings_the_lesson_back(person):
    person.until_there()
    session = person.session
    session.live = True
    first = session.head
    person.result_on(7)
    person.do("detect.confirm")
    assert [row.frame for row in person.regions() if row.keyframe] == [0, 7]
    person.until(lambda: session.head is not first)
    lesson = session.head
    assert (session.taught.positives, session.taught.negatives) == (1, 0)
    person.project.undo()
    person.until(lambda: session.head.key == first.key)
    person.project.redo()
    person.until(lambda: session.head.key == lesson.key)


@taught
def test_a_frozen_head_stays_until_it_is_updated_once(person, said):
    person.until_there()
    session = person.session
    person.do("head.frozen")
    assert session.learning == "frozen"
    session.live = True
    head, (box, _) = session.head, best(person.result_on(3))
    person.do("detect.reject")
    assert session.head is head and "frozen" in said[-1]
    person.do("head.update_once")
    person.until(lambda: not session.fitting)
    assert session.head is not head and session.learning == "frozen"
    assert score_at(person.result_on(3), box) < 0.5


@taught
def test_a_box_drawn_where_it_missed_is_learned(person):
    person.until_there()
    session = person.session
    session.live = True
    person.show(4)
    head = session.head
    person.draw((20.0, 150.0, 48.0, 48.0))
    person.until(lambda: session.head is not head)
    assert session.taught.positives == 1


@taught
def test_only_the_search_area_is_searched(person):
    from studio.core.project.areas import set_area

    person.until_there()
    session = person.session
    session.live = True
    assert best(person.result_on(6))[1] > 0.5
    x, y, *_ = box_at(6)
    row = person.project.media[person.medium]
    before = session.result
    person.project.apply(set_area(person.project.project, row, type(box_at(6))(0, 0, x - 60, y)))
    person.until(lambda: session.result is not before)
    assert score_at(session.result, [box_at(6)]) < 0.5


@taught
def test_modes_both_ways_and_each_searches_again(person):
    person.until_there()
    session, modes = person.session, []
    session.live = True
    session.mode_changed.connect(modes.append)
    for _ in range(4):
        before = person.result_on(2)
        person.do("detect.mode")
        person.until(lambda before=before: session.result is not before)
    assert modes == ["fixed", "search", "track", "dense"]


@taught
def test_a_playing_video_is_searched_and_its_rate_counted(person):
    person.until_there()
    session, frames, rates = person.session, set(), []
    session.live = True
    session.result_changed.connect(lambda result: result and frames.add(result.frame.number))
    session.rate_changed.connect(rates.append)

    def step():
        session.frame = (session.frame + 1) % FRAMES
        return len(frames) > 2 and any(rates)

    person.until(step)
    assert len([job for job in person.context.lanes.live.jobs if not job.dropped]) <= 2  # what waits is left out
    session.live = False
    assert session.rate is None


@taught
def test_edits_elsewhere_find_the_head_again(person):
    """What another process, or the label dock, does is followed as well; nothing is fitted while not live."""
    person.until_there()
    first = person.session.head
    row = person.regions()[-1]
    person.project.apply(Edit.removal("remove", [row]))
    person.qtbot.wait(50)
    person.project.undo()
    person.qtbot.wait(200)
    person.until(lambda: not person.context.lanes.compute.jobs)
    assert person.session.head.key == first.key and not person.session.fitting


def test_closing_while_following_loses_nothing(person, folder, qapp):
    person.draw(box_at(0))
    person.do("track.forward")
    person.until(lambda: person.session.followed is not None)
    person.close()
    person.context.project.close()
    qapp.sendPostedEvents()
    from studio.core.project import Project

    with Project.open(folder) as project:
        assert project.regions() and not project.check()
    person.context.project.project = Project.open(folder, write=True)  # the fixture closes it once more


@taught
def test_the_picked_detection_is_followed_where_nothing_is_drawn(person):
    person.until_there()
    session = person.session
    session.learning = "frozen"
    session.live = True
    project = person.project
    project.apply(Edit.removal("remove all", [*project.project.regions(), *project.project.tracks()]))
    session.picked = PickedDetection(person.result_on(8), 0)
    person.do("track.forward")
    person.until(lambda: not session.following)
    assert {row.frame for row in person.regions()} >= {8, 9}


@taught
def test_a_loss_is_said_and_shown(person, said, tmp_path):
    person.until_there()
    session, project = person.session, person.project
    session.learning = "frozen"
    clip = write_video(project.folder / "media" / "gone.mp4", 20, vanish=8)
    row = add_medium(project.project, clip, "video", 20, WIDTH, HEIGHT)
    project.refresh()
    session.go(row.id, 0)
    person.until(lambda: session.shown is not None and session.shown.medium == row.id)
    person.draw(box_at(0))
    person.do("track.forward")
    person.until(lambda: not session.following)
    (text,) = [each for each in said if "lost at frame" in each]
    assert text.startswith(f"cup lost at frame {session.frame}: ")
    assert 6 <= session.frame <= 12
    assert max(each.frame for each in person.regions() if each.medium == row.id) == session.frame - 1


@taught
def test_searched_frames_and_ended_jobs_are_let_go(person):
    person.until_there()
    session, frames, jobs = person.session, [], []
    session.live = True
    for number in range(4):
        person.result_on(number)
        frames.append(weakref.ref(session.shown))
        person.do("head.fit")
        jobs += [weakref.ref(job) for job in person.context.lanes.compute.jobs]
        person.until(lambda: not session.fitting)
    person.until(lambda: not person.context.lanes.compute.jobs and not person.context.lanes.live.jobs)
    gc.collect()
    assert sum(frame() is not None for frame in frames) <= 2  # the one that is shown, and that of the result
    assert jobs and sum(job() is not None for job in jobs) <= 1


@taught
def test_a_correction_that_is_undone_while_it_waits_is_not_learned(person, said):
    person.until_there()
    session, live, go = person.session, person.context.lanes.live, threading.Event()
    session.live = True
    person.result_on(3)
    head, heads = session.head, []
    session.head_changed.connect(lambda each: heads.append(each.key))
    live.submit(Job("a slow search", lambda control: go.wait(30)))
    person.do("detect.reject")
    person.project.undo()
    assert not person.regions("rejected") and session.taught is None
    go.set()
    person.until(lambda: not live.jobs and not person.context.lanes.compute.jobs)
    assert session.head is head and heads == []
    assert not any(text.startswith("Learned") for text in said)


@taught
def test_every_follow_goes_live_and_brings_the_live_head_back(person, said):
    from studio.ml.heads.head import save_head

    person.until_there()
    session = person.session
    save_head(session.head.head, head_folder(person.project.project, "kept"))
    session.head_name = "kept"
    person.until(lambda: session.head.name == "kept")
    person.show(2)
    person.draw(box_at(2))
    person.do("track.forward")
    person.until_fitted()
    assert session.live and session.head_name == "live"
    assert any("live head is active again" in text for text in said)


@taught
def test_a_head_that_cannot_be_read_does_not_take_back_the_next_choice(person, said):
    from studio.ml.heads.head import save_head

    person.until_there()
    session, project = person.session, person.project.project
    for name in ("good", "bad"):
        save_head(session.head.head, head_folder(project, name))
    (head_folder(project, "bad") / "weights.safetensors").write_bytes(b"x")
    session.head_name = "bad"
    session.head_name = "good"
    person.until(lambda: session.head.name == "good" and not person.context.lanes.compute.jobs)
    assert session.head_name == "good"
    session.head_name = "bad"
    person.until(lambda: session.head_name == "live")


def test_where_the_gpus_memory_is_full_following_goes_on_with_the_same_track(person, said, monkeypatch):
    import torch

    from studio.ml import pursuit

    step, full = pursuit._Chase._step, [torch.OutOfMemoryError("full")]

    def step_until_full(self, frame, picture):
        if frame == FRAMES - 2 and full:
            self._collector.finish()  # some of it is stored
            raise full.pop()
        step(self, frame, picture)

    monkeypatch.setattr(pursuit._Chase, "_step", step_until_full)
    person.until(lambda: not person.context.lanes.compute.jobs)
    note = tell_when_full(person, "compute")
    person.session.learning = "frozen"
    person.draw(box_at(0))
    person.do("track.forward")
    person.until(lambda: not person.session.following)
    assert not full and note in said
    assert len(person.project.project.tracks()) == 1
    assert sorted(row.frame for row in person.regions()) == list(range(FRAMES))
