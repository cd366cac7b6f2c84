"""What the splits keep from training is not learned from, and is what a head can be judged on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, MarkRow, SplitRow, TrackRow, new_id
from studio.core.project.held_back import frames_of_split, held_back
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import labelled_frames, read_regions, windows_of
from tests.ml.taught_project import make_project, region
from tests.moving_square import box_at


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as made:  # objects on frames 0, 2, … 22
        yield made


def assign(project, first, last, split, track=None):
    row = SplitRow(new_id(), project.media()[0].id, track, first, last, split)
    project.apply(Edit.rows("assign", [row]))


def test_only_what_is_for_training_or_nothing_is_learned(project):
    everything = {row.id for row in read_regions(project).usable}
    assign(project, 0, 5, "train")
    assert {row.id for row in read_regions(project).usable} == everything
    assign(project, 8, 13, "val")
    assign(project, 16, 21, "test")
    regions = read_regions(project)
    assert {row.frame for row in regions.usable} == {0, 2, 4}  # nothing from the half second before and behind others
    cup = project.label("cup").id
    with OpenMedia(project) as media:
        windows = windows_of(regions, media, project.label(BACKGROUND).id, 64)
        assert set(windows.frames.tolist()) == {0, 2, 4}
        assert {frame.number for frame in labelled_frames(project, regions, cup, media)} == {0, 2, 4}


def test_nothing_in_the_gap_between_two_splits_is_learned(project):
    cup, medium = project.label("cup").id, project.media()[0].id
    assign(project, 0, 9, "train")
    assign(project, 14, 23, "val")  # four frames of half a second are missing
    project.apply(Edit.rows("nothing", [MarkRow(new_id(), medium, cup, n, n, "nothing") for n in (5, 11)]))
    near = replace(region(project, "cup", 11, box_at(3)), state="rejected", track=None)
    far = replace(region(project, "cup", 7, box_at(3)), state="rejected", track=None)
    project.apply(Edit.rows("reject", [near, far]))
    regions = read_regions(project)
    assert max(row.frame for row in regions.usable) == 8 and regions.rejected == [far]
    with OpenMedia(project) as media:
        windows = windows_of(regions, media, project.label(BACKGROUND).id, 64)
        numbers = {frame.number for frame in labelled_frames(project, regions, cup, media)}
    assert 14 - max(windows.frames.tolist()) == 6 and 5 in numbers and max(numbers) == 8


def test_rejections_and_empty_frames_are_held_back_too(project):
    cup, medium = project.label("cup").id, project.media()[0].id
    project.apply(Edit.rows("nothing", [MarkRow(new_id(), medium, cup, 1, 1, "nothing"),
                                        MarkRow(new_id(), medium, cup, 9, 9, "nothing")]))  # fmt: skip
    rejected = replace(region(project, "cup", 11, box_at(3)), state="rejected", track=None)
    project.apply(Edit.rows("reject", [rejected]))
    assign(project, 8, 13, "test")
    regions = read_regions(project)
    assert regions.rejected == []
    with OpenMedia(project) as media:
        numbers = {frame.number for frame in labelled_frames(project, regions, cup, media)}
    assert 1 in numbers and not numbers & set(range(8, 14))


def test_an_object_that_is_held_back_is_no_background_beside_one_that_is_not(project):
    cup, medium = project.label("cup").id, project.media()[0].id
    other = TrackRow(new_id(), medium, cup)
    apart = Box(8.0, 150.0, 48.0, 48.0)
    beside = replace(region(project, "cup", 4, apart), track=other.id)
    project.apply(Edit.rows("another", [other, beside]))
    assign(project, 0, 23, "val", other.id)
    regions = read_regions(project)
    with OpenMedia(project) as media:
        (frame,) = [each for each in labelled_frames(project, regions, cup, media) if each.number == 4]
        windows = windows_of(regions, media, project.label(BACKGROUND).id, 64)
    assert frame.boxes.tolist() == [list(box_at(4))] and frame.ignore.tolist() == [list(apart)]
    assert beside.id not in windows.regions


def test_frames_to_judge_on(project):
    cup, medium = project.label("cup").id, project.media()[0]
    assign(project, 8, 13, "val")
    assert frames_of_split(project, medium, cup, "val") == set(range(8, 14))
    with pytest.raises(InputError, match="are for test alone"):
        frames_of_split(project, medium, cup, "test")
    with pytest.raises(InputError, match="unknown split 'dev'"):
        frames_of_split(project, medium, cup, "dev")
    assign(project, 0, 23, "test", project.tracks()[0].id)  # the only track: goes before its medium
    assert frames_of_split(project, medium, cup, "test") == set(range(0, 24, 2))
    assert frames_of_split(project, medium, cup, "val") == {9, 11, 13}


def test_a_clip_that_is_held_back_whole_is_not_opened(project, monkeypatch):
    assign(project, 0, 23, "test")
    monkeypatch.setattr("studio.core.media.open_medium", None)
    assert len(held_back(project).regions) == 36 and held_back(project).holds(project.media()[0].id, 23)
