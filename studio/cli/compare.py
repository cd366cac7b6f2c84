"""`studio compare`: two heads on the same clip."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.applying import search_area
from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.media import open_medium
from studio.core.plugins import search_modes
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.core.project.row_checks import printable

if TYPE_CHECKING:
    from studio.core.comparing import HeadsCompared

MOST_RANGES = 20  # of frames on which they differ, that are printed


def compare(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[Path, typer.Argument(help="A video or a folder of pictures.")],
    first: Annotated[str, typer.Argument(help="The name of a head.")],
    second: Annotated[str, typer.Argument(help="That of another.")],
    mode: Annotated[str, typer.Option("--mode", help=f"One of: {', '.join(search_modes.names)}.")] = "dense",
    start: Annotated[int, typer.Option("--start", help="The first frame.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Run two heads over the same frames: where they differ, and how good each is where the project knows the truth."""
    search_modes[mode]
    from studio.ml.comparing import CompareRequest, compare_heads
    from studio.ml.networks import Networks

    with Project.open(project) as opened, open_medium(source) as medium:
        if medium.note:
            say(f"note: {medium.note}")
        area = search_area(opened, medium)
        thresholds = {row.name: row.threshold for row in opened.labels()}
    networks = Networks(device)
    say(networks.compute.reason)
    request = CompareRequest(project, (first, second), source, mode, start, end, thresholds, area)
    with Progress("compare") as control:
        found = networks.on_device(lambda: compare_heads(request, networks.of, control))
    document = _document(found)
    if json:
        print_json(document)
        return
    _print(document, first, second)


def _document(found: HeadsCompared) -> dict[str, Any]:
    from studio.core.comparing import NAMES

    scores = {
        label: {
            run.name: None if each is None else asdict(each)
            for run, each in zip((found.first, found.second), both, strict=True)
        }
        for label, both in found.scores.items()
    }
    counts = {name: found.count(state) for state, name in enumerate(NAMES)}
    return {"heads": [found.first.name, found.second.name], "start": found.start, "frames": len(found.states)} | {
        **counts,
        "differing": _ranges(found.disagreements.tolist()),
        "scores": scores,
    }


def _ranges(frames: list[int]) -> list[list[int]]:
    """First and last of each run of frames."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return runs


def _print(document: dict[str, Any], first: str, second: str) -> None:
    words = {
        "agree": "both found the same",
        "neither": "neither found anything",
        "only_first": f"only {first} found something",
        "only_second": f"only {second} found something",
        "differ": "they found different things",
    }
    print(f"{document['frames']:>8,} frames")
    for name, text in words.items():
        print(printable(f"{document[name]:>8,} {text}"))
    ranges = [f"{a}–{b}" if a != b else str(a) for a, b in document["differing"]]
    if ranges:
        more = f" and {len(ranges) - MOST_RANGES} more ranges" * (len(ranges) > MOST_RANGES)
        print(f"frames {', '.join(ranges[:MOST_RANGES])}{more}")
    for label, both in document["scores"].items():
        for head, scores in both.items():
            judged = "does not know it" if scores is None else f"F1 {scores['f1']:.3f}"
            on = f" on {counted(scores['frames'], 'frame')}" if scores else ""
            print(printable(f"{label}: {head} {judged}{on}"))
