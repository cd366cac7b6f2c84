"""Two heads on the same clip: runs them on the batch lane and shows them beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from studio.controllers.context import Context
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.comparing import AGREE, DIFFER, FIRST, NEITHER, SECOND, HeadsCompared, RunOfHead
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.project import Keys, LabelRow, Project
from studio.core.project.areas import area_of
from studio.core.project.heads import head_names
from studio.core.scores import Scores
from studio.state.jobs import Job
from studio.views.compare import CompareDialog, CompareWish
from studio.views.video.overlay import Overlay, ShownDetection

TOO_FEW = "Two heads with names are needed to compare them: Model ▸ Keep the head under a name."
UNKNOWN = "#8b929c"  # colour of a label that the project has not


class CompareController:
    """Answers the action; the window it opens follows the playhead."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._dialog: CompareDialog | None = None
        self._result: HeadsCompared | None = None
        self._medium = 0
        self._job: Job | None = None
        self._wires = wires = Wires()
        wires.connect(context.actions["head.compare"].triggered, self._ask)
        wires.connect(context.session.shown_changed, self._show_frame)
        wires.connect(context.project.changed, self._on_project)

    def close(self) -> None:
        self._wires.cut()
        if self._dialog is not None:
            self._dialog.close()

    def _ask(self, _: bool = False) -> None:
        if self._dialog is not None:
            self._dialog.activateWindow()
        elif not self._context.project.media:
            self._context.board.say("There is no medium to compare heads on: open a video first.", "problem")
        else:
            job = Job("list heads", _names, self._context.project.folder)
            job.succeeded.connect(self._open)
            self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _open(self, heads: list[str]) -> None:
        context = self._context
        if len(heads) < 2:
            context.board.say(TOO_FEW)
            return
        if self._dialog is not None:
            return
        media = [(row.id, row.path.rsplit("/", 1)[-1]) for row in context.project.media.values()]
        shown = context.session.medium
        dialog = CompareDialog(context.window, heads, media, shown.id if shown else 0)
        dialog.compare_wanted.connect(self._run)
        dialog.cancel_wanted.connect(self._cancel)
        dialog.frame_wanted.connect(self._go)
        dialog.stepped.connect(lambda step: self._go(context.session.frame + step))
        dialog.jumped.connect(self._jump)
        dialog.changed.connect(self._drop)
        dialog.finished.connect(self._forget)
        self._dialog, self._medium = dialog, shown.id if shown else 0
        dialog.show()
        self._show_frame()

    def _forget(self, _: int) -> None:
        self._cancel()
        self._dialog = self._result = None

    def _drop(self) -> None:
        self._result = None
        self._show_frame()

    # Running ---------------------------------------------------------------------------------------------------------

    def _run(self, wish: CompareWish) -> None:
        context, dialog = self._context, self._dialog
        if dialog is None or self._job is not None:
            return
        thresholds = {row.name: row.threshold for row in context.project.labels.values()}
        asked = context.project.folder, wish, context.session.mode, thresholds
        job = Job(f"comparing {wish.first} and {wish.second}", compared, context.networks, *asked)
        job.progressed.connect(self._on_progress)
        job.succeeded.connect(self._take)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        self._medium, self._result = wish.medium, None
        dialog.set_result(np.zeros(0, np.uint8), 0, "Both heads run over the clip…", ("", ""))
        dialog.set_running(0.0)
        self._job = context.board.run(context.lanes.batch, job)
        self._go(context.session.frame)
        self._show_frame()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _on_progress(self, fraction: float, _: str) -> None:
        if self._dialog is not None:
            self._dialog.set_running(fraction)

    def _on_failed(self, error: Exception) -> None:
        if self._dialog is not None and isinstance(error, StudioError):
            self._dialog.set_problem(str(error))

    def _on_finished(self) -> None:
        self._job = None
        if self._dialog is not None:
            self._dialog.set_running(None)

    def _take(self, result: HeadsCompared) -> None:
        if self._dialog is None:
            return
        self._result = result
        runs = (result.first, result.second)
        self._dialog.set_result(result.states, result.start, _summary(result), [_scores(result, run) for run in runs])
        self._show_frame()
        differ = result.disagreements
        if len(differ):
            self._go(int(differ[0]))

    # What is shown ---------------------------------------------------------------------------------------------------

    def _go(self, frame: int) -> None:
        self._context.session.playing = False
        if self._medium:
            self._context.session.go(self._medium, frame)

    def _jump(self, step: int) -> None:
        if self._result is None:
            return
        differ, frame = self._result.disagreements, self._context.session.frame
        further = differ[differ > frame] if step > 0 else differ[differ < frame][::-1]
        if len(further):
            self._go(int(further[0]))

    def _on_project(self, keys: Keys) -> None:
        if "labels" in keys.tables:
            self._show_frame()

    def _show_frame(self, _: object = None) -> None:
        dialog, shown = self._dialog, self._context.session.shown
        if dialog is None:
            return
        if shown is None or (self._medium and shown.medium != self._medium):
            dialog.set_frame(-1, None, (Overlay(), Overlay()))
            return
        overlays = [Overlay(), Overlay()]
        if self._result is not None:
            runs = (self._result.first, self._result.second)
            overlays = [overlay_of(run, shown.number, self._context.project.label_called) for run in runs]
        dialog.set_frame(shown.number, shown.picture, overlays)


