"""Every format writes what it can hold, says what it cannot, and is proved by being read back."""

from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError
from studio.core.formats.exporting import default_folder, planned_export, write_export
from studio.core.media import open_medium
from studio.core.media.pictures import read_picture
from studio.core.plugins import formats
from studio.core.project import Project
from studio.core.project.media import add_medium
from tests.core.formats.conftest import facts


def kept(folder, states, labels=("cup", "blue pen")):
    with Project.open(folder) as project:
        return [fact for fact in facts(project) if fact[1] is not None and fact[7] in states and fact[2] in labels]


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", formats.names)
def test_every_format_is_proved(exported, name):
    folder, proof, lost = exported(name)
    assert folder.is_dir() and proof.startswith("proved: ") and proof.endswith(" read back as they were")
    assert "3 keys of labels, left out" in lost


def test_yolo_is_what_ultralytics_reads(exported):
    folder, proof, lost = exported("yolo")
    assert proof == "proved: 17 boxes of 3 labels read back as they were"
    assert lost == (
        "3 keys of labels, left out",
        "1 negative, left out",
        "1 rejected box, left out",
        "1 ignore box, left out",
        "1 box of an object outside, left out",
        "2 occluded boxes, written as visible",
        "13 boxes in tracks, written in no track",
        "5 keyframes, written like other boxes",
        "9 scores, left out",
        "14 notes of who made a box, left out",
        "5 near-duplicates, written like other boxes",
        "2 reviewed boxes, written like other boxes",
        "3 colours of labels, left out",
        "12 frames of videos, written as pictures; those without a box are not",
    )
    assert (folder / "data.yaml").read_text() == (
        "train: images/train\nval: images/val\ntest: images/test\nnames:\n  0: cup\n  1: blue pen\n  2: idle\n"
    )
    assert {"images/val/clip_000030.jpg", "labels/val/clip_000030.txt", "images/default/photo_0.png"} <= set(
        files(folder)
    )
    assert (folder / "labels" / "val" / "clip_000030.txt").read_text() == "0 0.125000 0.458333 0.234375 0.833333\n"
    assert (folder / "labels" / "test" / "photo_2.txt").read_text() == "0 0.500000 0.500000 1.000000 1.000000\n"


def test_frames_of_a_video_are_those_that_the_boxes_lie_on(exported, clip):
    folder, _, _ = exported("coco")
    with open_medium(clip) as medium:
        written = read_picture(folder / "images" / "train" / "clip_000009.jpg").astype(int)
        assert np.abs(written - medium.frame(9)).mean() < 2


def test_pictures_are_copied_byte_for_byte(exported, pictures):
    folder, _, _ = exported("voc")
    assert (folder / "JPEGImages" / "photo_1.png").exists() is False  # no region lies on it
    assert (folder / "JPEGImages" / "photo_2.png").read_bytes() == (pictures / "photo 2.png").read_bytes()


