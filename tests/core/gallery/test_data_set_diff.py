"""What differs between two moments is what comparing all rows of both by hand gives, and going back undoes it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.gallery.data_set_diff import diff
from studio.core.gallery.data_sets import crops_at, data_sets, known_position, trained_at
from studio.core.project import Edit, LabelRow, MediumRow, Project
from studio.core.project.restoring import plan_restoring, restore
from tests.core.project.project_rows import CUP, MEDIUM, region

MUG = LabelRow(3, "mug", "#f0883e", "2")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Position 1 made the medium and the labels cup and mug."""
    with Project.create(tmp_path / "project") as made:
        made.apply(Edit.rows("start", [MEDIUM, CUP, MUG]))
        yield made


def by_hand(project: Project, before: int, after: int) -> dict[str, set[int]]:
    was, now = ({row.id: row for row in project.regions(at=at)} for at in (before, after))
    found = {"added": now.keys() - was.keys(), "removed": was.keys() - now.keys()}
    found |= {name: set() for name in ("relabelled", "moved", "changed")}
    for row_id in was.keys() & now.keys():
        old, new = was[row_id], now[row_id]
        if old == new:
            continue
        place = ("medium", "frame", "x", "y", "width", "height")
        same_place = all(getattr(old, name) == getattr(new, name) for name in place)
        kind = "relabelled" if old.label != new.label else "changed" if same_place else "moved"
        found[kind].add(row_id)
    return found


def random_edits(project: Project, dice: random.Random) -> None:
    for step in range(40):
        rows = project.regions()
        some = dice.sample(rows, min(len(rows), 5))
        match dice.randrange(7):
            case 0 | 1:
                project.apply(Edit.rows("draw", [region(frame=dice.randrange(50)) for _ in range(6)]))
            case 2:
                project.apply(Edit.removal("remove", some))
            case 3:
                project.apply(Edit.rows("relabel", [replace(row, label=dice.choice([2, 3])) for row in some]))
            case 4:
                project.apply(Edit.rows("move", [replace(row, x=float(step)) for row in some]))
            case 5:
                project.apply(Edit.rows("review", [replace(row, reviewed=not row.reviewed) for row in some]))
            case 6 if (following := project.next_undo()) and following.text != "start":
                project.undo()


def test_differences_are_those_of_all_rows_compared(project):
    dice = random.Random(3)
    random_edits(project, dice)
    last = project.position
    for _ in range(60):
        before, after = dice.randrange(last + 1), dice.randrange(last + 1)
        found = diff(project, before, after)
        assert {name: set(getattr(found, name).tolist()) for name in by_hand(project, before, after)} == by_hand(
            project, before, after
        )
    assert len(diff(project, last)) == 0


def test_relabelled_crops_say_from_what_to_what(project):
    project.apply(Edit.rows("draw", [region(10), region(11), region(12, label=3), region(13)]))
    then = project.position
    project.apply(Edit.rows("relabel", [region(10, label=3), region(11, label=3), region(12), region(13, x=9.0)]))
    assert [(old, new, ids.tolist()) for old, new, ids in diff(project, then).turns] == [(2, 3, [10, 11]), (3, 2, [12])]
    back = diff(project, project.position, then)
    assert back.turns[0][:2] == (3, 2) and back.moved.tolist() == [13]


def test_going_back_is_one_step_after_which_all_is_as_it_was(project):
    dice = random.Random(5)
    random_edits(project, dice)
    then = project.position
    was = project.regions()
    random_edits(project, dice)
    project.apply(Edit.rows("another clip", [MediumRow(9, "media/b.mp4", "video", 5, "1" * 64, 9, 64, 48)]))
    now, media = project.regions(), project.media()
    planned = plan_restoring(project, then)
    assert planned.gone["media"] == 1 and "1 medium" in planned.sentence and "files of media stay" in planned.sentence
    assert restore(project, then, "the data of head-1") == "go back to the data of head-1"
    assert project.regions() == was and project.media() == media[:1] and not diff(project, then)
    assert not plan_restoring(project, then)
    with pytest.raises(InputError, match="nothing differs"):
        restore(project, then)
    assert project.undo() == ["go back to the data of head-1"]
    assert project.regions() == now and project.media() == media
    project.redo()
    assert project.regions() == was


def test_going_back_keeps_where_a_medium_is_now_and_swaps_names(project):
    project.apply(Edit.rows("draw", [region(10)]))
    then = project.position
    project.apply(Edit.rows("found", [replace(MEDIUM, path="elsewhere/clip.mp4")]))
    project.apply(Edit.rows("swap", [replace(CUP, name="x"), replace(MUG, name="y")]))
    project.apply(Edit.rows("swap", [replace(CUP, name="mug"), replace(MUG, name="cup")]))
    restore(project, then)
    assert {row.id: row.name for row in project.labels() if row.id in (2, 3)} == {2: "cup", 3: "mug"}
    assert project.media()[0].path == "elsewhere/clip.mp4"
    assert project.history()[-1].text == "go back to 2: draw"


def test_a_position_that_is_none_is_refused(project):
    for position in (-1, project.position + 1):
        with pytest.raises(InputError, match="history has no position"):
            restore(project, position)
        with pytest.raises(InputError, match="history has no position"):
            plan_restoring(project, position)


def make_head(project: Project, name: str, facts: dict[str, object]) -> None:
    card = {"labels": ["cup"], "backbone": "b", "history": project.position, "scores": {}, "sha256": "0" * 64}
    folder = project.models / name
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(card | facts))


def test_every_head_remembers_its_data(project):
    project.apply(Edit.rows("draw", [region(10), region(11), region(12, label=3)]))
    make_head(project, "first", {"project": project.id})
    project.apply(Edit.removal("remove", [region(10), region(12)]))
    make_head(project, "second", {"source": "project project"})
    make_head(project, "stranger", {"project": "another"})
    make_head(project, "future", {"project": project.id, "history": 99})
    now, *heads = data_sets(project)
    assert (now.head, now.position, now.regions) == ("", 3, 1)
    assert [(each.head, each.position, each.counts) for each in heads[:2]] == [
        ("second", 3, ((2, 1),)),
        ("first", 2, ((2, 2), (3, 1))),
    ]
    assert {each.head for each in heads[2:]} == {"stranger", "future"} and heads[2].position is None
    assert trained_at(project, "stranger") is None
    with pytest.raises(InputError, match="trained on another project"):
        known_position(project, "stranger")
    past = crops_at(project, 2)
    assert past.table.ids.tolist() == [10, 11, 12] and past.labels[3].name == "mug"
