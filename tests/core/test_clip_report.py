"""Accepted tracks become regions, once, and never over what a person said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.clip_report import ClipReport, accept
from studio.core.counting import CountedTrack
from studio.core.project import BACKGROUND, Edit, MediumRow, Project, RegionRow, new_id
from studio.core.project.labels import make_label


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as project:
        yield project


@pytest.fixture
def medium(project):
    row = MediumRow(new_id(), "media/clip.mp4", "video", 1, "0" * 64, 100, 320, 240)
    project.apply(Edit.rows("add", [row]))
    return row


def track(number, first, last, label=0, x=10.0):
    frames = np.arange(first, last + 1)
    boxes = np.tile(np.array([x, 20, 30, 40], np.float32), (len(frames), 1))
    return CountedTrack(number, label, frames, frames / 25, boxes, np.full(len(frames), 0.75, np.float32))


def report(*tracks, near=None):
    return ClipReport("clip.mp4", ("cup", "hand"), 100, 50, 1.0, list(tracks), near or {}, 25.0)


def drawn(medium, label, frame, author="human", state="visible", x=12.0):
    return RegionRow(
        new_id(), medium.id, frame, label.id, None, x, 20.0, 30.0, 40.0, author, True, None, False, state
    )  # fmt: skip


def test_tracks_become_regions_of_one_step(project, medium):
    found = report(track(1, 5, 8), track(3, 6, 30, 1, 200.0), near={1: np.array([7])})
    project.apply(accept(project, medium, found, found.tracks), who="head")
    labels = {row.name: row for row in project.labels()}
    assert len({labels[name].color for name in ("cup", "hand")}) == len({labels["cup"].key, labels["hand"].key}) == 2
    cups = project.regions(label=labels["cup"].id)
    assert [row.frame for row in cups] == [5, 6, 7, 8] and len({row.track for row in cups}) == 1
    assert [row.near_duplicate for row in cups] == [False, False, True, False]
    one = cups[0]
    assert (one.author, one.score, one.keyframe, one.state) == ("head", 0.75, False, "visible")
    assert (one.x, one.y, one.width, one.height) == (10, 20, 30, 40)
    assert [(row.medium, row.label) for row in project.tracks()] == [
        (medium.id, labels["cup"].id), (medium.id, labels["hand"].id)
    ]  # fmt: skip
    assert project.undo() == ["accept 2 tracks in clip.mp4"]
    assert project.regions() == [] and project.tracks() == [] and "cup" not in {row.name for row in project.labels()}


def test_what_is_marked_already_stays_alone(project, medium):
    cup = make_label(project, "cup")
    background = project.label(BACKGROUND)
    project.apply(Edit.rows("draw", [cup]))
    there = [
        drawn(medium, cup, 5),
        drawn(medium, cup, 6, x=100.0),  # another object
        drawn(medium, cup, 7, state="rejected"),
        drawn(medium, cup, 8, state="ignore"),
        drawn(medium, cup, 9, state="outside"),
        drawn(medium, background, 10),
        replace(drawn(medium, background, 11), author="tracker"),
        drawn(medium, cup, 12, author="tracker"),
    ]
    project.apply(Edit.rows("draw", there))
    found = report(track(1, 5, 13))
    project.apply(accept(project, medium, found, found.tracks))
    new = [row.frame for row in project.regions() if row.author == "head"]
    assert new == [6, 9, 11, 13]
    again = accept(project, medium, found, found.tracks)
    assert not again.changes


def test_only_the_chosen_tracks_and_no_label_for_nothing(project, medium):
    found = report(track(1, 0, 3), track(2, 0, 3, 1, 100.0))
    edit = accept(project, medium, found, found.tracks[:1])
    assert edit.text == "accept 1 track in clip.mp4"
    project.apply(edit)
    assert {row.name for row in project.labels()} == {BACKGROUND, "cup"}
    assert not accept(project, medium, found, found.tracks[:1]).changes
    assert not accept(project, medium, found, []).changes
    assert [line.label for line in found.table] == ["cup", "hand"]
