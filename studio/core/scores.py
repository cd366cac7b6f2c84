"""How good detections are, counted per frame against truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.geometry import Boxes, intersections, iou_matrix

MATCH_IOU = 0.5
NO_BOXES: NDArray[np.float64] = np.zeros((0, 4))


@dataclass(frozen=True)
class Presence:
    """Whether the object's centre is inside a positive window, counted in frames; for the coarse modes.

    A frame is a *hit* when it holds the object and every true centre lies inside a detection's box. A frame with
    detections is a *false alarm* when no true centre lies inside any of them. A frame with the object that is no hit
    is a *miss*; one whose windows are all elsewhere is a miss and a false alarm.

    Attributes:
        precision: hits / (hits + false alarms).
        recall: hits / (hits + misses).
    """

    precision: float
    recall: float


@dataclass(frozen=True)
class Scores:
    """Scores over `frames` frames, all in 0…1. A quotient of nothing is 0: who said nothing is not praised.

    Attributes:
        precision, recall, f1: at IoU 0.5, of the detections at or above the threshold.
        mean_iou: mean over all true boxes of the IoU with the detection that claims it: the detections at or above the
            threshold, best first, each claim the free true box they overlap most, however little. With one object this
            is the IoU of the frame's best-scored detection, and 0 where there is none.
        average_precision: area under the precision-recall curve at IoU 0.5 over all detections, also those below the
            threshold, all points interpolated as in VOC 2010.
        presence: see `Presence`.
        true_positives, false_positives, misses: detections and true boxes behind `precision` and `recall`.
        away_false_positives: those of the false positives on frames without the object.
        frames: how many frames were judged.
    """

    precision: float
    recall: float
    f1: float
    mean_iou: float
    average_precision: float
    presence: Presence
    true_positives: int
    false_positives: int
    misses: int
    away_false_positives: int
    frames: int


class JudgedFrame(NamedTuple):
    """The detections of one label on one frame, its true boxes `(N, 4)` (N = 0: absent) and boxes `(M, 4)` to ignore:
    an unmatched detection with more than half of its area inside one of these counts neither way.
    """

    detections: Detections
    truth: Boxes
    ignore: Boxes = NO_BOXES


def evaluate_frames(frames: Iterable[JudgedFrame], threshold: float) -> Scores:
    """Judge the detections of one label.

    Detections are matched per frame, best first, each to the free true box it overlaps most, if by an IoU of 0.5.
    Frames are read one at a time, so a generator over a long video needs no memory for its boxes.

    Args:
        frames: in any order.
        threshold: the least score of a detection that is said aloud.
    """
    tally = _Tally()
    for frame in frames:
        tally.add(frame, threshold)
    return tally.scores(threshold)


def true_boxes(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """One row of a truth file as the true boxes of its frame: `(1, 4)`, or `(0, 4)` for a row of nan."""
    return NO_BOXES if np.isnan(row).any() else row.reshape(1, 4)


def average_precision(scores: NDArray[np.floating], hits: NDArray[np.bool_], positives: int) -> float:
    """Area under the precision-recall curve, each precision raised to the best at the same or a higher recall.

    Equal scores enter together, so their order cannot flatter.

    Args:
        scores: `(N,)` scores of detections, in any order.
        hits: `(N,)` which of them are true positives.
        positives: how many true boxes there are; 0 gives 0.

    Source: Everingham et al., The PASCAL Visual Object Classes Challenge 2010, all-point interpolation.
    """
    if positives == 0 or len(scores) == 0:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    last_of_equals = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    found = np.cumsum(hits[order])[last_of_equals]
    precision = np.maximum.accumulate((found / (last_of_equals + 1))[::-1])[::-1]
    steps = np.diff(found, prepend=0) / positives
    return float((precision * steps).sum())


class _Tally:
    """Sums over frames."""

    def __init__(self) -> None:
        self.frames = self.positives = self.away_false_positives = 0
        self.iou_sum = 0.0
        self.presence_hits = self.presence_misses = self.presence_false_alarms = 0
        self.all_scores: list[NDArray[np.float32]] = []
        self.all_hits: list[NDArray[np.bool_]] = []

    def add(self, frame: JudgedFrame, threshold: float) -> None:
        detections, truth = frame.detections, np.asarray(frame.truth, np.float64).reshape(-1, 4)
        order = np.argsort(-detections.scores, kind="stable")
        boxes, scores = detections.boxes[order], detections.scores[order]
        overlaps = iou_matrix(boxes, truth)
        hits = _claims(overlaps, MATCH_IOU) >= 0
        counts = hits | ~_inside(boxes, frame.ignore)
        boxes, scores, hits, overlaps = boxes[counts], scores[counts], hits[counts], overlaps[counts]
        said = scores >= threshold

        self.frames += 1
        self.positives += len(truth)
        self.all_scores.append(scores)
        self.all_hits.append(hits)
        claims = _claims(overlaps[said], 0.0)
        self.iou_sum += float(overlaps[said][claims >= 0, claims[claims >= 0]].sum())
        if not len(truth):
            self.away_false_positives += int(said.sum())
        self._add_presence(boxes[said], truth)

    def _add_presence(self, boxes: Boxes, truth: NDArray[np.float64]) -> None:
        centres = truth[:, :2] + truth[:, 2:] / 2
        low, high = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:]
        covered = ((centres >= low) & (centres <= high)).all(axis=2).any(axis=0)
        hit = bool(len(truth)) and bool(covered.all())
        self.presence_hits += hit
        self.presence_misses += bool(len(truth)) and not hit
        self.presence_false_alarms += bool(len(boxes)) and not covered.any()

    def scores(self, threshold: float) -> Scores:
        scores = np.concatenate([np.zeros(0, np.float32), *self.all_scores])
        hits = np.concatenate([np.zeros(0, np.bool_), *self.all_hits])
        said = scores >= threshold
        true_positives, false_positives = int((hits & said).sum()), int((~hits & said).sum())
        misses = self.positives - true_positives
        return Scores(
            precision=_ratio(true_positives, true_positives + false_positives),
            recall=_ratio(true_positives, self.positives),
            f1=_ratio(2 * true_positives, 2 * true_positives + false_positives + misses),
            mean_iou=_ratio(self.iou_sum, self.positives),
            average_precision=average_precision(scores, hits, self.positives),
            presence=Presence(
                precision=_ratio(self.presence_hits, self.presence_hits + self.presence_false_alarms),
                recall=_ratio(self.presence_hits, self.presence_hits + self.presence_misses),
            ),
            true_positives=true_positives,
            false_positives=false_positives,
            misses=misses,
            away_false_positives=self.away_false_positives,
            frames=self.frames,
        )


def _claims(overlaps: NDArray[np.float64], least: float) -> NDArray[np.intp]:
    """For each detection, best first, the free true box it overlaps most and at least by `least`; -1 for none."""
    claims = np.full(len(overlaps), -1, np.intp)
    free = overlaps.copy()
    for index in range(len(overlaps)):
        if not free.shape[1]:
            break
        best = int(free[index].argmax())
        if free[index, best] >= least:
            claims[index] = best
            free[:, best] = -1.0
    return claims


def _inside(boxes: Boxes, ignore: Boxes) -> NDArray[np.bool_]:
    """Which boxes have more than half of their area inside one of `ignore`."""
    area = np.asarray(boxes, np.float64)[:, 2] * np.asarray(boxes, np.float64)[:, 3]
    shared = intersections(boxes, ignore)
    return np.asarray((shared > area[:, None] / 2).any(axis=1))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
