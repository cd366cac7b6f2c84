"""What the colours of the map say: of each crop its class, and of each class its name and colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crops import SPLITS, Crops
from studio.views.theme import SPLIT_COLORS, current

MOST_LABELS, MOST_MEDIA = 100, 10  # that have a colour of their own: those with the most crops
_MEDIA = ("#4c9aff", "#f0883e", "#3fb950", "#d0559a", "#a98bff", "#d9a520", "#2aa5b8", "#f85149", "#93a63c", "#b98867")
_DOUBTS = ("#3d77c2", "#35a0a6", "#79ac4c", "#dd9a25", "#e8572f")  # from sure to undecided, a fifth each
_SPLITS = {"": "no split", "train": "training", "val": "validation", "test": "test"}


class ColorClass(NamedTuple):
    """A line of the legend: what it is called, "#rrggbb", and how many crops are of it."""

    name: str
    color: str
    crops: int


class Coloring(NamedTuple):
    """The colour of each crop.

    Attributes:
        classes: uint8 `(n,)`, indices of `legend`.
        legend: the classes.
    """

    classes: NDArray[np.uint8]
    legend: tuple[ColorClass, ...]

    def name(self, row: int) -> str:
        """Of the class of a crop."""
        return self.legend[int(self.classes[row])].name


def coloring(crops: Crops, rows: NDArray[np.intp], by: str) -> Coloring:
    """Of some rows of `crops`, by "label", "split", "doubt" or "medium"."""
    return _WAYS[by](crops, rows)


def _by_label(crops: Crops, rows: NDArray[np.intp]) -> Coloring:
    def line(label: int) -> tuple[str, str]:
        row = crops.labels.get(label)
        return (row.name, row.color) if row else ("no label", current().dim)

    return _most_first(crops.table.labels[rows], MOST_LABELS, lambda place, label: line(label), "labels")


def _by_medium(crops: Crops, rows: NDArray[np.intp]) -> Coloring:
    def name(medium: int) -> str:
        row = crops.media.get(medium)
        return row.path.rsplit("/", 1)[-1] if row else "?"

    media = crops.table.media[rows]
    return _most_first(media, MOST_MEDIA, lambda place, medium: (name(medium), _MEDIA[place]), "media")


def _by_split(crops: Crops, rows: NDArray[np.intp]) -> Coloring:
    counts = np.bincount(crops.splits[rows], minlength=len(SPLITS)).tolist()
    lines = (
        ColorClass(_SPLITS[split], SPLIT_COLORS.get(split, current().dim), count)
        for split, count in zip(SPLITS, counts, strict=True)
    )
    return _used(crops.splits[rows], tuple(lines))


def _by_doubt(crops: Crops, rows: NDArray[np.intp]) -> Coloring:
    doubt, steps = crops.measure("doubt")[rows], len(_DOUBTS)
    known = np.isfinite(doubt)
    classes = np.full(len(rows), steps, np.uint8)
    classes[known] = np.clip(doubt[known] * steps, 0, steps - 1).astype(np.uint8)
    counts = np.bincount(classes, minlength=steps + 1).tolist()
    names = [f"{step / steps:.1f}–{(step + 1) / steps:.1f}" for step in range(steps)]
    names[0], names[-1] = f"sure {names[0]}", f"{names[-1]} undecided"
    lines = map(ColorClass, (*names, "not measured"), (*_DOUBTS, current().dim), counts)
    return _used(classes, tuple(lines))


def _most_first(
    numbers: NDArray[np.int64], most: int, line: Callable[[int, int], tuple[str, str]], plural: str
) -> Coloring:
    """The `most` frequent numbers get a class each, the others one together; `line` gives their name and colour."""
    found, at, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ranks = np.empty(len(found), np.int64)
    ranks[order] = np.arange(len(found))
    first, rest = order[:most].tolist(), order[most:]
    lines = [ColorClass(*line(place, int(found[each])), int(counts[each])) for place, each in enumerate(first)]
    if len(rest):
        lines.append(ColorClass(f"{len(rest):,} other {plural}", current().dim, int(counts[rest].sum())))
    return Coloring(np.minimum(ranks[at], most).astype(np.uint8), tuple(lines))


def _used(classes: NDArray[np.uint8], lines: tuple[ColorClass, ...]) -> Coloring:
    """Without the classes that have no crops."""
    kept = [place for place, line in enumerate(lines) if line.crops]
    renamed = np.zeros(len(lines), np.uint8)
    renamed[kept] = np.arange(len(kept))
    return Coloring(renamed[classes], tuple(lines[place] for place in kept))


_WAYS: dict[str, Callable[[Crops, NDArray[np.intp]], Coloring]] = {
    "label": _by_label,
    "split": _by_split,
    "doubt": _by_doubt,
    "medium": _by_medium,
}
