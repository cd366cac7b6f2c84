"""The demo: the whole main job on a clip whose truth is known, with everything that came of it in one folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import __version__
from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.detections_file import DetectionsHeader, DetectionsWriter
from studio.core.draw import draw_detections, draw_regions, label_colors
from studio.core.geometry import Box, iou_matrix
from studio.core.media import Medium, Picture, open_medium
from studio.core.media.pictures import write_picture
from studio.core.media.writer import VideoWriter
from studio.core.plugins import search_modes
from studio.core.project import Project, RegionRow
from studio.core.project.heads import head_folder
from studio.core.scores import true_boxes
from studio.ml.backbones.base import Backbone
from studio.ml.demo_clip import FRAMES
from studio.ml.demo_project import HALF, LABEL, make_clip
from studio.ml.detecting import DECISION, evaluate, last_labelled_box
from studio.ml.heads.fit import fit
from studio.ml.heads.head import Head, save_head
from studio.ml.labelling import LabelRequest, label

SHEET_FRAMES = (0, 50, 100, 149)  # of label.png: small and large, light and dark
SHOWN_FRAME = 240  # of detect.png: the flower is back for the first time, and the star is near
CREDIT = (
    "made from china.jpg and flower.jpg as scikit-learn ships them, by the Flickr users danielbuechele and vultilion, "
    "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/); cut, scaled, turned, and changed in light and sharpness"
)
SCORES = ("precision", "recall", "f1", "mean_iou", "average_precision", "presence", "away_false_positives", "fps")

# Gives each stage of the demo, by its title, a control to report to.
Stages = Callable[[str], AbstractContextManager[Control]]


@dataclass(frozen=True)
class _Demo:
    """What the stages share: where things go, and the true boxes `(300, 4)`, nan where the flower is away."""

    folder: Path
    project: Project
    backbone: Backbone
    seed: int
    truth: NDArray[np.float64]

    @property
    def clip(self) -> Path:
        return self.folder / "clip.mp4"


def run_demo(folder: Path, backbone: Backbone, seed: int, stages: Stages) -> dict[str, Any]:
    """Make a clip, label its first half from one box, fit, and judge every search mode on its second half.

    Args:
        folder: an empty one; gets `clip.mp4`, `truth.txt`, `project/`, `label.png`, `detect.jsonl`, `detect.mp4`,
            `detect.png` and `report.json`.
        seed: of the clip and of the training.
        stages: see `Stages`.

    Returns:
        The document of `report.json`: the command line's contract says what is in it.
    """
    with stages("making the clip") as control:
        truth = make_clip(folder, seed, control)
    with Project.create(folder / "project", "demo") as project:
        demo = _Demo(folder, project, backbone, seed, truth)
        report: dict[str, Any] = {
            "clip": "clip.mp4",
            "device": str(backbone.compute.device),
            "compute": backbone.compute.reason,
            "seed": seed,
            "studio": __version__,
            "credit": CREDIT,
        }
        with stages(f"following the {LABEL} from one box through frames 0 to {HALF - 1}") as control:
            report["label"] = _label(demo, control)
        with stages("training a head on what was collected") as control:
            report["fit"], head = _fit(demo, control)
        report["modes"] = _judge(demo, head, stages)
    (folder / "report.json").write_text(json.dumps(report, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return report


def _label(demo: _Demo, control: Control) -> dict[str, Any]:
    request = LabelRequest(demo.clip, (Box(*demo.truth[0]),), (LABEL,), 0, HALF - 1)
    done = label(demo.project, request, demo.backbone, control)
    _draw_sheet(demo)
    return {
        "frames": done.collected.frames,
        "seconds": round(done.seconds, 3),
        "mean_iou": _mean_iou(demo),
        "stopped": done.stop.reason if done.stop else None,
    }


def _mean_iou(demo: _Demo) -> float:
    """Of the stored boxes with the true ones over the first half; a frame without a box counts 0."""
    stored = demo.project.regions(label=demo.project.label(LABEL).id)
    overlaps = [iou_matrix(np.array([_box(row)]), demo.truth[row.frame])[0, 0] for row in stored]
    return float(sum(overlaps) / HALF)


def _draw_sheet(demo: _Demo) -> None:
    """label.png: some followed frames with what was stored on them, two by two."""
    names = {row.id: row.name for row in demo.project.labels()}
    colors = {row.name: row.color for row in demo.project.labels()}
    drawn = []
    with open_medium(demo.clip, demo.project.cache) as medium:
        for frame in SHEET_FRAMES:
            stored = demo.project.regions(first=frame, last=frame)
            regions = [(_box(row), names[row.label]) for row in stored]
            picture = draw_regions(medium.frame(frame), regions, colors)
            drawn.append(np.pad(picture, ((2, 2), (2, 2), (0, 0)), constant_values=255))
    write_picture(demo.folder / "label.png", np.vstack([np.hstack(drawn[:2]), np.hstack(drawn[2:])]))


def _box(row: RegionRow) -> Box:
    return Box(row.x, row.y, row.width, row.height)


def _fit(demo: _Demo, control: Control) -> tuple[dict[str, Any], Head]:
    fitted = fit(demo.project, "head-1", demo.backbone, "rbf", demo.seed, control)
    head = save_head(fitted.head, head_folder(demo.project, "head-1"))
    facts = {
        "positives": fitted.positives,
        "negatives": fitted.negatives,
        "seconds": round(sum(fitted.seconds.values()), 3),
        "f1": fitted.f1,
    }
    return facts, head


def _judge(demo: _Demo, head: Head, stages: Stages) -> dict[str, Any]:
    """Every search mode on the second half; what the dense one found is written and drawn."""
    modes = {}
    with open_medium(demo.clip, demo.project.cache) as medium:
        sha256 = demo.project.media()[0].sha256
        for mode in search_modes.names:
            start = last_labelled_box(demo.project, sha256, [LABEL], HALF) if mode == "track" else None
            with stages(f"searching frames {HALF} to {FRAMES - 1}, mode {mode}") as control:
                judged = evaluate(
                    medium, head, demo.backbone, mode, LABEL, lambda frame: true_boxes(demo.truth[frame]), HALF, None,
                    start, control,
                )  # fmt: skip
            modes[mode] = {name: judged.document[name] for name in SCORES}
            if mode == "dense":
                with stages("drawing what was found") as control:
                    _draw_found(demo, head, medium, dict(judged.found), control)
    return modes


def _draw_found(demo: _Demo, head: Head, medium: Medium, found: dict[int, Detections], control: Control) -> None:
    header = DetectionsHeader(head.card.name, demo.backbone.name, "clip.mp4", "dense", tuple(head.labels))
    with ExitStack() as files:
        lines = files.enter_context(DetectionsWriter(demo.folder / "detect.jsonl", header))
        video = files.enter_context(VideoWriter(demo.folder / "detect.mp4", medium.rate, medium.size))
        for frame, picture in medium.frames(HALF):
            control.progress((frame - HALF) / (FRAMES - HALF), f"frame {frame}")
            decided = found[frame].above(DECISION)
            lines.write(frame, medium.time(frame), decided)
            drawn: Picture = draw_detections(picture, decided, head.labels, label_colors(len(head.labels)), DECISION)
            video.write(drawn)
            if frame == SHOWN_FRAME:
                write_picture(demo.folder / "detect.png", drawn)
