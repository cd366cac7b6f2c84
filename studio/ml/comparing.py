"""Two heads over the same clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.core.comparing import HeadsCompared, RunOfHead, compare
from studio.core.control import Control
from studio.core.detections_file import FrameDetections
from studio.core.errors import InputError, StudioError
from studio.core.fingerprint import fingerprint
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.project.heads import known_head
from studio.core.project.labels import former_names
from studio.core.project_truth import Truth, known_truth
from studio.ml.backbones.base import Backbone
from studio.ml.gallery.reading import portion
from studio.ml.heads.head import Head, load_head
from studio.ml.whole_clip import ClipRequest, run_clip


@dataclass(frozen=True)
class CompareRequest:
    """What to run on what.

    Attributes:
        project: its folder.
        heads: names of two.
        medium: id of one of the project's, or the path of any.
        end: the last frame, inclusive; None: that of the medium.
        thresholds: the least score of a detection, by label; 0.5 for those that are not named.
        area: the only part of the frames that is searched.
    """

    project: Path
    heads: tuple[str, str]
    medium: int | Path
    mode: str = "dense"
    start: int = 0
    end: int | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    area: Box | None = None


def compare_heads(request: CompareRequest, backbone: Callable[[Head], Backbone], control: Control) -> HeadsCompared:
    """Run two heads, one after the other, and compare what they found; labels are called what they are called now.

    Args:
        request: what.
        backbone: gives what a head stands on.
        control: progress and cancelling.

    Raises:
        InputError: no such head, the same one twice, or what does not fit the medium.
        StudioError: one of the runs failed on the way.
    """
    if request.heads[0] == request.heads[1]:
        raise InputError("a head agrees with itself; choose two different ones")
    with Project.open(request.project) as project:
        heads = [load_head(known_head(project, name)) for name in request.heads]
        now = {row.id: row.name for row in project.labels()}
        called = {old: now[label] for old, label in former_names(project).items()}
    for head in heads:
        backbone(head)  # whether it is here
    runs = [_run(request, head, called, backbone, portion(control, at / 2, 0.5)) for at, head in enumerate(heads)]
    with Project.open(request.project) as project:
        truths = _truths(project, request, {*runs[0].labels, *runs[1].labels})
    return compare(runs[0], runs[1], truths)


def _run(
    request: CompareRequest,
    head: Head,
    called: Mapping[str, str],
    backbone: Callable[[Head], Backbone],
    control: Control,
) -> RunOfHead:
    """What a head finds, by the names that its labels are `called` now where they were renamed."""
    found: list[FrameDetections] = []
    labels = {name: called.get(name, name) for name in head.labels}
    clip = ClipRequest(
        request.project,
        request.medium,
        head,
        request.mode,
        request.start,
        request.end,
        {name: request.thresholds[now] for name, now in labels.items() if now in request.thresholds},
        request.area,
    )
    on_way = Control(lambda fraction, text: control.progress(fraction, f"{head.card.name}, {text}"), found.extend)
    report = run_clip(clip, backbone(head), on_way)
    control.checkpoint()
    if report.problem:
        raise StudioError(f"{head.card.name}: {report.problem}")
    return RunOfHead(head.card.name, tuple(labels.values()), found)


def _truths(project: Project, request: CompareRequest, labels: set[str]) -> dict[str, Truth]:
    """What the project says of the medium, for each label that both know."""
    if isinstance(request.medium, Path):
        sha256 = fingerprint(request.medium).sha256
        row = next((row for row in project.media() if row.sha256 == sha256), None)
    else:
        row = next((row for row in project.media() if row.id == request.medium), None)
    if row is None:
        return {}
    known = {label.name: label.id for label in project.labels()}
    return {name: known_truth(project, row, row.frames, known[name]) for name in sorted(labels & known.keys())}
