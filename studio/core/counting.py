"""Detections of consecutive frames joined into counted tracks.

Each track predicts its box by constant velocity; pairs of track and detection are taken greedily by how well they agree
(DIoU: intersection over union less the centres' squared distance in diagonals of the enclosing box; Zheng et al.,
2020), as in SORT (Bewley et al., 2016) with a greedy assignment in place of the Hungarian one. The same detections
give the same tracks.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.geometry import iou_matrix

AGREE = -0.2  # DIoU from which a detection may go on a track: about one box width from where it was predicted
STEADY = 0.5  # of the velocity that a new step leaves in place
GAP_SECONDS = 0.5  # an object may be missed for so long and still be the same
LEAST = 3  # detections that make a track; fewer are taken for flicker

Boxes = NDArray[np.float32]
_Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class CountedTrack:
    """One object through one medium.

    Attributes:
        number: from 1 in order of first appearance; numbers of tracks too short to be counted are missing.
        label: position in the head's list of labels.
        frames: int64 `(K,)`, rising; frames on which it was missed are not among them.
        times: float64 `(K,)`, seconds.
        boxes: float32 `(K, 4)`, pixels.
        scores: float32 `(K,)`.
    """

    number: int
    label: int
    frames: NDArray[np.int64]
    times: NDArray[np.float64]
    boxes: Boxes
    scores: NDArray[np.float32]


def bridged(rate: float) -> int:
    """How many frames an object may be missed for in a medium of `rate` frames a second."""
    return max(1, round(rate * GAP_SECONDS))


class Counter:
    """Takes the detections of frame after frame, and gives each the number of its track.

    Args:
        gap: frames on which an object may be missed and still be the same.
        least: detections that make a track.
    """

    def __init__(self, gap: int, least: int = LEAST) -> None:
        self._gap, self._least = gap, least
        self._open: list[_Open] = []
        self._done: list[_Open] = []
        self._count = 0
        self._last = -1

    def add(self, frame: int, time: float, detections: Detections) -> NDArray[np.int64]:
        """The number of the track of every detection, `(N,)`; a track too short to be counted has a number too.

        Raises:
            ValueError: frames do not rise.
        """
        if frame <= self._last:
            raise ValueError(f"frame {frame} comes after frame {self._last}")
        self._last = frame
        self._close(frame)
        numbers = np.zeros(len(detections), np.int64)
        for track, found in self._pairs(frame, detections):
            self._open[track].go_on(frame, time, detections.boxes[found], float(detections.scores[found]))
            numbers[found] = self._open[track].number
        for found in np.flatnonzero(numbers == 0).tolist():
            self._count += 1
            numbers[found] = self._count
            begun = _Open(self._count, int(detections.label_ids[found]))
            begun.go_on(frame, time, detections.boxes[found], float(detections.scores[found]))
            self._open.append(begun)
        return numbers

    def finish(self) -> list[CountedTrack]:
        """The tracks, in order of first appearance; those of fewer than `least` detections are left out."""
        found = [track for track in (*self._done, *self._open) if len(track.frames) >= self._least]
        return [track.counted() for track in sorted(found, key=lambda track: track.number)]

    def _close(self, frame: int) -> None:
        ended = [track for track in self._open if frame - track.frames[-1] > self._gap + 1]
        self._done += [track for track in ended if len(track.frames) >= self._least]
        self._open = [track for track in self._open if frame - track.frames[-1] <= self._gap + 1]

    def _pairs(self, frame: int, detections: Detections) -> _Pairs:
        """Positions of open tracks and of the detections that go on them, the best agreement first."""
        if not self._open or not len(detections):
            return []
        predicted = np.array([track.predict(frame) for track in self._open])
        agreement = distance_iou(predicted, detections.boxes)
        labels = np.array([track.label for track in self._open])
        agreement[labels[:, None] != detections.label_ids[None]] = -np.inf
        pairs: _Pairs = []
        for place in np.argsort(-agreement, axis=None, kind="stable"):  # of equals the older track, then the better
            track, found = divmod(int(place), len(detections))
            if agreement[track, found] < AGREE:
                break
            pairs.append((track, found))
        return _each_once(pairs)


class _Open:
    """A track that may go on; compact, as a clip of hours has many."""

    def __init__(self, number: int, label: int) -> None:
        self.number, self.label = number, label
        self.frames, self.times = array("q"), array("d")
        self._boxes, self._scores = array("f"), array("f")
        self._velocity = np.zeros(2)  # pixels of the centre a frame

    def go_on(self, frame: int, time: float, box: NDArray[np.float32], score: float) -> None:
        if self.frames:
            x, y, width, height = self._boxes[-4:]
            step = (box[:2] + box[2:] / 2 - (x + width / 2, y + height / 2)) / (frame - self.frames[-1])
            steady = STEADY if len(self.frames) > 1 else 0.0
            self._velocity = steady * self._velocity + (1 - steady) * step
        self.frames.append(frame)
        self.times.append(time)
        self._boxes.extend(box.tolist())
        self._scores.append(score)

    def predict(self, frame: int) -> NDArray[np.float64]:
        box = np.array(self._boxes[-4:])
        box[:2] += self._velocity * (frame - self.frames[-1])
        return box

    def counted(self) -> CountedTrack:
        return CountedTrack(
            self.number,
            self.label,
            np.array(self.frames, np.int64),
            np.array(self.times, np.float64),
            np.array(self._boxes, np.float32).reshape(-1, 4),
            np.array(self._scores, np.float32),
        )


def distance_iou(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """DIoU of every box of `first` `(N, 4)` with every one of `second` `(M, 4)`: `(N, M)` in −1…1, 1 where equal."""
    a, b = np.asarray(first, np.float64)[:, None], np.asarray(second, np.float64)[None]
    apart = ((a[..., :2] + a[..., 2:] / 2 - b[..., :2] - b[..., 2:] / 2) ** 2).sum(-1)
    low = np.minimum(a[..., :2], b[..., :2])
    high = np.maximum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    diagonal = ((high - low) ** 2).sum(-1)
    away = np.divide(apart, diagonal, out=np.zeros_like(apart), where=diagonal > 0)
    return np.asarray(iou_matrix(first, second) - away)


def _each_once(pairs: _Pairs) -> _Pairs:
    tracks: set[int] = set()
    found: set[int] = set()
    kept: _Pairs = []
    for track, detection in pairs:
        if track not in tracks and detection not in found:
            tracks.add(track)
            found.add(detection)
            kept.append((track, detection))
    return kept
