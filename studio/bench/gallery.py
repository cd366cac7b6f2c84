"""The gallery with 100,000 crops: opening, scrolling, changing all of them, memory; beside a plain QListView."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from studio.core.control import Control
from studio.core.project import Edit, LabelRow, MediumRow, Project, new_id
from studio.core.project.media import add_medium
from studio.core.project.rows import COLUMNS
from studio.core.project.versions import Line, append_line, last_position

CROPS, MANY = 100_000, 1_000_000
FRAMES, SIZE, BOX = 5000, (640, 320), 64.0
LIMITS = {  # seconds, milliseconds and megabytes above an empty project
    "open_s": 2.0, "first_paint_ms": 300.0, "scroll_worst_ms": 30.0, "relabel_s": 2.0, "undo_s": 2.0,
    "over_empty_mb": 400.0,
}  # fmt: skip


def run(control: Control) -> dict[str, Any]:
    """Make the projects of generated pictures, and open each in a window of its own, off-screen.

    Returns:
        `ratio` (worst pause while scrolling, ours / that of a QListView in icon mode over the same thumbnails), what
        was measured of `LIMITS`, which of them are kept, the list view's numbers, and a million crops opened.
    """
    with tempfile.TemporaryDirectory(prefix="studio-gallery-") as name:
        folder = Path(name)
        control.progress(0.0, "generate the pictures")
        write_pictures(folder / "stills")
        empty = make_project(folder / "empty", folder / "stills", 0)
        full = make_project(folder / "full", folder / "stills", CROPS)
        control.progress(0.2, "an empty project")
        nothing = _measure(folder, "empty", empty)
        control.progress(0.3, f"{CROPS:,} crops")
        ours = _measure(folder, "full", full)
        control.progress(0.6, f"{CROPS:,} thumbnails in a list view")
        theirs = _measure(folder, "list", full)
        control.progress(0.7, f"{MANY:,} crops")
        many = _measure(folder, "open", make_project(folder / "many", folder / "stills", MANY))
    measured = {**ours, "over_empty_mb": round(ours["rss_mb"] - nothing["rss_mb"])}
    broken = [name for name, limit in LIMITS.items() if measured[name] > limit]
    return {
        "ratio": round(ours["scroll_worst_ms"] / max(theirs["scroll_worst_ms"], 0.1), 2),
        "reference": "a QListView in icon mode, uniform sizes, laid out in batches, over the same thumbnails",
        "within_limits": not broken,
        "broken": broken,
        "limits": LIMITS,
        **measured,
        "list_view": theirs,
        "a_million": many,
    }


def write_pictures(folder: Path) -> None:
    """Pictures of coloured squares, each with its number."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(FRAMES):
        squares = generator.integers(0, 255, (SIZE[1] // 64, SIZE[0] // 64, 3), np.uint8)
        picture = cv2.resize(squares, SIZE, interpolation=cv2.INTER_NEAREST)
        cv2.putText(picture, str(number), (20, SIZE[1] - 30), 0, 4, (255, 255, 255), 8)
        cv2.imwrite(str(folder / f"{number:05}.jpg"), picture)


def make_project(folder: Path, pictures: Path, crops: int) -> Path:
    """A project with so many crops of two of three labels, as an import would have left it."""
    with Project.create(folder) as project:
        named = (("cup", "#4c9aff"), ("saucer", "#f0883e"), ("plate", "#3fb950"))
        labels = [LabelRow(new_id(), name, color, str(key)) for key, (name, color) in enumerate(named, 1)]
        project.apply(Edit.rows("new labels", labels))
        medium = add_medium(project, pictures, "stills", FRAMES, *SIZE)
        if crops:
            _insert(project, medium, [label.id for label in labels[:2]], crops)
    return folder


def _insert(project: Project, medium: MediumRow, labels: list[int], crops: int) -> None:
    """Straight into the table: a million rows made in Python one by one would take minutes."""
    columns = COLUMNS["regions"]
    first, across, down = new_id(), SIZE[0] // 4, SIZE[1] // 4
    boxes = (
        (first + n, medium.id, n % FRAMES, labels[n % 2], None, 4.0 * (n // FRAMES * 7 % (across - 16)),
         4.0 * (n // FRAMES * 5 % (down - 16)), BOX, BOX, "import", 0, None, 0, "visible", 0)
        for n in range(crops)
    )  # fmt: skip
    with project.writing() as connection:
        group, position = project.new_group(), last_position(connection) + 1
        marks = ", ".join("?" * (len(columns) + 1))
        connection.executemany(
            f"INSERT INTO regions (since, {', '.join(columns)}) VALUES ({marks})", ((position, *box) for box in boxes)
        )
        append_line(connection, position, Line(group, f"import {crops:,} crops", "import", "edit", group))


def _measure(folder: Path, kind: str, project: Path) -> dict[str, Any]:
    """In a process of its own, so that nothing is there already; see `studio.bench.gallery_window`."""
    chosen = {"QT_QPA_PLATFORM": "offscreen", "STUDIO_CACHE": str(folder / "user")}
    command = [sys.executable, "-m", "studio.bench.gallery_window", kind, str(project)]
    done = subprocess.run(command, env=os.environ | chosen, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