def test_coco_holds_tracks_scores_and_what_to_ignore(exported):
    folder, _, lost = exported("coco")
    assert not any("ignore" in line or "score" in line or "track" in line for line in lost)
    document = json.loads((folder / "annotations" / "instances_val.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["clip_000030.jpg"]
    assert [category["id"] for category in document["categories"]] == [1, 2, 3]
    crowd = [entry["iscrowd"] for entry in document["annotations"]]
    assert crowd == [0, 1] and document["annotations"][0]["bbox"] == [1.0, 2.0, 30.0, 40.0]
    train = json.loads((folder / "annotations" / "instances_train.json").read_text())
    assert {entry["attributes"].get("track_id") for entry in train["annotations"]} == {1, 2}
    assert {entry.get("score") for entry in train["annotations"] if entry["attributes"]["track_id"] == 1} >= {0.78}


def test_mot_numbers_frames_and_pictures_alike(exported):
    folder, _, _ = exported("mot")
    assert {"clip/img1/000003.jpg", "photos/img1/000001.png", "clip/seqinfo.ini"} <= set(files(folder))
    first = (folder / "clip" / "gt" / "gt.txt").read_text().splitlines()[0]
    assert first == "3,1,13.000,7.000,20.000,15.250,1,1,1.0"
    assert (folder / "clip" / "gt" / "labels.txt").read_text() == "cup\nblue pen\nidle\n"


def test_crops_become_class_folders_and_those_a_project(exported, taken, pictures):
    folder, _, lost = exported("image-folder")
    assert "the places of 17 boxes, each becomes a picture of its own" in lost
    names = files(folder)
    assert {"train/cup/clip_000002.png", "train/background/clip_000004.png", "test/cup/photo_2.png"} <= set(names)
    assert read_picture(folder / "train" / "cup" / "clip_000003.png").shape == (16, 21, 3)  # of 20 × 15.25 at 14.5
    assert (folder / "test" / "cup" / "photo_2.png").read_bytes() == (pictures / "photo 2.png").read_bytes()
    project, done = taken(folder)
    assert (done.format, done.regions) == ("image-folder", 18)
    assert "background" not in {row.name for row in project.labels()[1:]}


def test_cvat_shows_the_tracks_as_they_are_seen(exported):
    folder, _, lost = exported("cvat")
    assert "3 boxes between keyframes, shown by CVAT: they come back as regions" in lost
    root = ElementTree.parse(folder / "clip.mp4" / "annotations.xml").getroot()
    assert root.findtext("meta/source") == "clip.mp4" and root.findtext("meta/task/stop_frame") == "39"
    pens = next(track for track in root.findall("track") if track.get("label") == "blue pen")
    seen = [(box.get("frame"), box.get("outside"), box.get("keyframe"), box.get("xtl")) for box in pens]
    assert seen == [
        ("5", "0", "1", "60.000"), ("6", "0", "0", "61.000"), ("7", "0", "0", "62.000"), ("8", "0", "0", "63.000"),
        ("9", "0", "1", "64.000"), ("10", "1", "1", "64.000"), ("20", "1", "1", "70.000"),
    ]  # fmt: skip
    cups = next(track for track in root.findall("track") if len(track) > 8)
    assert [box.get("occluded") for box in cups][5] == "1" and cups[-1].get("outside") == "1"


def test_cvat_and_csv_come_back_into_the_project_that_has_the_media(exported, full, tmp_path, clip, pictures, taken):
    states = {
        "cvat": ("visible", "occluded", "outside"),
        "csv": ("visible", "occluded", "outside", "ignore", "rejected"),
    }
    for name, held in states.items():
        folder, _, _ = exported(name)
        again = tmp_path / f"again {name}"
        with Project.create(again) as project:
            for source in (clip, pictures):
                with open_medium(source) as medium:
                    add_medium(project, source, medium.kind, medium.frame_count, *medium.size)
        project, done = taken(folder, folder=again)
        there = [fact for fact in facts(project) if fact[2] != "background" and not 5 < fact[1] < 9]
        assert there == [fact for fact in kept(full, held) if not 5 < fact[1] < 9]
        assert done.media == 0 and done.tracks == 2
        with pytest.raises(InputError, match="in the project already"):
            taken(folder, folder=again)


def test_csv_keeps_every_column(exported, tmp_path):
    file, proof, _ = exported("csv", tmp_path / "boxes.csv")
    assert proof == "proved: 21 boxes in 2 tracks of 3 labels read back as they were"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    row = next(row for row in rows if row["frame"] == "7" and row["medium"] == "clip.mp4")
    assert row == {
        "medium": "clip.mp4", "frame": "7", "label": "cup", "x": "20.500", "y": "6.000", "width": "20.000",
        "height": "15.250", "track": "1", "state": "occluded", "keyframe": "0", "score": "0.820000",
        "author": "tracker", "split": "train", "near_duplicate": "1", "reviewed": "0",
    }  # fmt: skip


def test_nothing_is_overwritten_and_a_cancel_leaves_nothing(full, tmp_path):
    target = tmp_path / "there"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    control = Control()
    with Project.open(full) as project, planned_export(project, "yolo") as plan:
        with pytest.raises(InputError, match="nothing is overwritten"):
            write_export(plan, target, control)
        control.cancel()
        with pytest.raises(Cancelled):
            write_export(plan, tmp_path / "new", control)
        assert default_folder(project, "yolo") == full / "exports" / "yolo"
        write_export(plan, default_folder(project, "yolo"), Control())
        assert default_folder(project, "yolo").name == "yolo-2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "photos", "there", "videos"]


def test_what_does_not_come_back_is_said(full, tmp_path, monkeypatch):
    from studio.core.formats import yolo

    monkeypatch.setattr(yolo, "_line", lambda region, kind, medium: f"{kind} 0.5 0.5 0.1 0.1\n")
    missing = pytest.raises(StudioError, match=r"not all came back.*a box of cup on frame 0 of images.* is missing")
    with Project.open(full) as project, planned_export(project, "yolo") as plan, missing:
        write_export(plan, tmp_path / "wrong", Control())


def test_a_missing_video_is_said_before_anything_is_written(full, clip, tmp_path):
    clip.unlink()
    with Project.open(full) as project:
        with planned_export(project, "csv") as plan:  # needs none of its frames
            assert len(plan.data.regions) == 21
            write_export(plan, tmp_path / "table", Control())
        with pytest.raises(InputError, match="missing"), planned_export(project, "yolo"):
            pass


def test_an_empty_project_has_nothing_to_export(tmp_path):
    with Project.create(tmp_path / "empty") as project:
        for name, why in (("voc", "no boxes"), ("tfrecord", "unknown format 'tfrecord'")):
            with pytest.raises(InputError, match=why), planned_export(project, name):
                pass


@pytest.mark.parametrize("name", ["cvat", "csv"])
def test_media_that_are_named_alone_are_warned_of_and_found_beside(exported, taken, clip, pictures, name):
    folder, _, lost = exported(name)
    said = "the frames of 2 media, named alone: elsewhere put them beside what names them"
    assert any(line.startswith(said) for line in lost)
    with pytest.raises(InputError, match="no picture or video that could be read"):
        taken(folder)
    for medium, copy in ((clip, shutil.copyfile), (pictures, shutil.copytree)):
        copy(medium, (folder / medium.name if name == "cvat" else folder) / medium.name)
    project, done = taken(folder)
    assert (done.media, len(project.regions())) == (2, 21)
