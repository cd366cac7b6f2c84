"""`labels`, `media`, `marks`, `heads` and `copy`: what is in a project, changed from the command line."""

from __future__ import annotations

import json
import shutil
import zipfile

import pytest

from studio.core.project import Project
from tests.cli.conftest import FRAMES


@pytest.fixture
def ok(studio):
    """Runs a command that must succeed; gives its output."""

    def call(*arguments):
        code, out, lines = studio(*arguments)
        assert code == 0, lines
        return out

    return call


def test_labels_are_renamed_merged_deleted_and_brought_back(ok, refused, labelled, whats_in):
    before = whats_in(labelled)["regions"]
    out = ok("labels", "rename", labelled, "square", "tile")
    assert out == "Renames the label square to tile; 45 regions on 1 medium stay with it.\n"
    ok("labels", "key", labelled, "tile", 7)
    ok("labels", "color", labelled, "tile", "#102030")
    ok("labels", "threshold", labelled, "tile", 0.75)
    (tile,) = (label for label in json.loads(ok("labels", "list", labelled, "--json")) if label["name"] == "tile")
    assert tile == {"name": "tile", "key": "7", "color": "#102030", "threshold": 0.75, "regions": 45}
    assert "7 #102030 0.75        45  tile" in ok("labels", "list", labelled)
    assert "negatives collected beside it" in ok("labels", "delete", labelled, "tile")
    assert whats_in(labelled)["regions"] == {"background": 0}
    ok("undo", labelled, "--steps", 5)
    assert whats_in(labelled)["regions"] == before
    assert "Makes 45 regions of square negatives" in ok("labels", "delete", labelled, "square", "--negatives")
    assert whats_in(labelled)["regions"] == {"background": sum(before.values())}
    ok("undo", labelled)
    assert "unknown label 'cup'" in refused("labels", "merge", labelled, "cup", "square")
    assert "itself" in refused("labels", "merge", labelled, "square", "square")
    assert "background" in refused("labels", "delete", labelled, "background")
    ok("check", labelled)


def test_merging_two_labels(ok, labelled, clip, whats_in):
    ok("label", labelled, labelled / "media" / "clip.mp4", "--box", "20,20,50,50", "--label", "dot", "--start", 50,
       "--end", 52, "--device", "cpu")  # fmt: skip
    before = whats_in(labelled)["regions"]
    assert "Moves 3 regions on 1 medium and 1 track of dot to square" in ok(
        "labels", "merge", labelled, "dot", "square"
    )
    assert whats_in(labelled)["regions"]["square"] == before["square"] + before["dot"]


def test_media_are_added_moved_found_and_removed(ok, studio, refused, empty, clip, tmp_path):
    outside = tmp_path / "clips" / "mine.mp4"
    outside.parent.mkdir()
    shutil.copy(clip, outside)
    assert ok("media", "add", empty, outside) == "../clips/mine.mp4\n"
    shutil.move(outside.parent, tmp_path / "moved")
    (medium,) = json.loads(ok("media", "list", empty, "--json"))
    assert medium["frames"] == FRAMES and "is missing" in medium["problem"]
    found = json.loads(ok("media", "relink", empty, tmp_path / "moved", "--json"))
    assert found["missing"] == [] and found["found"][0]["found"] == str(tmp_path / "moved" / "mine.mp4")
    assert ok("media", "relink", empty, tmp_path / "moved") == "no media are missing\n"
    (tmp_path / "moved" / "mine.mp4").write_bytes(b"changed")
    code, out, lines = studio("media", "relink", empty, tmp_path / "moved")
    assert code == 0 and "still missing: ../moved/mine.mp4" in out and any("was changed" in line for line in lines)
    assert "Removes mine.mp4 from the project;" in ok("media", "remove", empty, "mine.mp4")
    assert json.loads(ok("media", "list", empty, "--json")) == []
    assert (tmp_path / "moved" / "mine.mp4").exists()
    assert "no medium 'mine.mp4'" in refused("media", "remove", empty, "mine.mp4")


def test_a_medium_that_is_copied_and_one_that_is_none(ok, refused, empty, clip, tmp_path):
    assert ok("media", "add", empty, clip, "--copy") == "media/clip.mp4\n"
    assert (empty / "media" / "clip.mp4").read_bytes() == clip.read_bytes()
    (tmp_path / "notes.txt").write_text("no video")
    refused("media", "add", empty, tmp_path / "notes.txt", "--copy")
    assert not (empty / "media" / "notes.txt").exists()
    assert "record camera:0 first" in refused("media", "add", empty, "camera:0")


