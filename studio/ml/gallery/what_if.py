"""What a change of crops would do to what is learned from them, before it is made.

For each label that the change concerns a linear machine is trained twice on the same folds, with the crops as they are
and as they would be, and judges the crops held out. Judged are only crops that the change leaves alone: a relabelling
that agrees with the machine would raise any score that counts what was relabelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.gallery.crops import Crops
from studio.core.project import BACKGROUND, Project
from studio.core.project.row_checks import STATES
from studio.core.scores import average_precision
from studio.ml.gallery.held_out import HeldOut, hold_out
from studio.ml.gallery.material import rates_of, read_material
from studio.ml.gallery.reading import portion
from studio.ml.networks import Networks
from studio.ml.svm import linear_gram, train_machine

EMBEDDED = 0.4  # of the work, where nothing is embedded yet
MOST = 2000  # crops of a label's trial: a machine is trained ten times, and a person waits
MOST_LABELS = 4  # that are tried; those of which most crops change come first
FEW = 4  # crops of a label that must be left to judge by
LEAST = 0.005  # of a difference that is worth a word
DRAWS = 400  # of the bootstrap
INTERVAL = 0.9  # share of the draws inside
STRETCH = 4  # gaps in a stretch of frames that is drawn as one: neighbours are no evidence of their own

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """What would be done.

    Attributes:
        regions: ids of those that change.
        label: id of the label that they would get; None: they would be removed.
    """

    regions: frozenset[int]
    label: int | None


@dataclass(frozen=True)
class Effect:
    """What a change would do to one label.

    Attributes:
        label: its id.
        before, after: average precision in 0…1 of crops held out, learned from them as they are and as they would be.
        low, high: between them lies the difference, in 90 of 100 cases.
        objects: how many crops of the label it was judged by.
        crops: by how many crops in all.
    """

    label: int
    before: float
    after: float
    low: float
    high: float
    objects: int
    crops: int

    @property
    def certain(self) -> bool:
        """Whether the difference is more than chance makes, and can be seen in two digits."""
        return self.low >= LEAST or self.high <= -LEAST

    def sentence(self, name: str) -> str:
        """ "average precision of cup 0.91 → 0.94 (+0.01 to +0.05)"."""
        scores = f"average precision of {name} {self.before:.2f} → {self.after:.2f}"
        between = f"{_signed(self.low)} to {_signed(self.high)}"
        return f"{scores} ({between})" if self.certain else f"{scores} ({between}: no more than chance makes)"


@dataclass(frozen=True)
class WhatIf:
    """What a change would do.

    Attributes:
        effects: of the labels that could be judged.
        untold: ids of the labels that the change concerns, and of which too few other crops are left to judge by.
    """

    effects: tuple[Effect, ...]
    untold: tuple[int, ...]


def what_if(crops: Crops, vectors: NDArray[np.floating], held: HeldOut, change: Change, control: Control) -> WhatIf:
    """Try the change.

    Args:
        crops: those that can be learned from: of objects, of background, and rejected ones.
        vectors: `(n, d)` embeddings of unit length, beside them; without NaN.
        held: which of them are judged by which others.
        change: of some of them.
        control: progress and cancelling.
    """
    trial = _Trial(crops, vectors, held, change)
    effects, untold = [], []
    labels = trial.labels()
    for number, label in enumerate(labels):
        control.progress(number / len(labels), "trying it")
        effect = trial.effect(label, control)
        if effect is None:
            untold.append(label)
        else:
            effects.append(effect)
    return WhatIf(tuple(effects), tuple(untold))


def try_change(folder: Path, change: Change, networks: Networks, control: Control) -> WhatIf:
    """Try a change of the crops of the project in `folder`; embeddings that were never made are computed.

    Raises:
        InputError: none of the crops can be read.
    """
    return networks.on_device(lambda: _tried(folder, change, networks, control))


def _tried(folder: Path, change: Change, networks: Networks, control: Control) -> WhatIf:
    with Project.open(folder) as project:
        material = read_material(project, networks, portion(control, 0.0, EMBEDDED))
        rows = material.rows("visible", "rejected")
        if not len(rows):
            raise InputError("nothing can be tried: none of the crops can be read")
        all_crops, rates = material.crops, rates_of(material)
    crops = replace(all_crops, table=all_crops.table.taken(rows), splits=all_crops.splits[rows])
    held = hold_out(crops.table, crops.media, rates)
    values = material.vectors.values
    values = values if len(rows) == len(values) else values[rows]  # they may lie in a file of 100 MB
    return what_if(crops, values, held, change, portion(control, EMBEDDED, 1 - EMBEDDED))


class _Trial:
    """The crops as they are and as they would be."""

    def __init__(self, crops: Crops, vectors: NDArray[np.floating], held: HeldOut, change: Change) -> None:
        table = crops.table
        self._vectors, self._held, self._change = vectors, held, change
        self._labels = table.labels
        self._rejected = table.states == STATES.index("rejected")
        self._touched = np.isin(table.ids, np.fromiter(change.regions, np.int64))
        self._background = next((row.id for row in crops.labels.values() if row.name == BACKGROUND), 0)
        self._usable = ~table.near_duplicates | self._touched
        self._order = np.lexsort((table.frames, table.media))
        stretch = np.maximum(STRETCH * held.gaps, 1)
        self._stretches = np.unique(np.stack([held.origins, table.frames // stretch]), axis=1, return_inverse=True)[1]

    def labels(self) -> list[int]:
        """Those that would be learned from other crops than now."""
        touched = self._labels[self._touched]
        known, counts = np.unique(touched, return_counts=True)
        concerned = [int(label) for label in known[np.argsort(-counts, kind="stable")]]
        if self._change.label is not None:
            concerned.append(self._change.label)
        elif self._background in concerned:  # a negative of every label
            known, counts = np.unique(self._labels, return_counts=True)
            concerned += [int(label) for label in known[np.argsort(-counts, kind="stable")]]
        return [label for label in dict.fromkeys(concerned) if label != self._background][:MOST_LABELS]

    def effect(self, label: int, control: Control) -> Effect | None:
        rows = self._chosen(label)
        now = (self._labels[rows] == label) & ~self._rejected[rows]
        touched = self._touched[rows]
        later, there = now.copy(), np.ones(len(rows), bool)
        if self._change.label is None:
            there = ~touched
        else:
            later[touched] = self._change.label == label
        judged = ~touched & (self._held.folds[rows] >= 0)
        if min(int((judged & now).sum()), int((judged & ~now).sum())) < FEW:
            return None
        gram = linear_gram(torch.from_numpy(np.ascontiguousarray(self._vectors[rows], np.float32))).numpy()
        margins = [np.full(len(rows), np.nan) for _ in range(2)]
        for train, test in self._folds(rows):
            for own, positive, learned in ((margins[0], now, train), (margins[1], later, train & there)):
                control.checkpoint()
                chosen = np.flatnonzero(learned)
                if 0 < positive[chosen].sum() < len(chosen):
                    own[test] = train_machine(gram, positive, chosen).margins(gram[test])
        told = judged & np.isfinite(margins[0]) & np.isfinite(margins[1])
        if min(int((told & now).sum()), int((told & ~now).sum())) < FEW:
            return None
        return _judged(label, margins[0][told], margins[1][told], now[told], self._stretches[rows[told]])

    def _chosen(self, label: int) -> NDArray[np.intp]:
        """The rows that say something about a label: all that change, and of the others as many as can be held."""
        says = self._usable & (~self._rejected | (self._labels == label))
        touched, others = (
            np.flatnonzero(says & self._touched),
            self._order[says[self._order] & ~self._touched[self._order]],
        )
        own = self._labels[others] == label
        room = max(MOST - min(len(touched), MOST // 2), 1)
        share = max(room // 2, room - int((~own).sum()))
        picked = [_evenly(others[own], share), _evenly(others[~own], room - min(share, int(own.sum())))]
        return np.sort(np.concatenate([_evenly(touched, MOST // 2), *picked]))

    def _folds(self, rows: NDArray[np.intp]) -> Iterator[tuple[Mask, Mask]]:
        for train, test in self._held.masks():
            yield train[rows], test[rows]


def _evenly(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]


def _judged(label: int, before: Values, after: Values, positive: Mask, stretches: NDArray[np.integer]) -> Effect:
    """The two average precisions, and between what their difference lies when stretches of frames are drawn anew.

    Source: the paired bootstrap over blocks (Efron and Tibshirani, 1993; Künsch, 1989).
    """

    def precision(margins: Values, rows: NDArray[np.intp]) -> float:
        return average_precision(margins[rows], positive[rows], int(positive[rows].sum()))

    every = np.arange(len(positive))
    names, group = np.unique(stretches, return_inverse=True)
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    random = np.random.default_rng(0)
    differences = []
    for _ in range(DRAWS):
        rows = np.concatenate([members[at] for at in random.integers(0, len(names), len(names))])
        if positive[rows].any():
            differences.append(precision(after, rows) - precision(before, rows))
    tail = (1 - INTERVAL) / 2
    low, high = (float(np.quantile(differences, share)) for share in (tail, 1 - tail))
    objects = int(positive.sum())
    return Effect(label, precision(before, every), precision(after, every), low, high, objects, len(positive))


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
