"""`restore`, `heads diff` and `heads restore` as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.core.project import Edit, LabelRow, Project
from tests.core.project.project_rows import CUP, MEDIUM, region


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """At position 2 a head `first` was trained; afterwards a crop was removed, one relabelled and two were added."""
    with Project.create(tmp_path / "p") as made:
        made.apply(Edit.rows("start", [MEDIUM, CUP, LabelRow(3, "mug", "#f0883e", "2")]))
        made.apply(Edit.rows("draw", [region(10), region(11), region(12)]))
        card = {"labels": ["cup"], "backbone": "b", "history": 2, "scores": {}, "sha256": "0" * 64, "project": made.id}
        folder = made.models / "first"
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(json.dumps(card))
        (made.models / "stranger").mkdir()
        (made.models / "stranger" / "card.json").write_text(json.dumps(card | {"project": "another"}))
        made.apply(Edit.removal("remove", [region(10)]))
        made.apply(Edit.rows("draw more", [region(11, label=3), region(13), region(14)]))
    return tmp_path / "p"


def regions(project: Path) -> dict[int, int]:
    with Project.open(project) as opened:
        return {row.id: row.label for row in opened.regions()}


def test_what_changed_since_a_head_was_trained(studio, project):
    code, out, _ = studio("heads", "diff", project, "first", "--json")
    found = json.loads(out)
    assert code == 0 and (found["before"], found["after"]) == (2, 4)
    assert (found["added"], found["removed"], found["relabelled"]) == ([13, 14], [10], [11])
    assert found["turns"] == [{"from": "cup", "to": "mug", "regions": 1}]
    assert found["regions_before"] == {"cup": 3} and found["regions_after"] == {"cup": 3, "mug": 1}
    text = studio("heads", "diff", project, "first")[1]
    assert "2 added" in text and "1 cup → mug" in text


def test_restoring_says_what_it_does_and_is_undone_as_one_step(studio, project):
    now = regions(project)
    code, out, said = studio("heads", "restore", project, "first", "--dry-run")
    assert code == 0 and not out and regions(project) == now
    assert said == ["This brings back 1 crop, removes 2 crops and changes back 1 crop."]
    code, out, said = studio("heads", "restore", project, "first")
    assert code == 0 and out == "go back to the data of first\n" and regions(project) == {10: 2, 11: 2, 12: 2}
    studio("undo", project)
    assert regions(project) == now
    assert studio("restore", project, 0)[1] == "go back to the beginning\n" and regions(project) == {}


def test_what_cannot_be_restored_is_one_line(studio, refused, project):
    assert "trained on another project" in refused("heads", "restore", project, "stranger")
    assert "unknown head" in refused("heads", "diff", project, "nobody")
    assert "goes from 0 to 4" in refused("restore", project, 9)
    assert "nothing differs" in refused("restore", project, 4)
