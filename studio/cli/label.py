"""`studio label`: follow a box and collect examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.errors import InputError
from studio.core.geometry import parse_box
from studio.core.plugins import trackers
from studio.core.project import Project

if TYPE_CHECKING:
    from studio.ml.labelling import LabelReport


def label(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[str, typer.Argument(help="A video or a folder of pictures.")],
    box: Annotated[str, typer.Option("--box", metavar="X,Y,W,H", help="The object on the first frame, in pixels.")],
    label: Annotated[str, typer.Option("--label", help="What it is called.")] = "object",
    start: Annotated[int, typer.Option("--start", help="The first frame.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    tracker: Annotated[str, typer.Option("--tracker", help=f"One of: {', '.join(trackers.names)}.")] = "ridge",
    backbone: Annotated[str | None, typer.Option("--backbone", help="The network; the bundled one by default.")] = None,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Follow a box through a medium; store a region for every frame, and negatives beside it."""
    wanted = parse_box(box)
    trackers[tracker]
    if source.startswith("camera:"):
        raise InputError(f"record {source} first: studio frames {source} FOLDER --end N; then label that folder")
    with Project.open(project, write=True) as opened:
        from studio.ml.backbones import load_backbone
        from studio.ml.device import choose
        from studio.ml.labelling import LabelRequest
        from studio.ml.labelling import label as follow

        compute = choose(device)
        say(compute.reason)
        request = LabelRequest(Path(source), wanted, label, start, end, tracker)
        with Progress("label") as control:
            report = follow(opened, request, load_backbone(backbone, compute), control)
    if report.note:
        say(f"note: {report.note}")
    if json:
        print_json(_document(report))
    else:
        _show(report, label)


def _document(report: LabelReport) -> dict[str, Any]:
    counts = report.collected
    fps = round(counts.frames / report.seconds, 1) if report.seconds else 0.0
    return {
        "frames": counts.frames,
        "positives": counts.positives,
        "negatives": counts.negatives,
        "near_duplicates": counts.near_duplicates,
        "first": report.first,
        "last": counts.last,
        "stopped": {"frame": report.stop.frame, "reason": report.stop.reason} if report.stop else None,
        "seconds": round(report.seconds, 3),
        "fps": fps,
    }


def _show(report: LabelReport, label: str) -> None:
    counts = report.collected
    print(
        f"{counts.positives} {label} and {counts.negatives} background regions on {counts.frames} of {report.wanted} "
        f"frames in {report.seconds:.1f} s ({_document(report)['fps']} frames a second)"
    )
    if report.stop:
        print(f"stopped at frame {report.stop.frame}: {report.stop.reason}")
