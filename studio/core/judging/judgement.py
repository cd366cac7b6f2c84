"""What is known of a head from the crops that it was judged by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.judging.calibration import Calibration, calibration_of
from studio.core.judging.curve import Curve, curve_of
from studio.core.judging.intervals import FEWEST_GROUPS, Interval, interval_of
from studio.core.judging.tally import Tally, drawn_tally, tally
from studio.core.project.edits import counted
from studio.core.scores import average_precision

LIMITS = (0.0, 1.0)  # of accuracy and F1
MOST_NAMED = 12  # labels in a sentence


@dataclass(frozen=True)
class LabelScores:
    """One label against all others. A label without a crop has no scores but what was said of it.

    Attributes:
        label: its name.
        count, tracks: its crops, and of how many tracks they are.
        said: how many crops were taken for it.
        right: how many of those are of it.
        precision, recall, f1: of what was taken for it; 0 where they are quotients of nothing.
        average_precision: area under the precision–recall curve, all points, see `studio.core.scores`.
        interval: of `f1`, by tracks; None where they are too few.
    """

    label: str
    count: int
    tracks: int
    said: int
    right: int
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    average_precision: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, eq=False)
class Judgement:
    """How good a head is on `n` crops.

    Attributes:
        labels: outputs in their order.
        probabilities: float32 `(n, outputs)`, of one softmax or of one label each.
        targets, predicted: int64 `(n,)`, indices of `labels`.
        groups: int64 `(n,)`: crops of one number are of one track.
        accuracy: share of the crops whose likeliest label is the true one.
        f1: mean over the labels that occur.
        interval, f1_interval: of those two; None where there are too few tracks.
        scores: beside `labels`.
        confusion: int64 `(outputs, outputs)`: how many crops of a label (row) were taken for one (column).
        calibration: of the likeliest labels.
        worst: intp `(m,)`: rows that are wrong, the surest first.
        notes: sentences for the user.
    """

    labels: tuple[str, ...]
    probabilities: NDArray[np.float32]
    targets: NDArray[np.int64]
    predicted: NDArray[np.int64]
    groups: NDArray[np.int64]
    accuracy: float
    f1: float
    interval: Interval | None
    f1_interval: Interval | None
    scores: tuple[LabelScores, ...]
    confusion: NDArray[np.int64]
    calibration: Calibration
    worst: NDArray[np.intp]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def tracks(self) -> int:
        return len(np.unique(self.groups))

    def curve(self, label: int) -> Curve:
        """The precision–recall curve of the label of that index."""
        return curve_of(self.probabilities[:, label], self.targets == label)

    def confused(self) -> list[tuple[int, int, int]]:
        """True label, the one it was taken for, and of how many crops; most first."""
        mixed = self.confusion * ~np.eye(len(self.labels), dtype=np.bool_)
        pairs = [(int(row), int(column), int(mixed[row, column])) for row, column in np.argwhere(mixed)]
        return sorted(pairs, key=lambda pair: -pair[2])

    def headline(self) -> str:
        """As "0.91 (0.86–0.95), 40 crops of 9 tracks"."""
        return f"{self.accuracy:.2f} ({self.interval or 'too few tracks for an interval'}), {self.judged_by()}"

    def judged_by(self) -> str:
        """As "40 crops of 9 tracks"; without the tracks where each crop is one of its own."""
        crops, tracks = counted(len(self), "crop"), self.tracks
        return crops if tracks == len(self) else f"{crops} of {counted(tracks, 'track')}"

    def document(self) -> dict[str, Any]:
        """For JSON; numbers that are not known are null, pairs of the confusion matrix that do not occur are left out.

        Returns:
            `accuracy`, `interval`, `f1`, `f1_interval`, `n`, `tracks`, `labels` by name, `confusion` by true label and
            then by what it was taken for, `calibration` with `error` and `bins`, and `notes`.
        """
        names = self.labels
        confused = {
            names[row]: {names[column]: int(self.confusion[row, column]) for column in np.flatnonzero(counts)}
            for row, counts in enumerate(self.confusion)
            if counts.any()
        }
        return {
            "accuracy": self.accuracy,
            "interval": _pair(self.interval),
            "f1": self.f1,
            "f1_interval": _pair(self.f1_interval),
            "n": len(self),
            "tracks": self.tracks,
            "labels": {each.label: _label_document(each) for each in self.scores},
            "confusion": confused,
            "calibration": {
                "error": self.calibration.error,
                "bins": [each._asdict() for each in self.calibration.bins],
            },
            "notes": list(self.notes),
        }


def judge(
    probabilities: NDArray[np.float32],
    targets: NDArray[np.integer],
    groups: NDArray[np.integer],
    labels: Sequence[str],
    seed: int = 0,
) -> Judgement:
    """Judge what a head said of crops that it did not learn from.

    Args:
        probabilities: `(n, outputs)` in 0…1, n at least 1; the likeliest output is what the head says.
        targets: `(n,)` index of the true output.
        groups: `(n,)`: crops of one number are alike (a track, a block of a clip, else the picture); intervals draw
            these, not single crops.
        labels: names of the outputs, each once.
        seed: of the drawing.

    Raises:
        ValueError: the arrays do not fit each other, there is nothing to judge by, or a probability is none.
    """
    true, tracked = targets.astype(np.int64), groups.astype(np.int64)
    _check(probabilities, true, tracked, len(labels))
    predicted = probabilities.argmax(axis=1)
    whole = tally(true, predicted, len(labels))
    drawn = drawn_tally(true, predicted, tracked, len(labels), seed)
    accuracy, f1, tracks = float(whole.accuracy), float(whole.macro_f1), len(np.unique(tracked))
    scores = tuple(
        _label_scores(index, name, probabilities, true, tracked, whole, drawn) for index, name in enumerate(labels)
    )
    wrong = np.flatnonzero(predicted != true)
    sure = probabilities.max(axis=1)
    return Judgement(
        labels=tuple(labels),
        probabilities=probabilities,
        targets=true,
        predicted=predicted,
        groups=tracked,
        accuracy=accuracy,
        f1=f1,
        interval=interval_of(drawn.accuracy, tracks, accuracy, LIMITS),
        f1_interval=interval_of(drawn.macro_f1, tracks, f1, LIMITS),
        scores=scores,
        confusion=_confusion(true, predicted, len(labels)),
        calibration=calibration_of(sure, predicted == true),
        worst=wrong[np.argsort(-sure[wrong], kind="stable")],
        notes=tuple(_notes(scores, tracks)),
    )


def _check(
    probabilities: NDArray[np.float32], targets: NDArray[np.int64], groups: NDArray[np.int64], outputs: int
) -> None:
    count = len(targets)
    if not count or probabilities.shape != (count, outputs) or groups.shape != (count,):
        raise ValueError(f"{probabilities.shape} probabilities of {outputs} labels do not fit {count} targets")
    if targets.min() < 0 or targets.max() >= outputs:
        raise ValueError("a target is none of the labels")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("a probability is not in 0…1")


def _label_scores(
    index: int,
    name: str,
    probabilities: NDArray[np.float32],
    targets: NDArray[np.int64],
    groups: NDArray[np.int64],
    whole: Tally,
    drawn: Tally,
) -> LabelScores:
    own = targets == index
    count, said, right = (int(part[index]) for part in (whole.count, whole.said, whole.right))
    if not count:
        return LabelScores(name, 0, 0, said, 0)
    tracks, f1 = len(np.unique(groups[own])), float(whole.f1[index])
    occurs = drawn.count[:, index] > 0
    return LabelScores(
        label=name,
        count=count,
        tracks=tracks,
        said=said,
        right=right,
        precision=right / said if said else 0.0,
        recall=right / count,
        f1=f1,
        average_precision=average_precision(probabilities[:, index], own, count),
        interval=interval_of(drawn.f1[occurs, index], tracks, f1, LIMITS),
    )


def _confusion(targets: NDArray[np.int64], predicted: NDArray[np.int64], outputs: int) -> NDArray[np.int64]:
    pairs = np.bincount(targets * outputs + predicted, minlength=outputs**2)
    return pairs.reshape(outputs, outputs).astype(np.int64)


def _notes(scores: Sequence[LabelScores], tracks: int) -> Iterator[str]:
    if tracks < FEWEST_GROUPS:
        yield f"Too few tracks for an interval: {tracks}, of {FEWEST_GROUPS} at least."
    missing = [each.label for each in scores if not each.count]
    if missing:
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        yield f"No crop to judge by, so no score: {', '.join(missing[:MOST_NAMED])}{more}."


def _label_document(scores: LabelScores) -> dict[str, Any]:
    fields = asdict(scores)
    return {
        "n": fields.pop("count"),
        **{name: value for name, value in fields.items() if name not in ("label", "interval")},
        "f1_interval": _pair(scores.interval),
    }


def _pair(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
