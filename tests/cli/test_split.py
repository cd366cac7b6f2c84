"""`split`, and what `fit` and `evaluate` make of it."""

from __future__ import annotations

import json

from studio.core.project import Edit, Project, SplitRow, new_id
from tests.cli.conftest import FRAMES


def test_assigning_checking_and_clearing(studio, labelled, refused):
    code, out, lines = studio("split", labelled, "--val", 0.3, "--test", 0)  # 45 frames at 10 a second
    assert code == 0 and any("By blocks of time" in line for line in lines)
    assert "1 track in several splits" in out
    document = json.loads(studio("split", labelled, "--check", "--json")[1])
    square = document["labels"]["square"]
    assert square["val"] >= 10 and square["train"] >= 10 and square["test"] == 0 and sum(square.values()) == 45
    assert [leak["kind"] for leak in document["leaks"]] == ["track"]
    assert {each["split"] for each in document["leaks"][0]["regions"]} == {"train", "val"}
    info = json.loads(studio("info", labelled, "--json")[1])
    assert info["splits"]
    assert studio("split", labelled, "--clear")[1].endswith("leaks: none\n")
    assert studio("undo", labelled)[1].strip().endswith("clear splits")
    assert "0.7 for test" in refused("split", labelled, "--val", 0.3, "--test", 0.7)
    assert "'frame'" in refused("split", labelled, "--by", "frame")
    assert "different things" in refused("split", labelled, "--clear", "--check")


def test_a_head_is_judged_on_the_frames_of_a_split(studio, fitted, refused):
    clip = fitted / "media" / "clip.mp4"
    with Project.open(fitted, write=True) as project:
        rows = [SplitRow(new_id(), project.media()[0].id, None, 30, FRAMES - 1, "test")]
        project.apply(Edit.rows("assign", rows))
    asked = ("evaluate", fitted, clip, "--truth", "project", "--mode", "fixed", "--device", "cpu", "--json")
    code, out, _ = studio(*asked, "--split", "test")
    assert code == 0 and json.loads(out)["frames"] == 15  # of 45 labelled ones
    assert "no frames of" in refused(*asked, "--split", "val")
    assert "unknown split 'dev'" in refused(*asked, "--split", "dev")
    assert "--truth project" in refused("evaluate", fitted, clip, "--truth", "x.txt", "--split", "test")