def test_marks_are_set_listed_and_cleared(ok, refused, labelled):
    assert ok("marks", labelled, "clip.mp4", 50, 59, "--nothing") == "no square here, frames 50 to 59\n"
    ok("marks", labelled, "clip.mp4", 55, "--clear")
    ok("marks", labelled, "media/clip.mp4", 0, 9, "--incomplete", "--label", "square")
    found = json.loads(ok("marks", labelled, "--json"))
    assert [(row["first"], row["last"], row["kind"]) for row in found] == [
        (0, 9, "incomplete"), (50, 54, "nothing"), (56, 59, "nothing"),
    ]  # fmt: skip
    assert "media/clip.mp4, frames 50 to 54: nothing (square)" in ok("marks", labelled)
    assert "there is a square on frame 20" in refused("marks", labelled, "clip.mp4", 20, 50, "--nothing")
    assert "no frames 50 to 60" in refused("marks", labelled, "clip.mp4", 50, 60, "--nothing")
    assert "one of" in refused("marks", labelled, "clip.mp4", 50, 55)
    assert "one of" in refused("marks", labelled, "clip.mp4", 50, 55, "--nothing", "--clear")
    assert "four numbers" in refused("marks", labelled, "clip.mp4", 50, "--ignore-box", "1,2")


def test_ignore_boxes_are_no_regions_of_the_label(ok, labelled, whats_in):
    before = whats_in(labelled)
    ok("marks", labelled, "clip.mp4", 10, 12, "--ignore-box", "5,5,30,30")
    after = whats_in(labelled)
    assert after["regions"] == before["regions"] and after["other_regions"] == {"ignore": 3}


def test_heads_are_chosen_renamed_and_deleted(ok, studio, refused, fitted, tmp_path):
    shutil.copytree(fitted / "models" / "head-1", fitted / "models" / "head-2")
    assert [head["active"] for head in json.loads(ok("heads", "list", fitted, "--json"))] == [False, False]
    ok("heads", "use", fitted, "head-1")
    ok("heads", "rename", fitted, "head-1", "mine")
    assert "mine: square on" in ok("heads", "list", fitted) and ", active" in ok("heads", "list", fitted)
    _, _, lines = studio("detect", fitted, fitted / "media" / "clip.mp4", "--end", 0, "--out", "-", "--device", "cpu")
    assert "head: mine, the active one" in lines
    assert "--yes" in refused("heads", "delete", fitted, "mine")
    ok("heads", "delete", fitted, "mine", "--yes")
    assert [head["name"] for head in json.loads(ok("heads", "list", fitted, "--json"))] == ["head-2"]
    assert not (fitted / "models" / "mine").exists()
    assert "unknown head 'mine'" in refused("heads", "use", fitted, "mine")


def test_a_project_goes_through_one_file(ok, studio, refused, fitted, clip, tmp_path, whats_in):
    file = tmp_path / "copy.studio"
    assert ok("copy", fitted, file) == f"{file}\n"
    with zipfile.ZipFile(file) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    ok("copy", file, tmp_path / "back")
    before, after = whats_in(fitted), whats_in(tmp_path / "back")
    assert before | {"folder": ""} == after | {"folder": ""}
    assert studio("check", tmp_path / "back")[0] == 0
    back = tmp_path / "back"
    code, out, _ = studio("detect", back, back / "media" / "clip.mp4", "--end", 1, "--out", "-", "--device", "cpu")
    assert code == 0 and len(out.splitlines()) == 3
    assert "there already" in refused("copy", fitted, file)
    assert "no copy of a project" in refused("copy", clip, tmp_path / "other")
    assert "not an empty folder" in refused("copy", file, back)
    assert "--with-media" in refused("copy", file, tmp_path / "third", "--with-media")


def test_a_copy_says_what_is_not_in_it(ok, studio, empty, clip, tmp_path):
    ok("media", "add", empty, clip)
    code, _, lines = studio("copy", empty, tmp_path / "without.studio")
    assert code == 0 and any("lies outside the project's folder" in line for line in lines)
    assert not studio("copy", empty, tmp_path / "with.studio", "--with-media")[2]
    ok("copy", tmp_path / "with.studio", tmp_path / "back")
    with Project.open(tmp_path / "back") as project:
        assert [row.path for row in project.media()] == ["media/clip.mp4"] and project.check() == []
