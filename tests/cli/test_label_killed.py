"""Labelling as a process: killed at any moment, and over a long clip."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from studio.core.project import BACKGROUND, Project
from tests.cli.conftest import BOX
from tests.moving_square import write_video

STORED = re.compile(r"(\d+) frames with (\d+) regions are stored")
# Progress is told at every frame, not every ten seconds, so that each store is reported the moment it is done.
TELL_ALL = (
    "import sys; from studio.cli import main, manners; manners.FIRST_AFTER = manners.PLAIN_EVERY = 0; main.main()"
)


def start_label(project, clip):
    words = ["label", project, clip, "--box", BOX, "--label", "square", "--tracker", "kcf", "--device", "cpu", "--json"]
    return subprocess.Popen(
        [sys.executable, "-c", TELL_ALL, *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", 3000)


def check_whole(studio, project, frames, regions):
    """All that was reported is there, each frame with all of its regions, and nothing is damaged."""
    assert studio("check", project) == (0, studio("check", project)[1], [])
    with Project.open(project) as opened:
        rows = opened.regions()
        background = opened.label(BACKGROUND).id
    found = [row.frame for row in rows if row.label != background]
    assert found == list(range(len(found)))
    assert len(found) >= frames and len(rows) >= regions
    assert len(found) % 16 == 0  # whole batches: no frame without its regions
    assert {row.frame for row in rows if row.label == background} <= set(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_what_was_reported_survives_a_kill_at_any_moment(studio, empty, long_clip, seed):
    wait_for = random.Random(seed).uniform(0, 200)
    with start_label(empty, long_clip) as process:
        reported = 0, 0
        for line in process.stderr:
            if told := STORED.search(line):
                reported = int(told[1]), int(told[2])
            if reported[0] >= wait_for:
                break
        time.sleep(random.Random(seed).uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        rest = process.stderr.read()
    for told in STORED.finditer(rest):
        reported = int(told[1]), int(told[2])
    assert process.returncode == -signal.SIGKILL and reported[0] > 0
    check_whole(studio, empty, *reported)
    before = len(Project.open(empty).regions())
    assert studio("undo", empty)[0] == 0 and studio("redo", empty)[0] == 0
    assert len(Project.open(empty).regions()) == before


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_followed(studio, empty, long_clip):
    with start_label(empty, long_clip) as process:
        for line in process.stderr:
            if (told := STORED.search(line)) and int(told[1]) >= 32:
                break
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "" and "Traceback" not in errors
    assert "what was finished is kept" in errors
    with Project.open(empty) as project:
        found = [row.frame for row in project.regions(label=project.label("square").id)]
    assert found == list(range(len(found))) and len(found) >= 32
    assert studio("check", empty)[0] == 0


@pytest.mark.slow
def test_memory_of_label_does_not_grow_with_the_length(empty, long_clip):
    """50 MB in 55 minutes of 25 frames a second are 600 bytes a frame, 1.2 MB here; pages come in larger lumps."""
    sizes = {}
    with start_label(empty, long_clip) as process:
        for line in process.stderr:
            told = re.search(r"frame (\d+),", line)
            if told and int(told[1]) in (900, 2900):
                sizes[int(told[1])] = psutil.Process(process.pid).memory_info().rss
        document = json.loads(process.stdout.read())
    assert document["frames"] == 3000
    assert sizes[2900] - sizes[900] < 3_000_000, sizes
