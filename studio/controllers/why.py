"""Why did it fire: a picked detection is explained by the training crops nearest to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QWidget

from studio.controllers.context import Context
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.project import BACKGROUND
from studio.state.jobs import Job
from studio.state.session import ActiveHead, PickedDetection, ShownFrame
from studio.views.why import ShownExample, WhyView, pull_text

if TYPE_CHECKING:
    from studio.ml.nearest import Example, Reasons

AFTER = 150  # milliseconds on one detection: who walks through them, or rejects at once, need not wait
CROP_SIDE = 96  # pixels
GREY = "#8b929c"
ALSO_WHY = "features.reasons"  # a panel that answers the same question about the same detection


@dataclass(frozen=True, eq=False)
class Asked:
    """A detection to be explained."""

    project: Path
    head: ActiveHead
    shown: ShownFrame
    box: Box
    label: str
    score: float


@dataclass(frozen=True, eq=False)
class Explained:
    """`reasons`, with the crop of each of its examples: uint8 `(CROP_SIDE, CROP_SIDE, 3)`."""

    reasons: Reasons
    crops: tuple[NDArray[np.uint8], ...]


def explain(networks: LaneNetworks, asked: Asked, control: Control) -> Explained:
    """Find the nearest examples, on the compute lane, and cut them out of their frames."""
    from studio.core.geometry import Window
    from studio.core.project import Project
    from studio.ml.crops import cut
    from studio.ml.heads.open_media import OpenMedia
    from studio.ml.nearest import nearest_examples

    head, compute = asked.head.head, networks.on("compute")

    def nearest() -> Reasons:
        backbone = compute.of(head)
        return nearest_examples(head, backbone, asked.project, asked.shown.picture, asked.box, asked.label, control)

    reasons = compute.on_device(nearest)
    crops = []
    with Project.open(asked.project) as project, OpenMedia(project) as media:
        for example in reasons.examples:
            control.checkpoint()
            window = Window(*map(round, example.box[:3]))
            crops.append(cut(media.medium(example.medium).frame(example.frame), window, CROP_SIDE))
    return Explained(reasons, tuple(crops))


class WhyController(QObject):
    """Explains `session.picked` while somebody looks; a click on an example goes there and selects its region."""

    def __init__(self, context: Context, view: WhyView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._job: Job | None = None
        self._wanted: Asked | None = None  # not explained yet
        self._shown: tuple[Asked, Explained] | None = None
        self._selecting: tuple[int, int, int] | None = None  # medium, frame and region, as soon as the frame is there
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER)
        self._timer.timeout.connect(self._ask)
        context.session.picked_changed.connect(self._on_picked)
        context.session.shown_changed.connect(self._on_shown)
        view.example_clicked.connect(self._go)
        view.back_clicked.connect(self._go_back)
        view.visible_changed.connect(self._on_visible)

    def close(self) -> None:
        self._timer.stop()
        self._job = None  # one that was abandoned would keep all this for ever

    def _on_picked(self, picked: PickedDetection | None) -> None:
        """What is explained stays when nothing is picked any more: its examples are being looked at."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        head = self._context.session.head
        if picked is None or head is None:
            return
        found, index = picked.result.detections, picked.index
        label = picked.result.labels[int(found.label_ids[index])]
        if label not in head.labels:
            return
        box = Box(*map(float, found.boxes[index]))
        score = float(found.scores[index])
        self._wanted = Asked(self._context.project.folder, head, picked.result.frame, box, label, score)
        self._come_forward()
        self._timer.start()

    def _come_forward(self) -> None:
        """From behind other tabs, unless a box is being drawn or what stands there explains the detection too."""
        dock, other = self._view.parentWidget(), self._context.window.findChild(QWidget, ALSO_WHY)
        if self._context.session.tool != "select" or (other is not None and not other.visibleRegion().isEmpty()):
            return
        if isinstance(dock, QDockWidget) and not dock.isHidden() and not dock.isFloating():
            dock.raise_()

    def _on_visible(self, visible: bool) -> None:
        if visible and self._wanted is not None and self._job is None:
            self._timer.start()

    def _ask(self) -> None:
        if self._wanted is None or not self._view.isVisible():
            return
        asked, self._wanted = self._wanted, None
        job = self._job = Job("why did it fire", explain, self._context.networks, asked)
        job.succeeded.connect(partial(self._show, asked))
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        self._context.lanes.compute.replace(job)

    def _end(self) -> None:
        if self._job is self.sender():  # a connection that holds its job would keep it for ever
            self._job = None

    def _fail(self, error: Exception) -> None:
        if isinstance(error, StudioError):
            self._view.set_problem(str(error))
        else:
            self._context.board.problem(error, "why did it fire")

    def _show(self, asked: Asked, explained: Explained) -> None:
        self._shown = asked, explained
        reasons = explained.reasons
        examples = [
            self._example(each, crop, reasons.kept)
            for each, crop in zip(reasons.examples, explained.crops, strict=True)
        ]
        nearest = sum(example.pull for example in reasons.examples)
        summary = (
            f"Margin {pull_text(reasons.margin)}: these examples {pull_text(nearest)}, all others "
            f"{pull_text(reasons.others)}, constant {pull_text(reasons.intercept)}."
        )
        if not reasons.kept:
            summary = "This head keeps no examples that could pull: these are most alike to its network."
        title = f"{asked.label} {asked.score:.2f} on frame {asked.shown.number}: what it looks like"
        self._view.set_reasons(title, summary, examples)

    def _example(self, example: Example, crop: NDArray[np.uint8], pulls: bool) -> ShownExample:
        project, session = self._context.project, self._context.session
        colors = {row.name: row.color for row in project.labels.values()}
        label = f"rejected {example.label}" if example.rejected else example.label
        color = GREY if example.rejected else colors.get(example.label, GREY)
        place = f"frame {example.frame}"
        if session.medium is None or session.medium.id != example.medium:
            row = project.media.get(example.medium)
            place = f"{row.path.rsplit('/', 1)[-1] if row else 'elsewhere'}, {place}"
        if example.region is None and example.label == BACKGROUND:
            place += ", beside the objects"
        return ShownExample(crop, label, color, place, example.similarity, example.pull if pulls else None)

    # Going there -----------------------------------------------------------------------------------------------------

    def _go(self, number: int) -> None:
        if self._shown is None:
            return
        example, session = self._shown[1].reasons.examples[number], self._context.session
        session.playing = False
        self._selecting = (example.medium, example.frame, example.region) if example.region is not None else None
        session.go(example.medium, example.frame)
        self._on_shown(session.shown)

    def _on_shown(self, shown: ShownFrame | None) -> None:
        if self._selecting is not None and shown is not None and self._selecting[:2] == (shown.medium, shown.number):
            region, self._selecting = self._selecting[2], None
            self._context.session.selection = frozenset({region})

    def _go_back(self) -> None:
        if self._shown is not None:
            asked = self._shown[0]
            self._context.session.playing = False
            self._context.session.go(asked.shown.medium, asked.shown.number)
