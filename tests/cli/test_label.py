from __future__ import annotations

import json
import shutil
import sqlite3
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from studio.cli import manners
from studio.core.media.writer import VideoWriter
from studio.core.plugins import trackers
from studio.core.project import Project
from tests.cli.conftest import BOX, FRAMES
from tests.core.media.clips import write_sound
from tests.moving_square import GROUND, HEIGHT, WIDTH, box_at, picture, write_video


def label(studio, project, clip, *more, box=BOX):
    return studio("label", project, clip, "--box", box, "--label", "square", "--device", "cpu", *more)


def box_text(box):
    return ",".join(f"{value:g}" for value in box)


def regions(folder, name="square"):
    with Project.open(folder) as project:
        return project.regions(label=project.label(name).id)


def test_a_box_becomes_a_region_on_every_frame_and_negatives_beside(studio, empty, clip, whats_in):
    code, out, _ = label(studio, empty, clip, "--start", 2, "--end", 21, "--json", box=box_text(box_at(2)))
    document = json.loads(out)
    assert code == 0
    assert (document["frames"], document["first"], document["last"], document["stopped"]) == (20, 2, 21, None)
    assert [row.frame for row in regions(empty)] == list(range(2, 22))
    assert whats_in(empty)["regions"] == {"square": 20, "background": document["negatives"]}
    assert document["negatives"] >= 20
    assert studio("check", empty)[0] == 0


def test_undo_takes_back_all_of_a_follow_and_redo_brings_it_back(studio, labelled, whats_in):
    before = whats_in(labelled)["regions"]
    assert studio("undo", labelled)[0] == 0
    assert not sum(whats_in(labelled)["regions"].values())
    assert studio("redo", labelled)[0] == 0
    assert whats_in(labelled)["regions"] == before
    assert studio("undo", labelled, "--steps", 2)[1].endswith("undone: add clip.mp4\n")  # a step of its own
    assert whats_in(labelled)["media"] == []


@pytest.mark.parametrize("tracker", ["ridge", "csrt", "kcf", "mil"])
def test_it_stops_by_itself_where_the_object_vanished(studio, empty, tmp_path, tracker):
    clip = write_video(tmp_path / "gone.mp4", 60, vanish=30)
    code, out, _ = label(studio, empty, clip, "--tracker", tracker)
    last = regions(empty)[-1].frame
    assert code == 0 and f"stopped at frame {last + 1}: " in out
    assert 25 <= last <= 40


def test_following_a_folder_of_stills_in_natural_order(studio, empty, tmp_path):
    folder = tmp_path / "bilder mit ä"
    folder.mkdir()
    for number in range(12):
        cv2.imwrite(str(folder / f"img{number}.png"), picture(number)[..., ::-1])
    code, _, _ = label(studio, empty, folder, "--tracker", "kcf")
    assert code == 0 and [row.frame for row in regions(empty)] == list(range(12))
    assert abs(regions(empty)[11].x - box_at(11).x) < 8


