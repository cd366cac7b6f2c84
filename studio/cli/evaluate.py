"""`studio evaluate`: how good a head is, against truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from studio.cli.applying import load_for, start_box
from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.errors import InputError
from studio.core.fingerprint import fingerprint
from studio.core.media import open_medium
from studio.core.media.medium import Medium
from studio.core.plugins import search_modes
from studio.core.project import Project
from studio.core.project_truth import Truth, known_truth
from studio.core.scores import true_boxes
from studio.core.truth import read_truth


def evaluate(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[str, typer.Argument(help="A video or a folder of pictures.")],
    truth: Annotated[str, typer.Option("--truth", metavar="FILE|project", help="True boxes: a file, or the project.")],
    label: Annotated[
        str | None, typer.Option("--label", help="Which label; needed where the head has several.")
    ] = None,
    head: Annotated[str | None, typer.Option("--head", help="Its name; the newest by default.")] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Only the frames of a split, val or test; with --truth project.")
    ] = None,
    mode: Annotated[str, typer.Option("--mode", help=f"One of: {', '.join(search_modes.names)}.")] = "dense",
    start: Annotated[int, typer.Option("--start", help="The first frame.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Compare what a head finds with the truth: F1 at IoU 0.5, mean IoU, average precision, presence, speed."""
    search_modes[mode]
    if split is not None and truth != "project":
        raise InputError("--split is for the project's own regions; give --truth project too")
    with Project.open(project) as opened, open_medium(source) as medium:
        if medium.live:
            raise InputError(f"there is no truth for {source}; record it first: studio frames {source} FOLDER --end N")
        if medium.note:
            say(f"note: {medium.note}")
        numbers = medium.numbers(start, end)
        rows = None if truth == "project" else _read_rows(Path(truth), numbers)
        loaded, backbone = load_for(opened, head, device)
        chosen = label or _only_label(loaded.labels)
        boxes = _from_project(opened, medium, chosen, split) if rows is None else lambda frame: true_boxes(rows[frame])
        box = start_box(opened, medium, mode, [chosen], start)
        from studio.ml.detecting import evaluate as judge

        with Progress("evaluate") as control:
            result = judge(medium, loaded, backbone, mode, chosen, boxes, start, end, box, control)
    document = result.document
    if json:
        print_json(document)
        return
    for name in ("precision", "recall", "f1", "mean_iou", "average_precision"):
        print(f"{name:<18} {document[name]:.3f}")
    presence = document["presence"]
    print(f"{'presence':<18} precision {presence['precision']:.3f}, recall {presence['recall']:.3f}")
    print(f"{'frames':<18} {document['frames']}, {document['fps']:.1f} a second")
    print(f"{'bare backbone':<18} {document['backbone_ms']:.1f} ms a frame")


def _read_rows(path: Path, numbers: range) -> NDArray[np.float64]:
    rows = read_truth(path)
    if len(rows) <= numbers[-1]:
        raise InputError(
            f"{path} has {len(rows)} lines, one for each frame from 0, but frame {numbers[-1]} is asked for; use --end"
        )
    return rows


def _only_label(labels: list[str]) -> str:
    if len(labels) > 1:
        raise InputError(f"the head knows several labels; say which with --label: {', '.join(labels)}")
    return labels[0]


def _from_project(project: Project, medium: Medium, name: str, split: str | None) -> Truth:
    """The project's own regions as truth; where a split is given, only its own."""
    sha256 = fingerprint(Path(medium.source)).sha256
    row = next((row for row in project.media() if row.sha256 == sha256), None)
    if row is None:
        raise InputError(f"the project has no regions on {medium.source}; give a truth file with --truth")
    return known_truth(project, row, medium.frame_count, project.label(name).id, split)
