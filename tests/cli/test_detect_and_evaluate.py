from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest

from studio.core.detections_file import DetectionsWriter, read_detections
from studio.core.media import open_medium
from studio.core.media.writer import VideoWriter
from studio.core.plugins import search_modes
from studio.core.project import Edit, Project, new_id
from studio.core.project.rows import MarkRow
from tests.cli.conftest import FRAMES
from tests.core.media.clips import write_sound
from tests.moving_square import box_at, picture, truth_lines, write_video


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / "truth.txt"
    path.write_text("\n".join(truth_lines(FRAMES)))
    return path


def detect(studio, project, source, *more):
    return studio("detect", project, source, "--device", "cpu", *more)


@pytest.mark.parametrize("mode", search_modes.names)
def test_every_mode_writes_a_line_for_every_frame(studio, fitted_once, clip, tmp_path, mode):
    out = tmp_path / "found.jsonl"
    code, printed, lines = detect(studio, fitted_once, clip, "--mode", mode, "--out", out, "--start", 50)
    assert code == 0 and printed == "" and "10 frames" in lines[-1]
    header, found = read_detections(out)
    assert (header.head, header.mode, header.labels) == ("head-1", mode, ("square",))
    assert [each.frame for each in found] == list(range(50, 60)) and found[1].time == pytest.approx(5.1)
    hits = [each.detections for each in found if len(each.detections)]
    if mode != "fixed":
        assert len(hits) >= 8
    for each in found:
        centre = np.array(box_at(each.frame).centre)
        for (x, y, w, h), score in zip(each.detections.boxes, each.detections.scores, strict=True):
            assert score >= 0.5
            if mode == "dense":
                assert (np.abs(centre - (x + w / 2, y + h / 2)) < 12).all()


def test_evaluate_counts_against_a_truth_file(studio, fitted_once, clip, truth):
    code, out, _ = studio("evaluate", fitted_once, clip, "--truth", truth, "--start", 45, "--json")
    document = json.loads(out)
    assert code == 0 and document["frames"] == 15
    assert document["f1"] > 0.9 and document["mean_iou"] > 0.6 and document["average_precision"] > 0.9
    assert document["presence"]["recall"] > 0.9 and document["fps"] > 0 and document["backbone_ms"] > 0
    shown = studio("evaluate", fitted_once, clip, "--truth", truth, "--start", 58)[1]
    assert "presence" in shown and "bare backbone" in shown


@pytest.mark.slow
def test_evaluate_against_the_project_judges_only_what_it_knows(studio, refused, fitted, clip):
    def frames(*more):
        return json.loads(studio("evaluate", fitted, clip, "--truth", "project", "--json", *more)[1])

    known = frames("--start", 40)
    assert known["frames"] == 5 and known["f1"] == 1.0  # 40 to 44 were labelled, the rest was not
    assert "nothing is known of square" in refused("evaluate", fitted, clip, "--truth", "project", "--start", 50)
    with Project.open(fitted, write=True) as project:
        medium, label = project.media()[0].id, project.label("square").id
        marks = [
            MarkRow(new_id(), medium, label, 50, 54, "nothing"),
            MarkRow(new_id(), medium, label, 41, 42, "ignore"),
        ]
        project.apply(Edit.rows("mark", marks))
    marked = frames("--start", 40)
    assert marked["frames"] == 8 and marked["recall"] == 1.0 and marked["precision"] < 0.5  # the mark is wrong