def test_a_still_of_another_size_ends_it(studio, empty, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for number in range(8):
        shown = picture(number)[..., ::-1]
        cv2.imwrite(str(folder / f"{number}.png"), shown if number < 5 else cv2.resize(shown, (200, 150)))
    code, out, _ = label(studio, empty, folder, "--tracker", "kcf")
    assert code == 0 and "stopped at frame 5: the picture is of another size" in out
    assert len(regions(empty)) == 5


@pytest.mark.parametrize(
    "size, box", [((320, 240), (0, 60, 40, 40)), ((320, 240), (280, 200, 40, 40)), ((40, 30), (10, 5, 12, 12)),
                  ((320, 240), (40, 20, 260, 210)), ((320, 240), (-20, -20, 60, 60))]
)  # fmt: skip
def test_boxes_at_borders_in_tiny_pictures_and_larger_than_the_input(studio, empty, tmp_path, size, box):
    ground = cv2.resize(GROUND, size)
    with VideoWriter(tmp_path / "still.mp4", 10, size) as video:
        for number in range(6):
            video.write(np.clip(ground.astype(int) + number, 0, 255).astype(np.uint8))
    code, _, lines = label(studio, empty, tmp_path / "still.mp4", box=box_text(box))
    assert code == 0, lines
    rows = regions(empty)
    assert len(rows) == 6
    assert all(row.x >= 0 and row.x + row.width <= size[0] + 1e-6 and row.y + row.height <= size[1] for row in rows)
    assert studio("check", empty)[0] == 0


@pytest.mark.parametrize(
    "box, says",
    [("10,10,20", "four numbers"), ("10,10,0,20", "no area"), ("10,10,-5,20", "no area"), ("a,b,c,d", "four numbers"),
     ("nan,1,2,3", "four numbers"), ("5000,10,20,20", "outside frame 0, which is 320 × 240 pixels"),
     ("319,10,20,20", "only 1 × 20 pixels")],
)  # fmt: skip
def test_a_bad_box_is_one_line_and_changes_nothing(refused, whats_in, empty, clip, box, says):
    assert says in refused("label", empty, clip, "--box", box)
    assert whats_in(empty)["history"] == 0


@pytest.mark.parametrize(
    "more, says",
    [(("--start", 60), "no frame 60"), (("--end", 900), "60 frames, 0 to 59"), (("--start", 9, "--end", 3), "9 to 3"),
     (("--start", -1), "no frame -1"), (("--tracker", "magic"), "ridge, csrt, kcf, mil, nanotrack, vittrack"),
     (("--tracker", "nanotrack"), "studio models get nanotrack"), (("--backbone", "magic"), "there are: resnet18-64px"),
     (("--backbone", "resnet18"), "studio models get resnet18"), (("--label", "background"), "label of negatives"),
     (("--label", ""), "label"), (("--device", "abacus"), "device"),
     (("--backwards", "--start", 9, "--end", 12), "12 to 9"), (("--backwards", "--start", 60), "no frame 60"),
     (("--label", "one", "--label", "two"), "1 box needs one --label"),
     (("--box", "1,2,30,30", "--label", "a", "--label", "b", "--label", "c"), "2 boxes need one --label")],
)  # fmt: skip
def test_a_bad_argument_is_one_line_and_changes_nothing(refused, whats_in, empty, clip, more, says):
    assert says in refused("label", empty, clip, "--box", BOX, *more)
    assert whats_in(empty)["history"] == 0


def test_a_box_that_a_tracker_cannot_start_on_changes_nothing(refused, whats_in, empty, clip):
    assert "cannot start on the box" in refused("label", empty, clip, "--box", "0,0,320,240", "--tracker", "mil")
    assert whats_in(empty)["history"] == 0


def test_a_bad_source_is_one_line_and_changes_nothing(refused, whats_in, empty, clip, tmp_path):
    text, nothing, cut = tmp_path / "text.mp4", tmp_path / "empty.mp4", tmp_path / "cut.mp4"
    text.write_text("not a video, though it says so\n" * 50)
    nothing.write_bytes(b"")
    cut.write_bytes(clip.read_bytes()[:300])
    (tmp_path / "folder").mkdir()
    sound = write_sound(tmp_path / "sound.mp4")
    for source in (text, nothing, cut, sound, tmp_path / "missing.mp4", tmp_path / "folder"):
        assert source.name in refused("label", empty, source, "--box", BOX)
    assert "studio frames camera:0" in refused("label", empty, "camera:0", "--box", BOX)
    assert whats_in(empty)["history"] == 0


def test_a_bad_project_is_one_line(refused, empty, clip, tmp_path):
    for folder, says in ((tmp_path / "nothing", "no folder"), (tmp_path, "is no project")):
        assert says in refused("label", folder, clip, "--box", BOX)
    with sqlite3.connect(empty / "project.db") as database:
        database.execute("PRAGMA user_version = 999")
    assert "newer" in refused("label", empty, clip, "--box", BOX)
    (empty / "project.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert "damaged" in refused("label", empty, clip, "--box", BOX)


def test_a_locked_project_is_one_line(refused, whats_in, empty, clip, monkeypatch):
    monkeypatch.setattr("studio.core.project.database.LOCK_WAIT_S", 0.1)
    other = sqlite3.connect(empty / "project.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "another process is writing" in refused("label", empty, clip, "--box", BOX)
    other.close()
    assert whats_in(empty)["history"] == 0


def test_a_read_only_project_is_one_line(refused, empty, clip, monkeypatch):
    monkeypatch.setattr("studio.core.project.database.os", SimpleNamespace(access=lambda *_: False, W_OK=2))
    assert "read-only" in refused("label", empty, clip, "--box", BOX)


class Fails:
    """A tracker that follows the square and then meets with an accident."""

    error: BaseException
    at = 20

    def __init__(self, backbone):
        pass

    def start(self, frame, box):
        self.number = 0

    def update(self, frame):
        from studio.ml.trackers.base import Tracked

        self.number += 1
        if self.number == self.at:
            raise self.error
        return Tracked(box_at(self.number), 1.0)


@pytest.fixture
def accident(monkeypatch):
    def happens(error):
        monkeypatch.setattr(Fails, "error", error, raising=False)
        monkeypatch.setattr(type(trackers["kcf"]), "load", lambda entry: Fails)

    return happens


def test_an_interruption_keeps_what_was_followed(studio, empty, clip, accident):
    accident(KeyboardInterrupt())
    code, _, lines = label(studio, empty, clip, "--tracker", "kcf")
    assert code == 130 and "what was finished is kept" in lines[-1]
    assert [row.frame for row in regions(empty)] == list(range(20))
    assert studio("check", empty)[0] == 0


def test_a_broken_picture_on_the_way_is_a_failure_that_keeps_what_was_followed(studio, empty, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for number in range(30):
        cv2.imwrite(str(folder / f"{number:02}.png"), picture(number)[..., ::-1])
    (folder / "25.png").write_bytes((folder / "25.png").read_bytes()[:200])
    code, _, lines = label(studio, empty, folder, "--tracker", "kcf")
    assert code == 1 and "25.png" in lines[-1] and "are stored" in lines[-1]
    assert [row.frame for row in regions(empty)] == list(range(25))


def test_a_full_disk_keeps_what_was_stored(studio, empty, clip, monkeypatch):
    from studio.ml.storing import Store

    store = Store.store

    def fill(self, ready):
        if ready and ready[0].trail.collected.frames:
            raise sqlite3.OperationalError("database or disk is full")
        store(self, ready)

    monkeypatch.setattr(Store, "store", fill)
    code, _, lines = label(studio, empty, clip, "--tracker", "kcf")
    assert code == 1 and "the disk is full" in lines[-1]
    assert [row.frame for row in regions(empty)] == list(range(16))
    assert studio("check", empty)[0] == 0


def test_a_reader_of_the_messages_learns_what_is_stored(studio, empty, clip, monkeypatch):
    monkeypatch.setattr(manners, "FIRST_AFTER", 0.0)
    monkeypatch.setattr(manners, "PLAIN_EVERY", 0.0)
    _, _, lines = label(studio, empty, clip, "--tracker", "kcf", "--end", 40)
    assert any("frame 20, 16 frames with" in line and "regions are stored" in line for line in lines)


def test_backwards_from_the_box_to_the_frame_named(studio, empty, clip):
    more = ("--backwards", "--start", 30, "--end", 11, "--tracker", "kcf", "--json")
    code, out, _ = label(studio, empty, clip, *more, box=box_text(box_at(30)))
    document = json.loads(out)
    assert code == 0
    assert (document["frames"], document["first"], document["last"], document["stopped"]) == (20, 30, 11, None)
    assert [row.frame for row in regions(empty)] == list(range(11, 31))


def test_several_boxes_with_a_label_each_are_one_step(studio, empty, clip, whats_in):
    boxes = ("--box", BOX, "--box", "20,150,60,60", "--label", "square", "--label", "corner")
    code, out, _ = studio("label", empty, clip, *boxes, "--end", 20, "--tracker", "kcf", "--json")
    document = json.loads(out)
    assert code == 0
    assert (document["frames"], document["positives"], document["last"]) == (21, 42, 20)
    assert [(one["label"], one["frames"], one["stopped"]) for one in document["tracks"]] == [
        ("square", 21, None), ("corner", 21, None)
    ]  # fmt: skip
    assert whats_in(empty)["regions"] == {"square": 21, "corner": 21, "background": document["negatives"]}
    with Project.open(empty) as project:
        colours = {row.name: (row.color, row.key) for row in project.labels()}
    assert len(set(colours.values())) == 3
    assert studio("undo", empty)[0] == 0
    assert whats_in(empty)["regions"] == {"background": 0}


def test_two_boxes_of_one_label_are_two_tracks(studio, empty, clip, whats_in):
    code, out, _ = label(studio, empty, clip, "--box", "20,150,60,60", "--end", 9, "--tracker", "kcf")
    assert code == 0 and out.startswith("20 square and ")
    assert len({row.track for row in regions(empty)}) == 2 and len(regions(empty)) == 20


def test_until_unsure_ends_before_the_object_is_lost(studio, empty, tmp_path):
    clip = write_video(tmp_path / "gone.mp4", 60, vanish=30)
    code, out, _ = label(studio, empty, clip, "--until-unsure")
    last = regions(empty)[-1]
    assert code == 0 and f"stopped at frame {last.frame + 1}: the tracker became unsure" in out
    assert 25 <= last.frame <= 30 and all(row.state == "visible" for row in regions(empty))


def test_a_second_label_follows_another_thing_on_the_same_frames(studio, labelled):
    clip = labelled / "media" / "clip.mp4"
    code, _, _ = studio("label", labelled, clip, "--box", "20,20,60,60", "--label", "corner", "--end", 20)
    assert code == 0
    with Project.open(labelled) as project:
        background = project.label("background").id
        for frame in range(21):
            rows = project.regions(first=frame, last=frame)
            for negative in (row for row in rows if row.label == background):
                for row in (row for row in rows if row.label != background):
                    apart = (
                        negative.x + negative.width <= row.x or row.x + row.width <= negative.x
                        or negative.y + negative.height <= row.y or row.y + row.height <= negative.y
                    )  # fmt: skip
                    assert apart
    assert len(regions(labelled, "corner")) == 21 and len(regions(labelled)) == 45


def test_a_copied_project_goes_on_where_it_was(studio, labelled, tmp_path):
    moved = tmp_path / "elsewhere"
    shutil.move(labelled, moved)
    start = box_text(box_at(45))
    code, _, _ = label(studio, moved, moved / "media" / "clip.mp4", "--start", 45, "--tracker", "kcf", box=start)
    assert code == 0 and [row.frame for row in regions(moved)] == list(range(FRAMES))
    with Project.open(moved) as project:
        assert len(project.media()) == 1 and (project.media()[0].width, project.media()[0].height) == (WIDTH, HEIGHT)
