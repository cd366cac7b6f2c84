"""Crops kept in a file: the right pixels, cut once, whole or not at all, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError
from studio.core.geometry import Window
from studio.core.media import open_medium
from studio.core.media.pictures import read_picture, write_picture
from studio.core.project import Edit, Project, RegionRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from studio.core.training.examples import read_examples
from studio.ml.crops import cut_wide
from studio.ml.training import reading, store, store_files
from studio.ml.training.store import open_store
from tests.ml.taught_project import make_project

SIDE = 32
DRAWN = ("human", True, None, False, "visible")


def folder_project(folder: Path, count: int) -> Project:
    """Pictures of two sizes, half of them "a", half of them "b"."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(count):
        height, width = ((40, 60), (70, 50))[number % 2]
        write_picture(pictures / f"{number:05}.png", random.integers(0, 255, (height, width, 3), np.uint8))
    project = Project.create(folder / "project")
    medium = add_medium(project, pictures, "stills", count, 0, 0)
    labels = [make_label(project, "a")]
    project.apply(Edit.rows("a", labels))
    labels.append(make_label(project, "b"))
    project.apply(Edit.rows("b", labels[1:]))
    rows = [
        RegionRow(*(new_id(), medium.id, n, labels[n // 3 % 2].id, None), 2.0, 3.0, 30.0, 20.0, *DRAWN)
        for n in range(count)
    ]
    project.apply(Edit.rows("regions", rows))
    return project


def making(folder):
    return [path.name for path in (folder / "cache" / "crops").iterdir() if path.name.startswith(".making")]


def test_crops_of_a_video_are_its_pixels_and_are_cut_once(tmp_path, monkeypatch):
    with make_project(tmp_path) as project:
        examples = read_examples(project, SIDE)
        kept = open_store(project, examples, SIDE, Control())
        assert kept.readable.all() and kept.side == SIDE and kept.wide.dtype == np.uint8
        assert kept.wide.shape == (len(examples), 2 * SIDE, 2 * SIDE, 3)
        with open_medium(tmp_path / "clip.mp4") as medium:
            for row, (frame, window) in enumerate(zip(examples.frames, examples.windows.tolist(), strict=True)):
                picture = medium.frame(int(frame))
                np.testing.assert_array_equal(kept.wide[row], cut_wide(picture, Window(*window), SIDE))
        (tmp_path / "clip.mp4").unlink()
        again = open_store(project, examples, SIDE, Control())  # nothing is read any more
        np.testing.assert_array_equal(again.wide, kept.wide)
        with pytest.raises(InputError, match=r"none of the crops can be read: the medium .* is missing"):
            open_store(project, examples, SIDE + 2, Control())


def test_what_an_earlier_store_has_is_not_cut_again(tmp_path, monkeypatch):
    with folder_project(tmp_path, 40) as project:
        first = open_store(project, read_examples(project, SIDE), SIDE, Control())
        medium, label = project.media()[0], project.label("a")
        new = RegionRow(
            new_id(), medium.id, 5, label.id, None, 9.0, 9.0, 33.0, 21.0, "human", True, None, False, "visible"
        )
        project.apply(Edit.rows("one more", [new]))
        examples = read_examples(project, SIDE)
        asked = []

        def counted(project, examples, rows, *rest, **options):
            asked.extend(examples.ids[rows].tolist())
            return reading.read_crops_into(project, examples, rows, *rest, **options)

        monkeypatch.setattr(store, "read_crops_into", counted)
        second = open_store(project, examples, SIDE, Control())
        assert asked == [new.id]
        np.testing.assert_array_equal(second.wide[:40], first.wide)
        picture = read_picture(tmp_path / "pictures" / "00005.png")
        window = Window(*examples.windows[40].tolist())
        np.testing.assert_array_equal(second.wide[40], cut_wide(picture, window, SIDE))
        places = [path for path in (project.cache / "crops").iterdir() if path.is_dir()]
        assert len(places) == 2


def test_few_stores_are_kept_and_nobody_elses_files_touched(tmp_path):
    with folder_project(tmp_path, 8) as project:
        examples = read_examples(project, SIDE)
        other = project.cache / "crops" / "mine"
        other.mkdir(parents=True)
        (other / "keep").write_text("me")
        for side in (16, 20, 24, 28, 32):
            open_store(project, examples, side, Control())
        names = {path.name.partition("-")[0] for path in (project.cache / "crops").iterdir() if path.is_dir()}
        assert names == {"mine", "24", "28", "32"}


@pytest.mark.parametrize("alone", [True, False])
def test_unreadable_crops_are_listed_and_tried_again(tmp_path, monkeypatch, alone):
    if not alone:
        monkeypatch.setattr(reading, "FEW", 10)
        monkeypatch.setattr(reading, "PICTURES", 16)
    with folder_project(tmp_path, 60) as project:
        damaged = tmp_path / "pictures" / "00007.png"
        good = damaged.read_bytes()
        damaged.write_bytes((tmp_path / "pictures" / "00009.png").read_bytes())  # a picture, but not this one
        (tmp_path / "pictures" / "00031.png").unlink()
        write_picture(tmp_path / "pictures" / "00000-new.png", read_picture(damaged))  # the others keep their numbers
        examples = read_examples(project, SIDE)
        kept = open_store(project, examples, SIDE, Control())
        gone = [int(np.flatnonzero(examples.frames == frame)[0]) for frame in (7, 31)]
        assert np.flatnonzero(~kept.readable).tolist() == gone and not kept.wide[gone].any()
        assert [number for number, _ in kept.unreadable] == examples.ids[gone].tolist()
        assert "00007.png" in kept.unreadable[0][1]
        for row in np.flatnonzero(kept.readable).tolist():
            picture = read_picture(tmp_path / "pictures" / f"{examples.frames[row]:05}.png")
            expected = cut_wide(picture, Window(*examples.windows[row].tolist()), SIDE)
            np.testing.assert_array_equal(kept.wide[row], expected)
        damaged.write_bytes(good)
        mended = open_store(project, examples, SIDE, Control())
        assert np.flatnonzero(~mended.readable).tolist() == gone[1:] and mended.wide[gone[0]].any()


def test_cancelling_leaves_no_store_and_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "FEW", 10)
    with folder_project(tmp_path, 600) as project:
        examples = read_examples(project, SIDE)
        seen = []
        control = Control(lambda fraction, text: seen.append(fraction))
        failed = []

        def work():
            with Project.open(project.folder) as own:
                try:
                    open_store(own, examples, SIDE, control)
                except Cancelled:
                    failed.append(time.monotonic())

        thread = Thread(target=work)
        thread.start()
        while not seen and thread.is_alive():
            time.sleep(0.01)
        asked = time.monotonic()
        control.cancel()
        thread.join()
        assert failed and failed[0] - asked < 1
        assert not making(project.folder) and not children()
        assert [path.name for path in (project.cache / "crops").iterdir()] == ["crops.lock"]


def children():
    """Processes of this one that cut crops."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            line = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"studio.ml.training.cutting" in line:
            found.append(line)
    return found


def test_a_process_that_dies_costs_the_one_picture_it_died_of(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "FEW", 10)
    monkeypatch.setattr(reading, "PICTURES", 16)
    deadly = tmp_path / "site"
    deadly.mkdir()
    (deadly / "sitecustomize.py").write_text(
        "import os\n"
        "from studio.core.media import stills\n"
        "read = stills.read_picture\n"
        "stills.read_picture = lambda path, content: os.abort() if path.name == '00021.png' else read(path, content)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(deadly))
    with folder_project(tmp_path, 40) as project:
        examples = read_examples(project, SIDE)
        kept = open_store(project, examples, SIDE, Control())
        assert [why for _, why in kept.unreadable] == ["its decoder crashed"]
        assert examples.frames[~kept.readable].tolist() == [21]


def test_where_no_process_starts_it_is_done_here(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "FEW", 10)
    monkeypatch.setattr("studio.ml.training.workers.PROGRAM", "studio.no_such_program")
    with folder_project(tmp_path, 20) as project:
        assert open_store(project, read_examples(project, SIDE), SIDE, Control()).readable.all()


@pytest.mark.slow
def test_killing_the_program_leaves_no_process_and_no_half_store(tmp_path):
    project = folder_project(tmp_path, 3000)
    folder = project.folder
    project.close()
    script = tmp_path / "script.py"  # without a guard around its main part
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from studio.core.control import Control\n"
        "from studio.core.project import Project\n"
        "from studio.core.training.examples import read_examples\n"
        "from studio.ml.training.store import open_store\n"
        "with Project.open(Path(sys.argv[1])) as project:\n"
        "    control = Control(lambda fraction, text: print(fraction, text, flush=True))\n"
        "    print(open_store(project, read_examples(project, 32), 32, control).readable.sum())\n"
    )
    command = [sys.executable, str(script), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "reading crops" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 5
    while cutting(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not cutting(folder) and making(folder)
    assert not [path for path in (folder / "cache" / "crops").iterdir() if path.name.startswith("32-")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "3000" and not making(folder)


def cutting(folder):
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes())
        except OSError:
            continue
    return [line for line in lines if b"studio.ml.training.cutting" in line and str(folder).encode() in line]


def test_a_disk_without_room_is_said_with_numbers(tmp_path, monkeypatch):
    with folder_project(tmp_path, 8) as project:
        examples = read_examples(project, SIDE)
        open_store(project, examples, 16, Control())
        usage = type("Usage", (), {"free": 10**8})
        monkeypatch.setattr(store_files.shutil, "disk_usage", lambda path: usage)
        with pytest.raises(StudioError, match=r"crops is full: 100\.0 MB are free.* need [\d.]+ [kM]B besides") as no:
            open_store(project, examples, SIDE, Control())
        assert no.value.exit_code == 1
        assert [path.name for path in (project.cache / "crops").iterdir()] == ["crops.lock"]  # its own old ones went


def test_a_damaged_store_is_made_anew(tmp_path):
    with folder_project(tmp_path, 8) as project:
        examples = read_examples(project, SIDE)
        first = np.array(open_store(project, examples, SIDE, Control()).wide)
        (folder,) = (path for path in (project.cache / "crops").iterdir() if path.is_dir())
        for text in ("{", json.dumps({"unreadable": [[99, "x"]]}), json.dumps([])):
            (folder / "store.json").write_text(text)
            np.testing.assert_array_equal(open_store(project, examples, SIDE, Control()).wide, first)
        (folder / "wide").write_bytes(b"short")
        np.testing.assert_array_equal(open_store(project, examples, SIDE, Control()).wide, first)
