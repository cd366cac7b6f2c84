from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from studio.core.detections import Detections
from studio.core.detections_file import STDOUT, DetectionsHeader, DetectionsWriter, read_detections
from studio.core.errors import InputError

HEADER = DetectionsHeader("cups", "resnet18-64px", "küche 1.mp4", "dense", ("cup", "Blüte"))
TWO = Detections(
    np.array([[1.234, 2, 30, 40], [5, 6, 7.005, 8]], np.float32),
    np.array([0.98768, 0.5], np.float32),
    np.array([1, 0], np.int64),
)


def test_the_lines_are_the_contract(tmp_path):
    path = tmp_path / "found.jsonl"
    with DetectionsWriter(path, HEADER) as writer:
        writer.write(12, 0.48, TWO)
        writer.write(13, 13 / 30, Detections())
    header, first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert header == {
        "head": "cups",
        "backbone": "resnet18-64px",
        "source": "küche 1.mp4",
        "mode": "dense",
        "labels": ["cup", "Blüte"],
    }
    assert first["frame"] == 12 and first["time"] == 0.48
    assert first["detections"][0] == {"label": "Blüte", "score": 0.9877, "box": [1.23, 2.0, 30.0, 40.0]}
    assert second == {"frame": 13, "time": 0.433333, "detections": []}
    assert [entry.name for entry in tmp_path.iterdir()] == ["found.jsonl"]


def test_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "found.jsonl"
    with DetectionsWriter(path, replace(HEADER, head=None)) as writer:
        writer.write(0, 0.0, Detections())
        writer.write(7, 0.28, TWO)
    header, frames = read_detections(path)
    assert header == replace(HEADER, head=None)
    assert [(found.frame, found.time) for found in frames] == [(0, 0.0), (7, 0.28)]
    assert len(frames[0].detections) == 0
    np.testing.assert_allclose(frames[1].detections.boxes, TWO.boxes, atol=0.006)
    np.testing.assert_allclose(frames[1].detections.scores, TWO.scores, atol=1e-4)
    assert frames[1].detections.label_ids.tolist() == [1, 0]


def test_standard_output_gets_every_line_as_it_comes(capsys):
    with DetectionsWriter(STDOUT, HEADER) as writer:
        assert json.loads(capsys.readouterr().out)["mode"] == "dense"
        writer.write(0, 0.0, TWO)
        assert json.loads(capsys.readouterr().out)["frame"] == 0


def test_an_interrupted_run_keeps_its_frames(tmp_path):
    path = tmp_path / "found.jsonl"
    with pytest.raises(KeyboardInterrupt), DetectionsWriter(path, HEADER) as writer:
        writer.write(0, 0.0, TWO)
        assert not path.exists(), "half of a file must not have the final name"
        raise KeyboardInterrupt
    assert [found.frame for found in read_detections(path)[1]] == [0]


def test_a_run_without_a_frame_does_not_replace_an_older_file(tmp_path):
    path = tmp_path / "found.jsonl"
    path.write_text("older")
    with pytest.raises(KeyboardInterrupt), DetectionsWriter(path, HEADER):
        raise KeyboardInterrupt
    assert path.read_text() == "older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["found.jsonl"]


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    path = tmp_path / "found.jsonl"
    with pytest.raises(OSError, match="No space"), DetectionsWriter(path, HEADER) as writer:
        writer.write(0, 0.0, TWO)

        class Full:
            def __init__(self, file):
                self._file = file
                self._calls = 0

            def write(self, data):
                self._calls += 1
                if self._calls > 1:
                    raise OSError(28, os.strerror(28))
                return self._file.write(data[:10])

            def __getattr__(self, name):
                return getattr(self._file, name)

        monkeypatch.setattr(writer._lines, "_file", Full(writer._lines._file))
        writer.write(1, 0.04, TWO)
    assert [found.frame for found in read_detections(path)[1]] == [0]


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="is a folder"), DetectionsWriter(tmp_path, HEADER):
        pass
    with pytest.raises(InputError, match="No such file"), DetectionsWriter(tmp_path / "no" / "f.jsonl", HEADER):
        pass


GOOD_HEADER = json.dumps({"head": "a", "backbone": "b", "source": "c", "mode": "dense", "labels": ["cup"]})


def frame_line(**changes):
    found = {"label": "cup", "score": 0.5, "box": [1, 2, 3, 4]}
    document = {"frame": 3, "time": 0.1, "detections": [found | changes.pop("found", {})]}
    return json.dumps(document | changes)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "Expecting"),
        ("[]", "indices"),
        ('{"frame": 1, "time": 0}', "'detections' is missing"),
        (frame_line(frame=-1), "whole number"),
        (frame_line(frame=1.5), "whole number"),
        (frame_line(frame=1), "after frame 2"),
        (frame_line(time="soon"), "could not convert"),
        (frame_line(found={"label": "dog"}), "'dog' is not in the header"),
        (frame_line(found={"score": 1.5}), "scores must be in"),
        (frame_line(found={"box": [1, 2, 3]}), r"\(N, 4\)"),
        (frame_line(found={"box": [1, 2, -3, 4]}), "no negative size"),
        (frame_line()[:40], "line 3"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, complaint):
    path = tmp_path / "found.jsonl"
    path.write_text(f"{GOOD_HEADER}\n{frame_line(frame=2)}\n{line}\n")
    with pytest.raises(InputError, match=f"found.jsonl, line 3 .*{complaint}" if complaint != "line 3" else complaint):
        read_detections(path)


@pytest.mark.parametrize(
    "header",
    ["{}", "1", "x", GOOD_HEADER.replace('["cup"]', '"cup"'), GOOD_HEADER.replace('"a"', "1")],
)
def test_a_bad_header_is_said(tmp_path, header):
    path = tmp_path / "found.jsonl"
    path.write_text(header)
    with pytest.raises(InputError, match="line 1 is not the header"):
        read_detections(path)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_detections(tmp_path / "missing.jsonl")
    (tmp_path / "empty").write_text("")
    with pytest.raises(InputError, match="is empty"):
        read_detections(tmp_path / "empty")
    (tmp_path / "clip.mp4").write_bytes(b"\x00\xff\xfe\x80" * 9)
    with pytest.raises(InputError, match="not text"):
        read_detections(tmp_path / "clip.mp4")
