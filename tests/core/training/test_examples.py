"""Examples of made-up projects: what is left out and why, and how splits are kept apart."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS
from studio.core.geometry import Box, crop_window
from studio.core.media.pictures import write_picture
from studio.core.project import (
    BACKGROUND,
    Edit,
    MarkRow,
    MediumRow,
    Project,
    RegionRow,
    SplitRow,
    TrackRow,
    new_id,
)
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from studio.core.training.examples import read_examples
from studio.core.training.windows import crop_windows
from tests.core.gallery.many_crops import make_crops

SIDE = 64
NEAR = 12  # frames at 25 a second: the gap is 13


@pytest.fixture
def made(tmp_path):
    with Project.create(tmp_path / "project") as project:
        yield Made(project)


class Made:
    """A project of media that are nowhere: their frames are never read."""

    def __init__(self, project):
        self.project = project
        for name in ("cup", "spoon"):
            project.apply(Edit.rows("label", [make_label(project, name)]))

    def medium(self, frames=2000, kind="video", width=320, height=240):
        number = new_id()
        row = MediumRow(number, f"nowhere/{number}", kind, 1, f"{number:064x}", frames, width, height)
        self.add(row)
        return row

    def add(self, *rows):
        self.project.apply(Edit.rows("add", rows))

    def region(self, medium, frame, label="cup", box=(10, 10, 40, 40), **changes):
        where = (new_id(), medium.id, frame, self.project.label(label).id, None)
        row = RegionRow(*where, *map(float, box), "human", True, None, False, "visible")
        return replace(row, **changes)

    def track(self, medium, label="cup"):
        row = TrackRow(new_id(), medium.id, self.project.label(label).id)
        self.add(row)
        return row.id

    def split(self, medium, first, last, split, track=None):
        self.add(SplitRow(new_id(), medium.id, track, first, last, split))

    def read(self, **options):
        return read_examples(self.project, SIDE, **options)


class Looks:
    """Hashes of crops that were never cut: all different, but for those that are said to be alike."""

    def __init__(self):
        self._random = np.random.default_rng(0)
        self._of = {}
        self.asked = set()

    def alike(self, *rows, bits=0):
        """`bits` of 64 differ between the first and each other one."""
        first = self._of.setdefault(rows[0].id, self._random.integers(1 << 63))
        for row in rows[1:]:
            self._of[row.id] = first ^ ((1 << bits) - 1)

    def __call__(self, crops, needed):
        self.asked = set(crops.table.ids[needed].tolist())
        return np.array(
            [self._of.setdefault(number, self._random.integers(1 << 63)) for number in crops.table.ids.tolist()],
            np.uint64,
        )


def test_windows_of_many_boxes_are_those_of_each():
    random = np.random.default_rng(0)
    count = 3000
    boxes = np.concatenate([random.uniform(-50, 400, (count, 2)), random.uniform(1, 500, (count, 2))], axis=1)
    boxes[::3] = np.rint(boxes[::3])  # halves are rounded to even
    sizes = random.choice([0, 1, 32, 63, 64, 65, 240, 321], (count, 2))
    sizes[:, 1] = np.where(sizes[:, 0] == 0, 0, np.maximum(sizes[:, 1], 1))
    found = crop_windows(boxes, SIDE, sizes[:, 0], sizes[:, 1])
    for window, box, size in zip(found.tolist(), boxes.tolist(), sizes.tolist(), strict=True):
        assert tuple(window) == crop_window(Box(*box), SIDE, *size)


def test_what_teaches_and_what_does_not(made):
    clip = made.medium(frames=400)
    cups = [made.region(clip, n) for n in range(0, 400, 4)]
    alike = [replace(made.region(clip, n), near_duplicate=True) for n in range(1, 200, 4)]
    spoons = [made.region(clip, n, "spoon", (200, 100, 30, 50), near_duplicate=n > 2) for n in range(5)]
    free = made.region(clip, 0, BACKGROUND, (100, 150, 64, 64))
    on_cup = made.region(clip, 0, BACKGROUND, (40, 40, 64, 64))
    ignored = made.region(clip, 8, BACKGROUND, (100, 150, 64, 64))
    box = made.region(clip, 8, "cup", (110, 150, 64, 64), state="ignore")
    rejected = made.region(clip, 12, "cup", (250, 20, 40, 40), state="rejected")
    rejected_spoon = made.region(clip, 4, "cup", (210, 110, 40, 40), state="rejected")
    hidden = made.region(clip, 2, "cup", state="occluded")
    gone = made.region(clip, 399, "spoon")
    made.add(*cups, *alike, *spoons, free, on_cup, ignored, box, rejected, rejected_spoon, hidden, gone)
    made.add(MarkRow(new_id(), clip.id, made.project.label("spoon").id, 390, 399, "ignore"))
    made.add(MarkRow(new_id(), clip.id, made.project.label("spoon").id, 0, 50, "incomplete"))  # says nothing of boxes
    made.split(clip, 0, 300, "train")
    made.split(clip, 320, 399, "val")
    examples = made.read()
    assert examples.labels == ("cup", "spoon", BACKGROUND) and examples.background
    by_label = {name: set(examples.ids[examples.targets == n].tolist()) for n, name in enumerate(examples.labels)}
    assert by_label[BACKGROUND] == {free.id, rejected.id}
    assert by_label["spoon"] == {row.id for row in spoons}  # few: those that look alike stay
    assert by_label["cup"] == {row.id for row in cups if not 307 < row.frame < 320}  # too near to validation
    assert examples.rows("val").size == 20 and examples.counts("train").tolist() == [77, 5, 2]
    notes = " ".join(examples.notes)
    for words in (
        "2 negatives on an object",
        "50 near-duplicates",
        "3 crops too near",
        "No crop for validation: spoon",
    ):
        assert words in notes
    at = examples.ids.tolist().index(spoons[0].id)
    assert tuple(examples.windows[at]) == crop_window(Box(200, 100, 30, 50), SIDE, 320, 240)


def test_leaking_splits_are_refused_unless_allowed(made):
    clip = made.medium()
    made.add(*(made.region(clip, n, ("cup", "spoon")[n % 2]) for n in range(0, 1000, 5)))
    made.split(clip, 0, 500, "train")
    made.split(clip, 501, 1000, "val")
    refused = r"1 place with neighbouring frames; .*studio split --check.* --allow-leaks"
    with pytest.raises(InputError, match=refused):
        made.read()
    examples = made.read(leaks="said")
    assert len(examples) == 200 and examples.leaks == "1 place with neighbouring frames"
    assert "scores flatter: 1 place" in examples.notes[0]
    assert "5 frames between train and val" in examples.notes[0] and "frames 500 and 505)" in examples.notes[0]
    ignored = made.read(leaks="ignored")
    assert len(ignored) == 200 and ignored.notes == () and not ignored.leaks


def test_splits_with_pictures_that_look_the_same_are_refused_unless_allowed(made):
    folders = [made.medium(kind="stills", frames=40) for _ in range(2)]
    rows = [[made.region(each, n, ("cup", "spoon")[n % 2]) for n in range(40)] for each in folders]
    walls = [made.region(each, 0, BACKGROUND, (200, 100, 30, 30)) for each in folders]
    made.add(*rows[0], *rows[1], *walls)
    for folder, split in zip(folders, ("train", "val"), strict=True):
        made.split(folder, 0, 39, split)
    looks = Looks()
    looks.alike(rows[0][3], rows[1][5])
    looks.alike(rows[0][8], rows[1][8], rows[1][10], bits=2)
    looks.alike(*walls)
    with pytest.raises(InputError, match="2 pairs that look the same; see them"):
        made.read(hashes_of=looks)
    assert not looks.asked & {row.id for row in walls} and len(looks.asked) == 80
    examples = made.read(hashes_of=looks, leaks="said")
    assert examples.leaks == "2 pairs that look the same" and len(examples) == 82
    made.read()  # nobody knows how they look


def test_crops_of_no_split_that_look_like_the_test_do_not_train(made):
    old, new = (made.medium(kind="stills", frames=40) for _ in range(2))
    rows = [[made.region(each, n, ("cup", "spoon")[n % 2]) for n in range(40)] for each in (old, new)]
    made.add(*rows[0], *rows[1])
    for first, last, split in ((0, 19, "train"), (20, 29, "val"), (30, 39, "test")):
        made.split(old, first, last, split)
    looks = Looks()
    looks.alike(rows[0][35], rows[1][4], rows[1][6], bits=3)
    looks.alike(rows[0][25], rows[1][7])
    looks.alike(rows[0][5], rows[1][9])  # both train
    examples = made.read(hashes_of=looks)
    assert {row.id for row in rows[1]} - set(examples.ids.tolist()) == {rows[1][n].id for n in (4, 6, 7)}
    assert "3 crops of no split that look the same as held-back ones left out." in examples.notes
    assert not examples.leaks


def test_what_is_held_out_does_not_look_like_what_trains_or_that_is_said(made):
    folder = made.medium(kind="stills", frames=100)
    rows = [made.region(folder, n, ("cup", "spoon")[n % 2]) for n in range(100)]
    made.add(*rows)
    looks = Looks()
    examples = made.read()
    ids = set(examples.ids[examples.rows("val")].tolist())
    held, kept = ([row for row in rows if (row.id in ids) == inside] for inside in (True, False))
    looks.alike(held[0], kept[0])
    looks.alike(held[1], held[2])
    fewer = made.read(hashes_of=looks)
    assert {row.id for row in rows} - set(fewer.ids.tolist()) == {held[0].id} and not fewer.leaks
    assert any("1 crop held out looks the same as one that trains, and is left out" in note for note in fewer.notes)
    looks.alike(*held, kept[0])  # of one thing that lay still nothing would be left
    flattering = made.read(hashes_of=looks)
    assert len(flattering.rows("val")) == len(held) and f"{len(held)} crops held out" in flattering.leaks
    assert any("scores in validation flatter" in note for note in flattering.notes)


def test_a_track_that_validation_was_cut_from_is_said(made):
    clip = made.medium()
    own = made.track(clip)
    made.add(*(made.region(clip, n, track=own) for n in range(0, 1000, 5)))
    made.add(*(made.region(clip, n, BACKGROUND, (200, 100, 50, 50), track=own) for n in range(0, 1000, 5)))
    examples = made.read()
    assert len(examples.rows("val")) and any("1 track is in several splits" in note for note in examples.notes)
    assert not any("several" in note for note in made.read(leaks="ignored").notes)


def test_whole_images_are_compared_as_a_whole(made):
    folder = made.medium(kind="stills", frames=40)
    made.add(*(made.region(folder, n, ("cup", "spoon")[n % 2]) for n in range(40)))
    seen = []

    def hashes_of(crops, needed):
        seen.append(crops.table.boxes[needed])
        return np.zeros(len(crops), np.uint64)

    made.read(hashes_of=hashes_of, whole_images=True)
    assert set(map(tuple, seen[0].tolist())) == {(0, 0, 320, 240)}


def test_a_track_cut_in_two_is_said_and_crops_of_no_split_keep_away_from_the_test(made):
    clip = made.medium()
    own, other = made.track(clip), made.track(clip)
    made.add(*(made.region(clip, n, track=own) for n in range(0, 1000, 5)))
    beside = [made.region(clip, n, box=(200, 100, 50, 50), track=other) for n in range(0, 1000, 5)]
    loose = [made.region(clip, n, "spoon", (100, 180, 20, 20)) for n in range(0, 1000, 5)]
    made.add(*beside, *loose)
    made.split(clip, 0, 400, "train", own)
    made.split(clip, 500, 700, "test", own)
    examples = made.read()
    assert any("1 track is in several splits" in note for note in examples.notes)
    test = examples.frames[examples.rows("test")]
    assert test.min() == 500 and test.max() == 700
    names = np.array(examples.labels)[examples.targets]
    shared = set(examples.frames[np.isin(examples.ids, [row.id for row in beside])]) & set(test.tolist())
    assert shared  # another object beside it, apart: both may be seen at once
    spoons = examples.frames[(names == "spoon")]
    assert np.abs(spoons[:, None] - test).min() == 15


@pytest.mark.parametrize("clips", [1, 6])
def test_without_a_validation_split_one_is_held_out_that_is_honest(made, clips):
    for _ in range(clips):
        clip = made.medium()
        made.add(*(made.region(clip, n, ("cup", "spoon")[n // 150 % 2]) for n in range(0, 1500, 3)))
    examples = made.read(seed=1)
    held, kept = examples.rows("val"), examples.rows("train")
    assert 0.1 < len(held) / len(examples) < 0.35 and examples.counts("val").all()
    same = examples.media[held][:, None] == examples.media[kept]
    if clips > 1:
        assert not same.any()  # whole clips
    else:
        assert np.abs(examples.frames[held][:, None] - examples.frames[kept])[same].min() > NEAR
    assert any("held out for it by" in note for note in examples.notes)
    again = made.read(seed=1)
    np.testing.assert_array_equal(again.splits, examples.splits)


def test_alike_crops_are_one_group(made):
    clip, stills = made.medium(), made.medium(kind="stills")
    track = made.track(clip)
    followed = [made.region(clip, n, track=track) for n in (0, 700)]
    free = [made.region(clip, n, "spoon", (100, 100, 30, 30)) for n in (900, 949, 950, 1600)]
    pictures = [made.region(stills, n, "spoon", (20 * k, 0, 10, 10)) for n in (0, 1) for k in (0, 1)]
    made.add(*followed, *free, *pictures)
    for first, last, split in ((0, 960, "train"), (1500, 1700, "val")):
        made.split(clip, first, last, split)
    made.split(stills, 0, 9, "train")
    examples = made.read()
    group = dict(zip(examples.ids.tolist(), examples.tracks.tolist(), strict=True))
    a, b = ([group[row.id] for row in rows] for rows in (followed, pictures))
    assert a[0] == a[1] and b[0] == b[1] != b[2] == b[3]
    at = [group[row.id] for row in free]
    assert at[0] == at[1] != at[2] and len({*a, *b, *at}) == 6  # blocks of fifty frames


def test_whole_images_take_frames_of_one_label(made):
    stills = made.medium(kind="stills", width=120, height=90, frames=60)
    rows = [made.region(stills, n, ("cup", "spoon")[n % 2]) for n in range(40)]
    rows += [made.region(stills, n, "spoon", (60, 10, 20, 20)) for n in range(0, 6, 2)]
    rows += [made.region(stills, n, box=(60, 10, 20, 20)) for n in (10, 12)]  # two of one label
    rows += [made.region(stills, n, BACKGROUND) for n in range(38, 44)]
    made.add(*rows, MarkRow(new_id(), stills.id, made.project.label("cup").id, 20, 21, "incomplete"))
    examples = made.read(whole_images=True)
    assert sorted(examples.frames.tolist()) == [n for n in range(44) if n not in (0, 2, 4, 20, 21)]
    assert "3 frames with several labels left out." in examples.notes
    assert set(examples.frames[examples.targets == 2].tolist()) == {40, 41, 42, 43} and examples.background
    assert set(map(tuple, examples.windows.tolist())) == {(0, -15, 120)}


def test_whole_images_of_different_sizes(made, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    sizes = [(30, 20), (70, 100), (64, 64), (20, 90)] * 5
    for number, (width, height) in enumerate(sizes):
        write_picture(folder / f"{number:02}.png", np.full((height, width, 3), number, np.uint8))
    medium = add_medium(made.project, folder, "stills", len(sizes), 0, 0)
    made.add(*(made.region(medium, n, ("cup", "spoon")[n % 2], (0, 0, 10, 10)) for n in range(len(sizes))))
    examples = made.read(whole_images=True)
    for frame, window in zip(examples.frames.tolist(), examples.windows.tolist(), strict=True):
        width, height = sizes[frame]
        assert tuple(window) == crop_window(Box(0, 0, width, height), SIDE, width, height)
    assert len(examples.rows("val")) == 4


def test_too_little(made):
    with pytest.raises(InputError, match="no regions to learn from"):
        made.read()
    clip = made.medium()
    made.add(*(made.region(clip, n) for n in range(0, 1000, 50)))
    with pytest.raises(InputError, match="all crops are of the label cup"):
        made.read()
    made.add(made.region(clip, 0, "spoon", (200, 100, 20, 20)))
    one = made.read()
    assert any("One example to train on: spoon" in note for note in one.notes) or "spoon" not in one.labels
    made.split(clip, 0, 10, "test")
    with pytest.raises(InputError, match="all crops are of the label cup"):
        made.read()  # the only spoon is kept for the test


def test_labels_of_which_nothing_trains_are_left_out(made):
    clip = made.medium()
    made.add(*(made.region(clip, n, box=(200, 100, 20, 20)) for n in range(0, 900, 20)))
    made.add(*(made.region(clip, n, "spoon") for n in range(920, 1000, 20)))
    made.add(*(made.region(clip, n, BACKGROUND, (0, 180, 60, 60)) for n in range(0, 900, 20)))
    for first, last, split in ((0, 700, "train"), (720, 880, "val"), (900, 999, "test")):
        made.split(clip, first, last, split)
    examples = made.read()
    assert examples.labels == ("cup", BACKGROUND) and not len(examples.rows("test"))
    assert "spoon left out: no crop to train on." in examples.notes
    assert set(np.unique(examples.splits)) == {SPLITS.index("train"), SPLITS.index("val")}


def test_100_000_regions_are_read_quickly(made, monkeypatch):
    """But for the query, of which the test of the region table says how long it takes: half a second."""
    crops = make_crops(100_000)
    frames = np.random.default_rng(0).integers(0, 10_000, len(crops))
    crops = replace(crops, table=replace(crops.table, frames=frames))
    monkeypatch.setattr("studio.core.training.examples.read_crops", lambda project: crops)
    started = time.process_time()
    examples = made.read(leaks="said")
    assert time.process_time() - started < 1
    assert len(examples) > 10_000 and examples.labels[-1] == BACKGROUND
