"""Tables, counted tracks and accepted regions of one clip, and of a folder of them."""

from __future__ import annotations

import csv
import errno
import shutil

import pytest

from studio.core.detections_file import DetectionsWriter, read_detections
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.project import Project
from studio.core.project.areas import set_area
from studio.core.project.labels import set_threshold
from tests.moving_square import box_at, write_video


def detect(studio, project, source, *more):
    return studio("detect", project, source, "--device", "cpu", *more)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in (2, 10):
        write_video(folder / f"clip{number}.mp4", 12, vanish=9 if number == 2 else None)
    return folder


def test_tables_of_one_clip(studio, fitted_once, clip, tmp_path):
    found, tracks = tmp_path / "found.csv", tmp_path / "tracks.csv"
    code, out, lines = detect(studio, fitted_once, clip, "--csv", found, "--tracks", tracks, "--start", 40)
    assert code == 0 and out == "" and "counted: 1 square" in lines
    (track,) = rows(tracks)
    assert (track["label"], track["source"]) == ("square", str(clip))
    assert int(track["first_frame"]) <= 42 and int(track["last_frame"]) >= 57
    assert float(track["start_seconds"]) == int(track["first_frame"]) / 10
    detections = [row for row in rows(found) if row["track"] == track["track"]]
    assert len(detections) == int(track["detections"]) >= 15
    for row in detections:
        x, y, _, _ = box_at(int(row["frame"]))
        assert abs(float(row["x"]) - x) < 16 and abs(float(row["y"]) - y) < 16 and float(row["score"]) >= 0.5


@pytest.mark.slow
def test_accepted_tracks_are_regions_and_one_step(studio, fitted, clip, tmp_path):
    code, _, lines = detect(studio, fitted, clip, "--accept", "--start", 40)
    assert code == 0
    with Project.open(fitted, write=True) as project:
        new = [row for row in project.regions() if row.author == "head"]
        assert f"{len(new)} regions accepted" in lines
        assert {row.frame for row in new} <= set(range(45, 60)) and len(new) >= 10  # 40 to 44 were labelled
        assert len({row.track for row in new}) == 1 and all(row.score >= 0.5 for row in new)
        before = len(project.history())
    assert "0 regions accepted" in detect(studio, fitted, clip, "--accept", "--start", 40)[2]
    with Project.open(fitted, write=True) as project:
        assert len(project.history()) == before
        assert project.undo() == ["accept 1 track in clip.mp4"]
        assert not [row for row in project.regions() if row.author == "head"]
    assert studio("check", fitted)[0] == 0


def test_a_folder_of_media(studio, fitted, clips, tmp_path):
    out, video, found, tracks = (tmp_path / name for name in ("out", "videos", "found.csv", "tracks.csv"))
    options = "--out", out, "--render", video, "--csv", found, "--tracks", tracks, "--accept"
    code, printed, lines = detect(studio, fitted, clips, *options)
    assert code == 0 and printed == ""
    assert [line for line in lines if line.startswith(str(clips))] == [str(clips / f"clip{n}.mp4") for n in (2, 10)]
    assert sorted(path.name for path in out.iterdir()) == ["clip10.mp4.jsonl", "clip2.mp4.jsonl"]
    assert len(read_detections(out / "clip2.mp4.jsonl")[1]) == 12
    with open_medium(video / "clip10.mp4.mp4") as medium:
        assert medium.frame_count == 12
    first, second = rows(tracks)
    assert [first["source"], second["source"]] == [str(clips / f"clip{n}.mp4") for n in (2, 10)]
    assert int(first["last_frame"]) <= 8 < int(second["last_frame"])
    assert {row["source"] for row in rows(found)} == {first["source"], second["source"]}
    with Project.open(fitted) as project:
        media = {row.path.rsplit("/", 1)[-1]: row.id for row in project.media()}
        for name in ("clip2.mp4", "clip10.mp4"):
            assert len([row for row in project.regions(medium=media[name]) if row.author == "head"]) >= 7


@pytest.mark.slow
def test_a_damaged_medium_does_not_keep_the_others_from_being_searched(studio, fitted_once, clips, tmp_path):
    (clips / "clip1.mp4").write_text("no video\n" * 99)
    shutil.copy(clips / "clip2.mp4", clips / "clip3.mp4")
    tracks = tmp_path / "tracks.csv"
    code, _, lines = detect(studio, fitted_once, clips, "--tracks", tracks)
    assert code == 1 and lines[-1].startswith("error: 1 of 4 media could not be searched")
    assert any(line.startswith("note: ") and "clip1.mp4" in line for line in lines)
    assert len(rows(tracks)) == 3


def test_a_full_disk_keeps_the_tables_too(studio, fitted_once, clip, tmp_path, monkeypatch):
    write = DetectionsWriter.write

    def full(self, frame, *rest):
        if frame == 7:
            raise OSError(errno.ENOSPC, "No space left on device", "found.jsonl")
        write(self, frame, *rest)

    monkeypatch.setattr(DetectionsWriter, "write", full)
    found, tracks = tmp_path / "found.csv", tmp_path / "tracks.csv"
    code, _, lines = detect(
        studio, fitted_once, clip, "--out", tmp_path / "f.jsonl", "--csv", found, "--tracks", tracks
    )
    assert code == 1 and "the disk is full" in lines[-1]
    assert max(int(row["frame"]) for row in rows(found)) <= 6
    assert int(rows(tracks)[0]["last_frame"]) <= 7


@pytest.mark.parametrize("option", ["--csv", "--tracks"])
def test_tables_replace_nothing(refused, fitted_once, clip, tmp_path, option):
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    assert f"{mine} is there already" in refused("detect", fitted_once, clip, option, mine)
    assert "folder is not there" in refused("detect", fitted_once, clip, option, tmp_path / "no" / "t.csv")
    assert "name two files" in refused("detect", fitted_once, clip, "--out", tmp_path / "t", option, tmp_path / "t")
    assert mine.read_text() == "mine"


def test_a_live_camera_cannot_be_accepted(refused, fitted_once):
    assert "record camera:0 first" in refused("detect", fitted_once, "camera:0", "--accept")


def test_only_the_search_area_of_a_medium_is_searched(studio, fitted, clip, tmp_path):
    x, y, width, height = box_at(55)
    with Project.open(fitted, write=True) as project:
        (medium,) = project.media()
        project.apply(set_area(project, medium, Box(x - 60, y - 60, width + 120, height + 120)))
    code, _, lines = detect(studio, fitted, clip, "--tracks", tmp_path / "in.csv", "--start", 54, "--end", 56)
    assert code == 0 and any(line.startswith("searching the area ") for line in lines)
    (track,) = rows(tmp_path / "in.csv")
    assert abs(float(track["x"]) - x) < 16 and abs(float(track["y"]) - y) < 16
    with Project.open(fitted, write=True) as project:
        away = Box(0, 0, 100, 100) if x > 160 else Box(220, 140, 100, 100)
        project.apply(set_area(project, medium, away))
    assert "counted: nothing" in detect(studio, fitted, clip, "--tracks", tmp_path / "away.csv", "--start", 54)[2]


def test_the_threshold_of_a_label_holds(studio, fitted, clip, tmp_path):
    with Project.open(fitted, write=True) as project:
        square = project.label("square")
        project.apply(set_threshold(square, 1.0).edit)
    code, _, _ = detect(studio, fitted, clip, "--csv", tmp_path / "found.csv", "--start", 50)
    assert code == 0 and all(float(row["score"]) == 1.0 for row in rows(tmp_path / "found.csv"))
