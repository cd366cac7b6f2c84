"""Running a head over a medium, and judging it against truth."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.media.medium import Medium
from studio.core.project import Project
from studio.core.scores import JudgedFrame, evaluate_frames
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head
from studio.ml.search.base import Picture, Search, make_search
from studio.ml.yardstick import bare_backbone

DECISION = 0.5  # scores are calibrated so that the head's own threshold is here
YARDSTICK_FRAMES = 8


class Found(NamedTuple):
    """One frame and what was found in it; `seconds` is how long the search took."""

    frame: int
    time: float
    picture: Picture
    detections: Detections
    seconds: float


def detect_frames(medium: Medium, search: Search, start: int, end: int | None, control: Control) -> Iterator[Found]:
    """The detections of frame after frame, all scores included.

    A live camera goes on until its caller stops or `end` is reached.

    Raises:
        InputError: the medium has no frame `start` or `end`.
    """
    last = None if medium.live and end is None else medium.numbers(start, end).stop - 1 if not medium.live else end
    for frame, picture in medium.frames(start, end):
        if medium.live and last is not None and frame > last:
            return
        began = time.perf_counter()
        detections = search.detect(picture)
        spent = time.perf_counter() - began
        done = 0.0 if last is None else (frame - start + 1) / (last - start + 1)
        control.progress(done, f"frame {frame}")
        yield Found(frame, medium.time(frame), picture, detections, spent)


def last_labelled_box(project: Project, sha256: str, labels: Sequence[str], before: int) -> Box | None:
    """The last box of one of `labels` on the medium with this hash up to frame `before`, else the first after."""
    medium = next((row.id for row in project.media() if row.sha256 == sha256), None)
    ids = {row.id for row in project.labels() if row.name in labels}
    if medium is None:
        return None
    rows = [row for row in project.regions(medium=medium) if row.label in ids and row.state == "visible"]
    row = min(rows, key=lambda row: (row.frame > before, abs(row.frame - before)), default=None)
    return Box(row.x, row.y, row.width, row.height) if row else None


@dataclass(frozen=True)
class Evaluation:
    """A head judged on frames of a medium.

    Attributes:
        document: the scores under the names of the command line's contract.
        found: what the head said, without the pictures.
    """

    document: dict[str, Any]
    found: list[tuple[int, Detections]]


def evaluate(
    medium: Medium,
    head: Head,
    backbone: Backbone,
    mode: str,
    label: str,
    truth: Callable[[int], NDArray[np.float64] | None],
    start: int,
    end: int | None,
    box: Box | None,
    control: Control,
) -> Evaluation:
    """Run `mode` over the frames and compare with the truth.

    Args:
        label: the label of the truth; detections of others do not count.
        truth: gives the true boxes `(n, 4)` of a frame; None where nothing is known: it is searched, not judged.
        box: where mode *track* starts.

    Raises:
        InputError: the head does not know the label, or no frame has a truth.
    """
    if label not in head.labels:
        raise InputError(f"the head {head.card.name} knows no label {label!r}; it knows: {', '.join(head.labels)}")
    index = head.labels.index(label)
    if all(truth(frame) is None for frame in medium.numbers(start, end)):
        raise InputError(f"nothing is known of {label} on these frames of {medium.source}; choose others")
    search = make_search(mode, head, backbone, box)
    judged, found, seconds = [], [], 0.0
    for each in detect_frames(medium, search, start, end, control):
        mine = each.detections.label_ids == index
        own = Detections(each.detections.boxes[mine], each.detections.scores[mine], each.detections.label_ids[mine])
        found.append((each.frame, each.detections))
        true = truth(each.frame)
        if true is not None:
            judged.append(JudgedFrame(own, true))
        seconds += each.seconds
    bare = bare_backbone(backbone, mode, search)
    some = [bare(picture) for _, picture in islice(medium.frames(start, end), YARDSTICK_FRAMES)]
    document = asdict(evaluate_frames(judged, DECISION)) | {
        "fps": round(len(found) / seconds, 2),
        "backbone_ms": round(1000 * statistics.median(some), 3),
        "mode": mode,
        "head": head.card.name,
        "backbone": backbone.name,
        "label": label,
        "device": str(backbone.compute.device),
        "threshold": DECISION,
    }
    return Evaluation(document, found)