def test_single_pictures_and_folders_of_them(studio, fitted_once, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for number, scale in ((0, 1.0), (1, 0.8), (2, 1.2)):
        shown = cv2.resize(picture(50 + number), None, fx=scale, fy=scale)
        cv2.imwrite(str(folder / f"{number}.png"), shown[..., ::-1])
    for source, count in ((folder, 3), (folder / "0.png", 1)):
        out, video = tmp_path / f"{count}.jsonl", tmp_path / f"{count}.mp4"
        assert detect(studio, fitted_once, source, "--out", out, "--render", video)[0] == 0
        found = read_detections(out)[1]
        assert len(found) == count and all(len(each.detections) for each in found)
        with open_medium(video) as medium:
            assert medium.frame_count == count and medium.size == (320, 240)


def test_rendering_draws_boxes_on_the_frames(studio, fitted_once, clip, tmp_path):
    video = tmp_path / "found.mp4"
    assert detect(studio, fitted_once, clip, "--render", video, "--end", 5)[0] == 0
    with open_medium(video) as drawn, open_medium(clip) as plain:
        assert drawn.frame_count == 6 and drawn.rate == pytest.approx(10)
        different = np.abs(drawn.frame(3).astype(int) - plain.frame(3)).max(2) > 60
        x, y, w, h = (int(value) for value in box_at(3))
        assert different[y - 8 : y + h + 8, x - 8 : x + w + 8].sum() > 100


@pytest.mark.parametrize(
    "more, says",
    [(("--mode", "fast"), "there are: fixed, search, track, dense"), (("--head", "other"), "there are: head-1"),
     (("--start", 60), "no frame 60"), (("--end", 900), "60 frames, 0 to 59"), (("--start", 9, "--end", 3), "9 to 3"),
     (("--device", "abacus"), "device"), (("--out", "nowhere/found.jsonl"), "folder is not there"),
     (("--render", "nowhere/found.mp4"), "folder is not there"), (("--out", "."), "is a folder"),
     (("--render", "found.avi"), "must end in .mp4")],
)  # fmt: skip
def test_a_bad_argument_is_one_line(refused, fitted_once, clip, more, says):
    assert says in refused("detect", fitted_once, clip, *more)


def test_outputs_never_hit_the_source_or_each_other(refused, fitted_once, clip, tmp_path):
    before = clip.read_bytes()
    assert "is the source itself" in refused("detect", fitted_once, clip, "--render", clip)
    assert "is the source itself" in refused("detect", fitted_once, clip, "--out", clip)
    both = tmp_path / "both.mp4"
    assert "name two files" in refused("detect", fitted_once, clip, "--out", both, "--render", both)
    assert clip.read_bytes() == before


@pytest.mark.parametrize("option", ["--out", "--render"])
def test_a_file_that_is_there_is_not_replaced(refused, fitted_once, clip, tmp_path, option):
    thesis = tmp_path / "thesis.mp4"
    thesis.write_text("mine")
    assert f"{thesis} is there already; nothing is overwritten" in refused("detect", fitted_once, clip, option, thesis)
    assert thesis.read_text() == "mine"
    thesis.unlink()
    thesis.symlink_to(tmp_path / "elsewhere")
    assert "is there already" in refused("detect", fitted_once, clip, option, thesis)


def test_the_speed_is_said_to_be_that_of_the_search(studio, fitted_once, clip):
    _, _, lines = detect(studio, fitted_once, clip, "--mode", "fixed", "--end", 2)
    assert "the search alone at " in lines[-1] and "3 frames" in lines[-1]


def test_the_newest_head_is_the_one_trained_last_and_is_named(studio, fitted, clip):
    """Not the one whose folder was touched last: copying a project, or a backup, changes that."""
    later = shutil.copytree(fitted / "models" / "head-1", fitted / "models" / "later")
    card = json.loads((later / "card.json").read_text())
    (later / "card.json").write_text(json.dumps(card | {"name": "later", "history": card["history"] + 1}))
    os.utime(later, (1, 1))
    broken = shutil.copytree(later, fitted / "models" / "broken")
    (broken / "card.json").write_text("{}")
    code, _, lines = detect(studio, fitted, clip, "--mode", "fixed", "--end", 0)
    assert code == 0 and "head: later, the newest" in lines
    lines = detect(studio, fitted, clip, "--mode", "fixed", "--end", 0, "--head", "head-1")[2]
    assert not any(line.startswith("head: ") for line in lines)


def test_tracking_starts_from_the_nearest_labelled_box(labelled):
    from studio.ml.detecting import last_labelled_box

    with Project.open(labelled, write=True) as project:
        rows = project.regions(label=project.label("square").id)
        project.apply(Edit.removal("the first ones", [row for row in rows if row.frame < 10 or row.frame in (20, 21)]))
        sha256 = project.media()[0].sha256
        boxes = {row.frame: (row.x, row.y, row.width, row.height) for row in rows}
        for before, nearest in ((0, 10), (21, 19), (30, 30), (59, 44)):
            assert last_labelled_box(project, sha256, ["square"], before) == boxes[nearest], before
        assert last_labelled_box(project, sha256, ["cup"], 0) is None


def test_bad_sources_and_truths_are_one_line(refused, fitted_once, labelled_once, clip, truth, tmp_path):
    text, nothing = tmp_path / "text.mp4", tmp_path / "empty.mp4"
    text.write_text("no video\n" * 99)
    nothing.write_bytes(b"")
    for source in (text, nothing, write_sound(tmp_path / "sound.mp4"), tmp_path / "missing.mp4"):
        assert source.name in refused("detect", fitted_once, source)
        assert source.name in refused("evaluate", fitted_once, source, "--truth", truth)
    assert "has no head yet" in refused("detect", labelled_once, clip)
    assert "no folder" in refused("detect", tmp_path / "nothing", clip)
    evaluate = "evaluate", fitted_once, clip, "--truth"
    assert "cannot read the truth file" in refused(*evaluate, tmp_path / "no.txt")
    assert "knows no label 'cup'; it knows: square" in refused(*evaluate, truth, "--label", "cup")
    assert "there are: background, square" in refused(*evaluate, "project", "--label", "cup")
    truth.write_text("1,2,3,4\n1,2\n")
    assert "line 2" in refused(*evaluate, truth)
    truth.write_text("1,2,3,4\n" * 30)
    assert "has 30 lines" in refused(*evaluate, truth)
    other = write_video(tmp_path / "other.mp4", 5, phase=2.0)
    assert "no regions on" in refused("evaluate", fitted_once, other, "--truth", "project")


def test_a_full_disk_keeps_the_lines_that_were_written(studio, fitted_once, clip, tmp_path, monkeypatch):
    write = DetectionsWriter.write

    def full(self, frame, *rest):
        if frame == 7:
            raise OSError(errno.ENOSPC, "No space left on device", "found.jsonl")
        write(self, frame, *rest)

    monkeypatch.setattr(DetectionsWriter, "write", full)
    out, video = tmp_path / "found.jsonl", tmp_path / "found.mp4"
    code, _, lines = detect(studio, fitted_once, clip, "--mode", "fixed", "--out", out, "--render", video)
    assert code == 1 and "the disk is full" in lines[-1]
    assert [each.frame for each in read_detections(out)[1]] == list(range(7))
    with open_medium(video) as medium:
        assert medium.frame_count == 7


def test_a_full_disk_while_rendering_leaves_the_detections(studio, fitted_once, clip, tmp_path, monkeypatch):
    write = VideoWriter.write

    def full(self, shown):
        if getattr(self, "count", 0) == 4:
            raise av.error.OSError(errno.ENOSPC, "No space left on device", "found.mp4")
        self.count = getattr(self, "count", 0) + 1
        write(self, shown)

    monkeypatch.setattr(VideoWriter, "write", full)
    out = tmp_path / "found.jsonl"
    code, _, lines = detect(studio, fitted_once, clip, "--mode", "fixed", "--out", out, "--render", tmp_path / "v.mp4")
    assert code == 1 and "the disk is full" in lines[-1]
    assert [each.frame for each in read_detections(out)[1]][:4] == [0, 1, 2, 3]


def test_an_interruption_keeps_lines_and_video(studio, fitted_once, clip, tmp_path, monkeypatch):
    write = DetectionsWriter.write

    def interrupted(self, frame, *rest):
        if frame == 9:
            raise KeyboardInterrupt
        write(self, frame, *rest)

    monkeypatch.setattr(DetectionsWriter, "write", interrupted)
    out, video = tmp_path / "found.jsonl", tmp_path / "found.mp4"
    code, _, lines = detect(studio, fitted_once, clip, "--mode", "fixed", "--out", out, "--render", video)
    assert code == 130 and "what was finished is kept" in lines[-1]
    assert len(read_detections(out)[1]) == 9
    with open_medium(video) as medium:
        assert medium.frame_count == 9


# Processes -----------------------------------------------------------------------------------------------------------


def start_detect(project, clip, *more):
    words = ["detect", project, clip, "--out", "-", "--device", "cpu", *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "studio", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", 3000)


def test_lines_stream_as_they_come_and_ctrl_c_ends_it(fitted_once, long_clip):
    with start_detect(fitted_once, long_clip) as process:
        lines = [json.loads(process.stdout.readline()) for _ in range(6)]
        assert process.poll() is None  # far from done, and five frames are already here
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert [line["frame"] for line in lines[1:]] == [0, 1, 2, 3, 4] and lines[0]["mode"] == "dense"
    assert all(json.loads(line) for line in rest.splitlines())
    assert process.returncode == 130 and "Traceback" not in errors and "what was finished is kept" in errors


def test_a_reader_that_leaves_ends_it_without_a_word(fitted_once, long_clip):
    with start_detect(fitted_once, long_clip, "--mode", "fixed") as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(60) == 1
    assert "Traceback" not in errors and "Error" not in errors and "error" not in errors


@pytest.mark.slow
def test_memory_of_detect_does_not_grow_with_the_length(fitted_once, long_clip):
    """50 MB in 55 minutes of 25 frames a second are 600 bytes a frame, 1.2 MB here; pages come in larger lumps."""
    import psutil

    with start_detect(fitted_once, long_clip, "--mode", "fixed") as process:
        sizes = {}
        for line in process.stdout:
            frame = json.loads(line).get("frame")
            if frame in (900, 2900):
                sizes[frame] = psutil.Process(process.pid).memory_info().rss
        assert process.wait() == 0
    assert sizes[2900] - sizes[900] < 3_000_000, sizes
