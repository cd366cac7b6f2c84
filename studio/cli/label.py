"""`studio label`: follow boxes and collect examples."""

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
    from studio.core.follow import Collected, Stop
    from studio.ml.labelling import LabelReport


def label(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[str, typer.Argument(help="A video or a folder of pictures.")],
    box: Annotated[
        list[str],
        typer.Option("--box", metavar="X,Y,W,H", help="An object on the first frame, in pixels; once for each."),
    ],
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help='What it is called ("object"): once for all, or once for each.'),
    ] = None,
    start: Annotated[int, typer.Option("--start", help="The frame of the boxes.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    backwards: Annotated[bool, typer.Option("--backwards", help="From --start to earlier frames.")] = False,
    until_unsure: Annotated[bool, typer.Option("--until-unsure", help="Stop at the first doubtful frame.")] = False,
    tracker: Annotated[str, typer.Option("--tracker", help=f"One of: {', '.join(trackers.names)}.")] = "ridge",
    backbone: Annotated[str | None, typer.Option("--backbone", help="The network; the bundled one by default.")] = None,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Follow boxes through a medium; store a region for every frame, and negatives beside it."""
    boxes = tuple(map(parse_box, box))
    labels = _labels(label or ["object"], len(boxes))
    trackers[tracker]
    if source.startswith("camera:"):
        raise InputError(f"record {source} first: studio frames {source} FOLDER --end N; then label that folder")
    with Project.open(project, write=True) as opened:
        from studio.ml.backbones.loading import load_backbone
        from studio.ml.device import choose
        from studio.ml.labelling import LabelRequest
        from studio.ml.labelling import label as follow

        compute = choose(device)
        say(compute.reason)
        request = LabelRequest(Path(source), boxes, labels, start, end, tracker, backwards, until_unsure)
        with Progress("label") as control:
            report = follow(opened, request, load_backbone(backbone, compute), control)
    if report.note:
        say(f"note: {report.note}")
    if json:
        print_json(_document(report, labels))
    else:
        _show(report, labels)


def _labels(given: list[str], boxes: int) -> tuple[str, ...]:
    if len(given) not in (1, boxes):
        count = "1 box needs one --label" if boxes == 1 else f"{boxes} boxes need one --label for all, or one for each"
        raise InputError(f"{count}, not {len(given)}")
    return tuple(given * boxes if len(given) == 1 else given)


def _document(report: LabelReport, labels: tuple[str, ...]) -> dict[str, Any]:
    counts = report.collected
    return {
        **_counts(counts),
        "first": report.first,
        "last": counts.last,
        "stopped": _stopped(report.stop),
        "seconds": round(report.seconds, 3),
        "fps": _fps(report),
        "tracks": [
            {
                "label": name,
                **_counts(track.collected),
                "last": track.collected.last,
                "stopped": _stopped(track.stop),
            }
            for name, track in zip(labels, report.tracks, strict=True)
        ],
    }


def _counts(counts: Collected) -> dict[str, int]:
    return {
        "frames": counts.frames,
        "positives": counts.positives,
        "negatives": counts.negatives,
        "near_duplicates": counts.near_duplicates,
    }


def _stopped(stop: Stop | None) -> dict[str, Any] | None:
    return {"frame": stop.frame, "reason": stop.reason} if stop else None


def _fps(report: LabelReport) -> float:
    return round(report.collected.frames / report.seconds, 1) if report.seconds else 0.0


def _show(report: LabelReport, labels: tuple[str, ...]) -> None:
    counts = report.collected
    print(
        f"{counts.positives} {' and '.join(dict.fromkeys(labels))} and {counts.negatives} background regions on"
        f" {counts.frames} of {report.wanted} frames in {report.seconds:.1f} s ({_fps(report)} frames a second)"
    )
    for number, (name, track) in enumerate(zip(labels, report.tracks, strict=True), 1):
        if track.stop:
            which = f"{name} (box {number}) " if len(labels) > 1 else ""
            print(f"{which}stopped at frame {track.stop.frame}: {track.stop.reason}")
