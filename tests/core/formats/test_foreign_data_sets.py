"""Data sets as other programs wrote them: Datumaro's examples and LabelMe's."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from tests.core.formats.conftest import facts


@pytest.fixture
def data(shared):
    return shared / "data" / "formats"


def splits(project):
    media = {row.id: row.path.rsplit("/", 1)[-1] for row in project.media()}
    return sorted((media[row.medium], row.first, row.last, row.split) for row in project.splits())


def test_coco(data, taken):
    project, done = taken(data / "coco_dataset" / "coco_instances")
    assert facts(project) == [
        ("train", 0, "b", 2, 2, 3, 1, "visible"),
        ("val", 0, "a", 0, 0, 1, 2, "visible"),
        ("val", 0, "b", 0, 0, 1, 9, "ignore"),
    ]
    assert done.labels == ("a", "b", "c") and done.recognised and done.made and not done.notes
    assert splits(project) == [("train", 0, 0, "train"), ("val", 0, 0, "val")]
    assert {(row.kind, row.frames, row.width, row.height) for row in project.media()} == {
        ("stills", 1, 10, 5), ("stills", 1, 5, 10)
    }  # fmt: skip


def test_coco_by_its_file(data, taken):
    project, done = taken(data / "coco_dataset/coco_instances/annotations/instances_val.json")
    assert done.format == "coco" and len(facts(project)) == 2


def test_yolo_of_ultralytics_and_darknet(data, taken):
    for name in ("yolov8_detection", "yolo"):
        project, done = taken(data / "yolo_dataset" / name)
        found = facts(project)
        assert [fact[2] for fact in found] == ["label_2", "label_4"] and done.format == "yolo"
        assert found[0][3:7] == pytest.approx((0, 2, 4, 2), abs=1e-4)  # on 15 × 10 pixels
        assert found[1][3:7] == pytest.approx((3, 3, 2, 3), abs=1e-4)
        assert [split[-1] for split in splits(project)] == ["train"]
        assert len(done.labels) == 10 and not done.notes


def test_voc(data, taken):
    project, done = taken(data / "voc_dataset" / "voc_dataset1")
    assert facts(project) == [
        ("JPEGImages", 0, "cat", 1, 2, 2, 2, "visible"),
        ("JPEGImages", 0, "person", 4, 5, 2, 2, "visible"),
    ]
    assert splits(project) == [("JPEGImages", 0, 0, "train")]
    assert done.notes == ("1 object: with parts, which are left out (JPEGImages/2007_000001.jpg)",)


def test_cvat_for_video(data, taken):
    project, done = taken(data / "cvat_dataset" / "for_video")
    assert facts(project) == [
        ("images", 0, "II", 3, 4, 7, 1, "occluded"),  # frame_000010.png
        ("images", 1, "II", 7, 6, 7, 2, "outside"),  # frame_000013.png
    ]
    assert all(row.keyframe and row.track == project.tracks()[0].id for row in project.regions())
    assert set(done.notes) == {
        "1 picture: not there, left out with its boxes (images/frame_000016)",
        "3 shapes: no area, left out (points of track 1, polyline of track 2, skeleton of track 3)",
    }


def test_cvat_for_images(data, taken):
    project, done = taken(data / "cvat_dataset" / "for_images")
    assert facts(project) == [
        ("images", 0, "label1", 0, 2, 4, 2, "occluded"),
        ("images", 1, "unnamed", 1, 2, 5, 3, "visible"),  # a polygon
    ]
    assert "1 shape: the box around it is taken (polygon of images/img1.jpg)" in done.notes


def test_mot(data, taken):
    project, done = taken(data / "mot_dataset" / "mot_seq")
    assert facts(project) == [("img1", 0, "label_2", 0, 4, 4, 8, "visible")]
    assert done.tracks == 0 and len(done.labels) == 10


def test_labelme(data, taken):
    project, done = taken(data / "labelme_json" / "data_annotated")
    found = facts(project)
    assert [fact[2] for fact in found].count("person") == 6 and done.regions == 9
    assert found[0][3:7] == pytest.approx((191, 107.369, 122, 222), abs=0.01)


def test_class_folders_become_a_project_in_one_step(shared, data, taken):
    project, done = taken(data / "imagenet_dataset")
    assert [(fact[0], fact[2], *fact[3:7]) for fact in facts(project)] == [
        ("label_0", "label_0", 0, 0, 8, 8), ("label_0", "label_0", 0, 0, 10, 10), ("label_1", "label_1", 0, 0, 8, 8)
    ]  # fmt: skip
    assert done.made and not splits(project) and len(project.history()) == 1
    project, done = taken(shared / "data" / "cifar10-small")
    assert (done.media, done.regions, len(done.labels)) == (20, 2000, 10)
    assert {split for *_, split in splits(project)} == {"train", "test"}
    assert len({line.group for line in project.history()}) == 1


def test_a_folder_of_several_formats_asks_which(data, taken):
    with pytest.raises(InputError, match="several formats; choose one with --format: coco, yolo, voc, cvat, mot"):
        taken(data)
