"""`import` and `export` from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from studio.core.media.pictures import write_picture


@pytest.fixture
def classes(tmp_path):
    """Folders of classes below folders of splits."""
    for split, label, count in (("train", "cat", 3), ("train", "dog", 2), ("test", "cat", 1)):
        folder = tmp_path / "classes" / split / label
        folder.mkdir(parents=True)
        for number in range(count):
            picture = np.full((20, 30, 3), (number * 40, len(label), len(split) * 9), np.uint8)
            write_picture(folder / f"{number}.png", picture)
    return tmp_path / "classes"


def test_class_folders_become_a_project_and_yolo_and_that_a_project(studio, whats_in, classes, tmp_path):
    code, out, lines = studio("import", tmp_path / "pets", classes)
    assert code == 0 and out == "read 6 regions, 0 tracks and 3 new media; labels: cat, dog\n"
    assert lines == [f"made the project {tmp_path / 'pets'}", "recognised the format: image-folder"]
    found = whats_in(tmp_path / "pets")
    assert found["regions"] == {"background": 0, "cat": 4, "dog": 2} and found["splits"] == {"train": 5, "test": 1}

    code, out, lines = studio("export", tmp_path / "pets", "--format", "yolo")
    assert code == 0 and out == f"{tmp_path / 'pets' / 'exports' / 'yolo'}\n"
    assert lines == [
        "not held by yolo: 2 keys of labels, left out",
        "not held by yolo: 2 colours of labels, left out",
        "proved: 6 boxes of 2 labels read back as they were",
    ]
    code, out, _ = studio("import", tmp_path / "again", out.strip(), "--format", "yolo", "--copy", "--json")
    done = json.loads(out)
    assert done | {"notes": []} == {
        "format": "yolo", "recognised": False, "made": True, "media": 2, "regions": 6, "tracks": 0, "splits": 2,
        "labels": ["cat", "dog"], "notes": [],
    }  # fmt: skip
    assert whats_in(tmp_path / "again")["splits"] == {"train": 5, "test": 1}
    assert studio("check", tmp_path / "again")[0] == 0


def test_one_line_for_what_goes_wrong(refused, studio, classes, tmp_path):
    assert "unknown format 'tf'" in refused("import", tmp_path / "p", classes, "--format", "tf")
    assert "no COCO file" in refused("import", tmp_path / "p", classes, "--format", "coco")
    assert not (tmp_path / "p").exists()
    studio("import", tmp_path / "p", classes)
    assert "in the project already" in refused("import", tmp_path / "p", classes)
    assert "nothing is overwritten" in refused("export", tmp_path / "p", classes, "--format", "voc")
    assert "Missing option '--format'" in refused("export", tmp_path / "p")


def test_export_as_json(studio, labelled, tmp_path):
    code, out, lines = studio("export", labelled, tmp_path / "boxes.csv", "--format", "csv", "--json")
    done = json.loads(out)
    assert code == 0 and done["path"] == str(tmp_path / "boxes.csv") and done["pictures"] == 0
    assert done["regions"] == len((tmp_path / "boxes.csv").read_text().splitlines()) - 1
    assert done["proof"].startswith(f"proved: {done['regions']} boxes in 1 track of 2 labels")
    assert [f"not held by csv: {line}" for line in done["not_held"]] == lines