def overlay_of(run: RunOfHead, frame: int, called: Callable[[str], LabelRow | None]) -> Overlay:
    """What a head found on a frame; nothing on one that it was not run over. `called` knows names of before."""
    at = frame - run.frames[0].frame if run.frames else -1
    if not 0 <= at < len(run.frames):
        return Overlay()
    rows = [(called(name), name) for name in run.labels]
    labels = [(row.name, row.color) if row else (name, UNKNOWN) for row, name in rows]
    found = run.frames[at].detections
    shown = []
    for index, (box, score, label) in enumerate(zip(found.boxes, found.scores, found.label_ids, strict=True)):
        name, color = labels[int(label)]
        place = Box(*(float(number) for number in box))
        shown.append(ShownDetection(index, place, color, f"{name} {score:.2f}"))
    return Overlay(detections=tuple(shown))


def compared(
    networks: LaneNetworks,
    folder: Path,
    wish: CompareWish,
    mode: str,
    thresholds: Mapping[str, float],
    control: Control,
) -> HeadsCompared:
    """On the batch lane: run both heads over the medium."""
    control.progress(0.0, "loading the network")
    from studio.ml.comparing import CompareRequest, compare_heads

    with Project.open(folder) as project:
        row = area_of(project, wish.medium)
    area = Box(row.x, row.y, row.width, row.height) if row else None
    heads = wish.first, wish.second
    request = CompareRequest(folder, heads, wish.medium, mode, thresholds=thresholds, area=area)
    own = networks.on("batch")
    return own.on_device(lambda: compare_heads(request, own.of, control))


def _names(folder: Path, control: Control) -> list[str]:
    control.checkpoint()
    with Project.open(folder) as project:
        return head_names(project)


def _summary(result: HeadsCompared) -> str:
    first, second, count = result.first.name, result.second.name, result.count
    parts = [
        f"the same on {count(AGREE):,}",
        f"nothing on {count(NEITHER):,}",
        f"only {first} something on {count(FIRST):,}",
        f"only {second} something on {count(SECOND):,}",
        f"different things on {count(DIFFER):,}",
    ]
    return f"Of {len(result.states):,} frames they found {', '.join(parts)}."


def _scores(result: HeadsCompared, run: RunOfHead) -> str:
    """ "cup F1 0.91 on 120 frames" of the frames that the project knows the truth of; else on how many it found any."""
    at = 0 if run is result.first else 1
    known: dict[str, Scores | None] = {label: both[at] for label, both in result.scores.items()}
    said = [f"{label} F1 {score.f1:.2f} on {score.frames:,} labelled" for label, score in known.items() if score]
    found = sum(bool(len(frame.detections)) for frame in run.frames)
    return ", ".join(said) or f"finds something on {found:,} frames"
