"""Feature maps on a playing video: how many a second come to the eye, and how long the window pauses meanwhile."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject

from studio.bench.heartbeat import Heartbeat, idle_beside
from studio.bench.window import P999_LIMIT, WORST_LIMIT, close_window, open_window, until, wait
from studio.core.control import Control
from studio.core.media.writer import VideoWriter
from studio.core.project import Project
from studio.core.project.media import add_medium
from studio.ml.demo_clip import HEIGHT, RATE, WIDTH, demo_frames
from studio.ml.device import Compute
from studio.open_project import OpenProject
from studio.views.features.maps_grid import MapGrid, ShownPage

LAYER = "layer2.1.relu#2"  # what layer2 puts out
ROUNDS = 3
SECONDS = 12.0  # of playing in each round
WANTED = 15.0  # maps a second
FRAMES = 150


class _Painted(QObject):
    """Counts the pages of a grid that were painted; one that was replaced before nobody saw."""

    def __init__(self, grid: MapGrid) -> None:
        super().__init__(grid)
        self.count = 0
        self._grid = grid
        self._last: ShownPage | None = None
        grid.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._grid.page is not self._last:
            self.count += 1
            self._last = self._grid.page
        return False


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Play a square clip (224 × 224 in the network) with 64 maps of layer2 of ResNet-18 in sight, three times.

    Returns:
        `ratio` (the slowest round's maps a second / the 15 that are wanted), the pauses of the window and of an idle
        loop under the same load, and the rounds, the slowest first.
    """
    with tempfile.TemporaryDirectory(prefix="studio-maps-", ignore_cleanup_errors=True) as name:
        studio, opened = open_window(_project(Path(name)), compute)
        grid = _show_maps(opened)
        rounds = []
        for turn in range(ROUNDS):
            control.progress(turn / ROUNDS, f"round {turn + 1}")
            rounds.append(_play(opened, grid))
        close_window(studio)
    return _document(rounds)


def _project(folder: Path) -> Path:
    """A project with the demo's clip, cut to a square."""
    left = (WIDTH - HEIGHT) // 2
    with VideoWriter(folder / "square.mp4", RATE, (HEIGHT, HEIGHT)) as video:
        for number, (frame, _) in enumerate(demo_frames(0)):
            if number == FRAMES:
                break
            video.write(frame[:, left : left + HEIGHT])
    with Project.create(folder / "project") as project:
        add_medium(project, folder / "square.mp4", "video", FRAMES, HEIGHT, HEIGHT)
    return folder / "project"


def _show_maps(opened: OpenProject) -> MapGrid:
    """Bring the maps forward, on the middle layer, and wait for the first."""
    context = opened.context
    until(lambda: context.session.shown is not None, "the first frame is shown")
    dock = context.window.findChild(QObject, "dock.features")
    grid = context.window.findChild(MapGrid, "maps.grid")
    assert dock is not None and grid is not None
    dock.show()  # type: ignore[attr-defined]
    dock.raise_()  # type: ignore[attr-defined]
    context.session.looking.layer = LAYER
    context.session.looking.part_wanted.emit("maps")
    until(lambda: grid.page is not None and len(grid.page.numbers) == 64, "the first maps are shown")
    wait(1.0)  # the networks of other lanes begin to load
    until(lambda: not any(lane.jobs for lane in context.lanes.all), "everything is loaded")
    return grid


def _play(opened: OpenProject, grid: MapGrid) -> dict[str, Any]:
    session = opened.context.session
    shown: list[int] = []

    def note(frame: Any) -> None:  # noqa: ANN401
        shown.append(frame.number)

    heartbeat, painted = Heartbeat(), _Painted(grid)
    with idle_beside() as idle:
        heartbeat.start()
        session.shown_changed.connect(note)
        session.looping = session.playing = True
        started = time.perf_counter()
        wait(SECONDS)
        spent = time.perf_counter() - started
        session.playing = False
        session.shown_changed.disconnect(note)
        pauses = heartbeat.stop()
    grid.removeEventFilter(painted)
    page = grid.page
    size = page.values.shape if page is not None else ()
    rates = {"maps_fps": round(painted.count / spent, 1), "shown_fps": round(len(shown) / spent, 1)}
    return {**rates, "clip_fps": RATE, "maps": " × ".join(map(str, size)), **pauses, "idle": idle[0]}


def _document(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    rounds = sorted(rounds, key=lambda each: float(each["maps_fps"]))
    p999 = max(float(each["p999_ms"]) for each in rounds)
    worst = max(float(each["worst_ms"]) for each in rounds)
    fps = float(rounds[0]["maps_fps"])
    return {
        "reference": f"{WANTED:g} maps a second; pauses under {P999_LIMIT:g} ms (99.9 %), {WORST_LIMIT:g} ms (worst)",
        "ratio": round(fps / WANTED, 3),
        "layer": LAYER,
        "maps_fps": fps,
        "p999_ms": p999,
        "worst_ms": worst,
        "within_limits": fps >= WANTED and p999 < P999_LIMIT and worst < WORST_LIMIT,
        "rounds": rounds,
    }
