"""The demo and the README's tour, run as a newcomer runs them: pasted into a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from studio.cli.main import run
from studio.core.detections_file import read_detections
from studio.core.geometry import parse_box
from studio.core.media import open_medium
from studio.core.media.pictures import read_picture
from studio.core.truth import read_truth
from studio.ml.demo_clip import demo_frames

README = Path(__file__).resolve().parents[2] / "README.md"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Tour:
    folder: Path
    printed: str
    said: str

    @property
    def report(self):
        return json.loads((self.folder / "tour" / "report.json").read_text())


def tour_block() -> str:
    (block,) = re.findall(r"```sh\n(\. \.venv/bin/activate\n.*?)```", README.read_text("utf-8"), re.DOTALL)
    return block


@pytest.fixture(scope="session")
def tour(tmp_path_factory) -> Tour:
    if not (Path(sys.prefix) / "bin" / "activate").is_file() or not shutil.which("bash"):
        pytest.skip("the tour is pasted into a shell, with a virtual environment beside it")
    folder = tmp_path_factory.mktemp("tour")
    (folder / ".venv").symlink_to(sys.prefix)
    environment = os.environ | {"STUDIO_CACHE": str(folder / "cache")}
    done = subprocess.run(
        ["bash", "-e", "-c", tour_block()], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Tour(folder, done.stdout, done.stderr)


@pytest.fixture
def demo(tour, monkeypatch) -> Path:
    """The folder that the demo made, seen by the user who made it."""
    monkeypatch.setenv("STUDIO_CACHE", str(tour.folder / "cache"))
    return tour.folder / "tour"


def test_dense_search_finds_the_flower_and_is_silent_while_it_is_away(tour):
    dense = tour.report["modes"]["dense"]
    assert dense["f1"] >= 0.95
    assert dense["away_false_positives"] == 0


def test_the_report_has_what_its_contract_names(tour):
    report = tour.report
    assert report["clip"] == "clip.mp4" and report["device"] and "CC BY 2.0" in report["credit"]
    assert report["label"]["frames"] == 150 and report["label"]["mean_iou"] > 0.65 and report["label"]["seconds"] > 0
    assert report["fit"]["positives"] > 0 < report["fit"]["negatives"]
    assert report["fit"]["seconds"] > 0 and report["fit"]["f1"] > 0.9
    assert set(report["modes"]) == {"fixed", "search", "track", "dense"}
    for scores in report["modes"].values():
        assert {"precision", "recall", "f1", "mean_iou", "presence", "fps"} <= set(scores)
        assert set(scores["presence"]) == {"precision", "recall"}


def test_the_clip_and_its_truth_belong_together(demo):
    truth = read_truth(demo / "truth.txt")
    assert truth.shape == (300, 4) and np.isnan(truth[150:]).any() and not np.isnan(truth[:150]).any()
    frames = demo_frames(0)
    with open_medium(demo / "clip.mp4") as clip:
        assert (clip.frame_count, clip.size, clip.rate) == (300, (640, 480), 25.0)
        for (number, decoded), (made, box) in zip(clip.frames(0, 4), frames, strict=False):
            assert np.abs(decoded.astype(int) - made).mean() < 6  # the loss of H.264 on grain
            assert box is not None
            np.testing.assert_allclose(truth[number], box)


def test_pictures_and_detections_are_whole(demo):
    assert read_picture(demo / "label.png").shape == (2 * 484, 2 * 644, 3)
    assert read_picture(demo / "detect.png").shape == (480, 640, 3)
    with open_medium(demo / "detect.mp4") as drawn:
        assert (drawn.frame_count, drawn.size) == (150, (640, 480))
    header, lines = read_detections(demo / "detect.jsonl")
    assert header.labels == ("flower",) and header.mode == "dense"
    assert [line.frame for line in lines] == list(range(150, 300))


def test_detect_shows_a_flower_that_was_found(demo):
    with open_medium(demo / "clip.mp4") as clip:
        changed = np.abs(read_picture(demo / "detect.png").astype(int) - clip.frame(240)).max(axis=2) > 40
    x, y, width, height = read_truth(demo / "truth.txt")[240]
    rows, columns = np.nonzero(changed)
    assert abs(columns.min() - x) < 0.2 * width and abs(rows.max() - (y + height)) < 0.2 * height


def test_the_projects_are_in_order(demo, capsys):
    assert run(["check", str(demo / "project")]) == 0
    assert run(["info", str(demo / "project"), "--json"]) == 0
    info = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert info["regions"]["flower"] == 150 and info["heads"] == ["head-1"]


def test_the_table_and_the_next_steps_are_printed(tour):
    for text in ("mean IoU", "fixed", "search", "track", "dense", "studio label mine CLIP --box X,Y,W,H"):
        assert text in tour.printed
    assert "searching frames 150 to 299, mode dense" in tour.said


def test_the_tour_starts_from_the_clips_own_first_box(tour):
    box = re.search(r"--box (\S+)", tour_block()).group(1)
    np.testing.assert_allclose(parse_box(box), read_truth(tour.folder / "tour" / "truth.txt")[0], atol=0.5)


def test_the_tour_makes_a_good_detector_too(tour):
    f1 = re.search(r"^f1\s+(\S+)$", tour.printed, re.MULTILINE)
    assert f1 and float(f1.group(1)) >= 0.95
    _, lines = read_detections(tour.folder / "tour" / "found.jsonl")
    assert len(lines) == 150
    with open_medium(tour.folder / "tour" / "found.mp4") as video:
        assert video.frame_count == 150
    assert re.search(r"^undone: follow flower", tour.printed, re.MULTILINE)
    assert re.search(r"^redone: follow flower", tour.printed, re.MULTILINE)


def test_a_second_demo_into_the_same_folder_is_refused(demo, capsys):
    before = sorted(demo.rglob("*"))
    assert run(["demo", "--out", str(demo)]) == 2
    assert capsys.readouterr().err.startswith("error: ") and sorted(demo.rglob("*")) == before
