"""Regions go to another project, and two projects become one: once, whole, and undone as one step."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.files import sha256_of_bytes
from studio.core.project import (
    AreaRow,
    Edit,
    LabelRow,
    MarkRow,
    Project,
    SearchRow,
    SplitRow,
    TrackRow,
    new_id,
)
from studio.core.project.database import BusyError
from studio.core.project.heads import head_names
from studio.core.project.media import add_medium, locate
from studio.core.project.merging import merge, plan_merge
from studio.core.project.reuse import carry_out, plan_copy
from tests.core.project.project_rows import region


@pytest.fixture
def garden(tmp_path):
    """A video of sorts outside of all projects: its content is what counts here."""
    file = tmp_path / "clips" / "garden.mp4"
    file.parent.mkdir()
    file.write_bytes(b"garden" * 100)
    return file


def labelled(folder, file, label="cup", frames=range(10)):
    """A project with a track of `label` on the clip, and a negative beside each of its regions."""
    project = Project.create(folder)
    medium = add_medium(project, file, "video", 100, 64, 48)
    row = LabelRow(new_id(), label, "#4c9aff", "1")
    track = TrackRow(new_id(), medium.id, row.id)
    background = project.label("background").id
    rows = [region(0, n, medium=medium.id, label=row.id, track=track.id, author="tracker", keyframe=False, score=0.5)
            for n in frames]  # fmt: skip
    beside = [replace(each, id=new_id(), label=background, x=40.0) for each in rows]
    project.apply(Edit.rows("follow", [row, track, *rows, *beside]))
    return project


@pytest.fixture
def source(tmp_path, garden):
    with labelled(tmp_path / "source", garden) as project:
        yield project


@pytest.fixture
def target(tmp_path):
    with Project.create(tmp_path / "target") as project:
        yield project


def of_label(project, name):
    return project.regions(label=project.label(name).id)


def copied(source, regions, target, copy=False, control=None):
    plan = plan_copy(source, regions, target)
    carry_out(target, plan, "copy", copy, control or Control())
    return plan


def test_regions_go_with_medium_label_and_track(source, target, garden):
    chosen = [row.id for row in of_label(source, "cup")[:4]]
    plan = copied(source, chosen, target)
    assert plan.sentence == "Adds 4 regions, 1 track, 1 new label and 1 medium to target."
    (medium,), (track,) = target.media(), target.tracks()
    assert locate(target, medium) == garden  # which naming it once allowed
    now = of_label(target, "cup")
    was = [row for row in source.regions() if row.id in chosen]
    assert [(row.frame, row.x, row.score, row.author) for row in now] == [
        (row.frame, row.x, row.score, row.author) for row in was
    ]
    assert {row.track for row in now} == {track.id} and track.label == target.label("cup").id
    assert target.history()[-1].who == "import"
    target.undo()
    assert target.regions() == [] and target.media() == [] and [row.name for row in target.labels()] == ["background"]


def test_twice_is_once_and_more_joins_the_same_track(source, target):
    rows = of_label(source, "cup")
    copied(source, [row.id for row in rows[:4]], target)
    again = plan_copy(source, [row.id for row in rows[:4]], target)
    assert again.empty and again.sentence.startswith("Everything is in target already.")
    assert "4 regions that are there already" in again.sentence
    copied(source, [row.id for row in rows], target)
    assert len(of_label(target, "cup")) == 10 and len(target.tracks()) == len(target.media()) == 1


def test_media_are_copied_in_where_that_is_wanted(source, target, garden):
    copied(source, [of_label(source, "cup")[0].id], target, copy=True)
    (medium,) = target.media()
    assert medium.path == "media/garden.mp4" and (target.folder / medium.path).read_bytes() == garden.read_bytes()


def test_a_cancel_leaves_no_copies(source, target):
    plan = plan_copy(source, None, target)
    control = Control(on_progress=lambda *_: control.cancel())
    with pytest.raises(Cancelled):
        carry_out(target, plan, "copy", True, control)
    assert target.media() == [] and not list((target.folder / "media").iterdir())


def test_the_labels_own_colour_and_key_do_not_clash(source, target):
    target.apply(Edit.rows("hand", [LabelRow(new_id(), "hand", "#4c9aff", "1")]))
    copied(source, None, target)
    hand, cup = target.label("hand"), target.label("cup")
    assert cup.color != hand.color and cup.key == "2" and hand.key == "1"


def test_what_the_target_says_goes_before(source, tmp_path, garden):
    with labelled(tmp_path / "other", garden, frames=range(8, 12)) as other:
        cup, medium = other.label("cup"), other.media()[0]
        other.apply(Edit.rows("nothing", [MarkRow(new_id(), medium.id, cup.id, 0, 1, "nothing")]))
        drawn = region(0, 2, medium=medium.id, label=cup.id, x=40.0)
        held = region(0, 3, medium=medium.id, label=other.label("background").id)
        found = region(0, 4, medium=medium.id, label=other.label("background").id, author="tracker", keyframe=False)
        other.apply(Edit.rows("draw", [drawn, held, found]))
        plan = copied(source, None, other)
        assert plan.notes == ("2 regions where nothing is said to be", "1 negative that touches an object there",
                              "4 regions that are there already")  # fmt: skip
        assert plan.gone == (found,) and "takes 1 negative away" in plan.sentence
        assert sorted(row.frame for row in of_label(other, "cup")) == [2, 2, *range(3, 12)]
        assert {row.id for row in other.regions()} >= {held.id, drawn.id}
        assert other.check() == []


def test_a_missing_medium_is_left_out_and_said(source, target, garden):
    garden.unlink()
    plan = plan_copy(source, None, target)
    assert plan.empty and "garden.mp4, which cannot be read" in plan.sentence


def test_the_same_project_and_a_busy_one_are_a_sentence(source, target):
    with pytest.raises(InputError, match="is the project itself"):
        plan_copy(source, None, source)
    plan = plan_copy(source, None, target)
    with Project.open(target.folder, write=True) as other:
        target.wait_for_others(0.05)
        with other.writing(), pytest.raises(BusyError, match="another process is writing"):
            carry_out(target, plan, "copy", False, Control())
    assert target.media() == []


def make_head(project, name, weights):
    folder = project.models / name
    folder.mkdir(parents=True, exist_ok=True)
    card = {"name": name, "labels": ["cup"], "backbone": "b", "history": 1, "scores": {}, "project": project.id,
            "sha256": sha256_of_bytes(weights)}  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "weights.safetensors").write_bytes(weights)


def test_two_projects_become_one(source, tmp_path, garden):
    cup, medium = source.label("cup"), source.media()[0]
    extra = tmp_path / "clips" / "alone.mp4"
    extra.write_bytes(b"alone" * 50)
    alone = add_medium(source, extra, "video", 7, 64, 48)
    source.apply(Edit.rows("say", [
        MarkRow(new_id(), medium.id, cup.id, 50, 60, "nothing"),
        MarkRow(new_id(), medium.id, cup.id, 20, 29, "nothing"),
        MarkRow(new_id(), alone.id, cup.id, 0, 3, "nothing"), SplitRow(new_id(), medium.id, None, 0, 9, "val"),
        SplitRow(new_id(), alone.id, None, 0, 6, "test"), AreaRow(new_id(), alone.id, 0.0, 0.0, 9.0, 9.0),
        SearchRow(new_id(), "cups", "label:cup"),
    ]))  # fmt: skip
    make_head(source, "head-1", b"of the source")
    make_head(source, "same", b"of both")
    with labelled(tmp_path / "other", garden, frames=range(20, 30)) as other:
        other.apply(Edit.rows("split", [SplitRow(new_id(), other.media()[0].id, None, 20, 29, "train")]))
        make_head(other, "head-1", b"of the other")
        make_head(other, "mine", b"of both")
        plan = plan_merge(source, other)
        assert plan.heads == (("head-1", "head-1-2"),) and "head-1 as head-1-2" in plan.sentence
        merge(source, other, plan, False, Control())
        assert len(of_label(other, "cup")) == 20 and len(other.regions()) == 40 and len(other.tracks()) == 2
        assert len(other.media()) == 2 and len(other.labels()) == 2
        assert sorted((row.first, row.last) for row in other.marks()) == [(0, 3), (50, 60)]
        assert sorted((row.first, row.split) for row in other.splits()) == [(0, "test"), (20, "train")]
        assert len(other.areas()) == 1 and [row.text for row in other.searches()] == ["label:cup"]
        assert head_names(other) == ["head-1", "head-1-2", "mine"]
        assert json.loads((other.models / "head-1-2" / "card.json").read_text())["name"] == "head-1-2"
        assert other.check() == []
        again = plan_merge(source, other)
        assert again.empty, again.sentence
        assert other.undo() == ["merge source"]
        assert len(other.regions()) == 20 and len(other.media()) == 1


def test_a_copy_of_a_project_comes_back_without_doubles(source, tmp_path):
    shutil.copytree(source.folder, tmp_path / "copy")
    with Project.open(tmp_path / "copy", write=True) as copy:
        one, two = of_label(copy, "cup")[:2]
        copy.apply(Edit.rows("move", [replace(one, x=one.x + 5)]))
        copy.apply(Edit.removal("remove", [two]))
        copy.apply(Edit.rows("draw", [region(0, 77, medium=one.medium, label=one.label)]))
        plan = copied(copy, None, source)
        assert [row.frame for row in plan.rows] == [77]
        assert plan.sentence.startswith("Adds 1 region to source.")


def test_one_object_that_was_followed_twice_stays_one(source, tmp_path, garden):
    with labelled(tmp_path / "other", garden, frames=range(5, 15)) as other:
        cup = other.label("cup").id
        moved = [replace(row, x=row.x + 2.0) for row in of_label(other, "cup")]  # IoU of 2 in 10 pixels: 0.67
        other.apply(Edit.rows("move", moved))
        far = region(0, 0, medium=other.media()[0].id, label=cup, x=6.5)  # 0.29
        other.apply(Edit.rows("draw", [far]))
        copied(source, [row.id for row in of_label(source, "cup")], other)
        frames = [row.frame for row in of_label(other, "cup")]
        assert frames == [0, 0, *range(1, 15)]
        assert [row.x for row in of_label(other, "cup")[6:]] == [3.0] * 10
