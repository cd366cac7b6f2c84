"""Labels are renamed, merged and deleted as one step, and it is said what happens to their regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import BACKGROUND, Edit, LabelRow, MarkRow, Project, TrackRow
from studio.core.project.labels import (
    delete_label,
    former_names,
    make_label,
    merge_labels,
    recolor,
    rename_label,
    set_key,
    set_threshold,
)
from tests.core.project.project_rows import CUP, MEDIUM, region

MUG = LabelRow(3, "mug", "#f0883e", "2")
TRACK = TrackRow(10, MEDIUM.id, CUP.id)


@pytest.fixture
def filled(project: Project) -> Project:
    """Cups on frames 0…9 of a track, two negatives beside it, an occluded one and one to ignore; a mug on frame 5."""
    background = project.label(BACKGROUND).id
    rows = [region(100 + n, frame=n, track=TRACK.id) for n in range(10)]
    rows += [region(200 + n, frame=n, label=background, track=TRACK.id, author="tracker") for n in range(2)]
    rows += [region(300, frame=20, state="occluded"), region(301, frame=21, state="ignore")]
    rows += [region(400, frame=5, label=MUG.id)]
    project.apply(Edit.rows("fill", [MUG, TRACK, *rows, MarkRow(500, MEDIUM.id, CUP.id, 30, 40, "nothing")]))
    return project


def everything(project: Project) -> list[object]:
    return [*project.labels(), *project.tracks(), *project.regions(), *project.marks()]


def test_a_label_is_renamed_and_its_regions_stay(filled: Project) -> None:
    planned = rename_label(filled, CUP, "beaker")
    assert planned.sentence == "Renames the label cup to beaker; 12 regions on 1 medium stay with it."
    filled.apply(planned.edit)
    assert filled.label("beaker").id == CUP.id and len(filled.regions(label=CUP.id)) == 12
    with pytest.raises(InputError, match=r"'mug' already.*merge"):
        rename_label(filled, filled.label("beaker"), "mug")
    with pytest.raises(InputError, match="name"):
        rename_label(filled, MUG, " ")


def test_what_is_said_about_heads_that_know_the_old_name(filled: Project) -> None:
    folder = filled.models / "head-1"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(
        '{"labels": ["cup"], "backbone": "b", "history": 1, "scores": {}, "sha256": "%s"}' % ("0" * 64)
    )
    assert "1 head trained before will go on saying cup" in rename_label(filled, CUP, "beaker").sentence


def test_merging_moves_regions_tracks_and_marks_as_one_step(filled: Project) -> None:
    before = everything(filled)
    planned = merge_labels(filled, CUP, MUG)
    assert planned.sentence == (
        "Moves 12 regions on 1 medium, 1 track and 1 mark of cup to mug, and removes the label cup."
    )
    filled.apply(planned.edit)
    assert {row.label for row in filled.regions()} == {MUG.id, filled.label(BACKGROUND).id}
    assert [track.label for track in filled.tracks()] == [MUG.id]
    assert [(mark.label, mark.first, mark.last) for mark in filled.marks()] == [(MUG.id, 30, 40)]
    assert {label.name for label in filled.labels()} == {BACKGROUND, "mug"}
    assert filled.check()[1:] == []
    filled.undo()
    assert everything(filled) == before


def test_merged_marks_do_not_contradict_what_is_there(filled: Project) -> None:
    marks = [
        MarkRow(501, MEDIUM.id, MUG.id, 0, 12, "nothing"),  # cups on 0…9
        MarkRow(502, MEDIUM.id, MUG.id, 35, 60, "incomplete"),
    ]
    filled.apply(Edit.removal("no mug", [region(400, frame=5, label=MUG.id)]))
    filled.apply(Edit.rows("marks", marks))
    filled.apply(merge_labels(filled, CUP, MUG).edit)
    found = sorted((mark.first, mark.last, mark.kind) for mark in filled.marks())
    assert found == [(10, 12, "nothing"), (30, 34, "nothing"), (35, 60, "incomplete")]
    assert {mark.label for mark in filled.marks()} == {MUG.id}


def test_deleting_a_label_takes_all_of_it(filled: Project) -> None:
    before = everything(filled)
    planned = delete_label(filled, CUP)
    assert planned.sentence == (
        "Deletes the label cup with 12 regions on 1 medium, 1 track, 1 mark and 2 negatives collected beside it."
    )
    filled.apply(planned.edit)
    assert [row.id for row in filled.regions()] == [400] and filled.tracks() == [] == filled.marks()
    filled.undo()
    assert everything(filled) == before


def test_a_deleted_labels_regions_can_become_negatives(filled: Project) -> None:
    planned = delete_label(filled, CUP, regions="background")
    assert planned.sentence == (
        "Makes 10 regions of cup negatives, and deletes the label with 2 regions on 1 medium, 1 track and 1 mark."
    )
    filled.apply(planned.edit)
    background = filled.label(BACKGROUND).id
    assert len(filled.regions(label=background)) == 12
    assert {row.track for row in filled.regions()} == {None} and filled.tracks() == []
    assert filled.check()[1:] == []


def test_keys_are_unique_and_taking_one_frees_the_other(filled: Project) -> None:
    planned = set_key(filled, MUG, "1")
    assert planned.sentence == "The key 1 chooses mug, and takes it from cup."
    filled.apply(planned.edit)
    assert (filled.label("mug").key, filled.label("cup").key) == ("1", "")
    filled.apply(set_key(filled, filled.label("mug"), "").edit)
    assert {label.key for label in filled.labels()} == {"0", ""}
    for key in ("0", "a", "12"):
        with pytest.raises(InputError, match="key"):
            set_key(filled, MUG, key)


def test_colours_and_thresholds(filled: Project) -> None:
    filled.apply(recolor(CUP, "#ABCDEF").edit)
    filled.apply(set_threshold(filled.label("cup"), 0.9).edit)
    assert (filled.label("cup").color, filled.label("cup").threshold) == ("#abcdef", 0.9)
    with pytest.raises(InputError, match="color"):
        recolor(CUP, "red")
    with pytest.raises(InputError, match="threshold"):
        set_threshold(CUP, 2)


def test_the_background_stays_what_it_is(filled: Project) -> None:
    background = filled.label(BACKGROUND)
    for attempt in (
        lambda: rename_label(filled, background, "other"),
        lambda: merge_labels(filled, background, CUP),
        lambda: merge_labels(filled, CUP, background),
        lambda: delete_label(filled, background),
        lambda: set_key(filled, background, "3"),
    ):
        with pytest.raises(InputError, match=BACKGROUND):
            attempt()
    with pytest.raises(InputError, match="itself"):
        merge_labels(filled, CUP, CUP)


def test_more_than_a_transaction_of_regions_is_still_one_step(project: Project) -> None:
    project.apply(Edit.rows("many", [MUG, *(region(1000 + n, frame=n % 100) for n in range(2500))]))
    project.apply(merge_labels(project, CUP, MUG).edit)
    assert len(project.regions(label=MUG.id)) == 2500
    project.undo()
    assert len(project.regions(label=CUP.id)) == 2500 and project.label("cup") == CUP


def test_new_labels_get_free_colours_and_keys(folder: Path) -> None:
    with Project.create(folder) as project:
        for number in range(11):
            project.apply(Edit.rows("label", [make_label(project, f"label {number}")]))
        keys = [label.key for label in project.labels()[1:]]
        assert keys == [*"123456789", "", ""]


def test_a_former_name_leads_to_its_label_until_another_one_takes_it(project: Project) -> None:
    cup = project.label("cup")
    project.apply(rename_label(project, cup, "mug").edit)
    assert former_names(project) == {"cup": cup.id}
    project.apply(Edit.rows("new label cup", [make_label(project, "cup")]))
    assert former_names(project) == {}
