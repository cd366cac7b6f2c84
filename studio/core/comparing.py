"""Two heads on the same frames: where they agree, and which of them is right where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.detections_file import FrameDetections
from studio.core.geometry import iou_matrix
from studio.core.project_truth import Truth
from studio.core.scores import MATCH_IOU, JudgedFrame, Scores, evaluate_frames

NEITHER, AGREE, FIRST, SECOND, DIFFER = range(5)  # of a frame: what the two heads found there
NAMES = ("neither", "agree", "only_first", "only_second", "differ")


@dataclass(frozen=True, eq=False)
class RunOfHead:
    """What one head found.

    Attributes:
        name: of the head.
        labels: of the head; detections refer to them by position.
        frames: one after another.
    """

    name: str
    labels: tuple[str, ...]
    frames: Sequence[FrameDetections]


@dataclass(frozen=True, eq=False)
class HeadsCompared:
    """Two heads on the same frames.

    Attributes:
        first, second: what each found, on the same frames.
        states: uint8 `(n,)`: `NEITHER`, `AGREE`, `FIRST` (only the first found something), `SECOND` or `DIFFER`.
        scores: by label those of the two, for labels of which some truth is known; None for a head without the label.
    """

    first: RunOfHead
    second: RunOfHead
    states: NDArray[np.uint8]
    scores: Mapping[str, tuple[Scores | None, Scores | None]]

    @property
    def start(self) -> int:
        """Number of the first frame."""
        return self.first.frames[0].frame if self.first.frames else 0

    def count(self, state: int) -> int:
        """On how many frames it is so."""
        return int((self.states == state).sum())

    @property
    def disagreements(self) -> NDArray[np.int64]:
        """Numbers of the frames on which they found different things, ascending."""
        return np.flatnonzero(self.states >= FIRST) + self.start


def compare(first: RunOfHead, second: RunOfHead, truths: Mapping[str, Truth]) -> HeadsCompared:
    """Compare what two heads found, as far as both were run.

    They agree on a frame where every detection of one has a partner of the same label in the other, with an IoU of
    at least 0.5, and each is the partner of one alone.

    Args:
        first, second: run over frames from the same one on.
        truths: by label.
    """
    count = min(len(first.frames), len(second.frames))
    first = RunOfHead(first.name, first.labels, first.frames[:count])
    second = RunOfHead(second.name, second.labels, second.frames[:count])
    pairs = zip(first.frames, second.frames, strict=True)
    states = [_state(one.detections, first.labels, two.detections, second.labels) for one, two in pairs]
    scores = {}
    for label, truth in truths.items():
        both = _scores(first, label, truth), _scores(second, label, truth)
        if any(each is not None and each.frames for each in both):
            scores[label] = both
    return HeadsCompared(first, second, np.array(states, np.uint8), scores)


def _state(one: Detections, labels: Sequence[str], two: Detections, others: Sequence[str]) -> int:
    if not len(one) and not len(two):
        return NEITHER
    if not len(two):
        return FIRST
    if not len(one):
        return SECOND
    return AGREE if len(one) == len(two) == _partners(one, labels, two, others) else DIFFER


def _partners(one: Detections, labels: Sequence[str], two: Detections, others: Sequence[str]) -> int:
    """How many pairs there are, the best overlaps first."""
    overlaps = iou_matrix(one.boxes, two.boxes)
    names = np.array([labels[label] for label in one.label_ids], object)
    other_names = np.array([others[label] for label in two.label_ids], object)
    overlaps = np.where(names[:, None] == other_names[None], overlaps, -1.0)
    count = 0
    while overlaps.size and overlaps.max() >= MATCH_IOU:
        row, column = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
        overlaps[row], overlaps[:, column] = -1.0, -1.0
        count += 1
    return count


def _scores(run: RunOfHead, label: str, truth: Truth) -> Scores | None:
    """Of the detections that were kept: each counts as said aloud."""
    if label not in run.labels:
        return None
    at = run.labels.index(label)
    judged = []
    for frame in run.frames:
        boxes = truth(frame.frame)
        if boxes is not None:
            own = frame.detections.label_ids == at
            found = frame.detections
            judged.append(JudgedFrame(Detections(found.boxes[own], found.scores[own], found.label_ids[own]), boxes))
    return evaluate_frames(judged, 0.0)
