"""Crops whose label is probably wrong: others were learned from, and say something else.

A linear classifier on embeddings is trained on all crops but those of a fold and judges these (Northcutt, Jiang and
Chuang, "Confident learning", 2021); beside it stands a vote of the nearest crops among those learned from. The
probabilities of both are multiplied, and the suspicion is what the best other label has of the sum of it and the own.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from studio.core.control import Control
from studio.ml.gallery.held_out import FOLDS, HeldOut
from studio.ml.gallery.neighbours import best_of_rows
from studio.ml.gallery.vectors import unit

PENALTY = 1.0  # C of the logistic regression, times d, on features of variance 1
ITERATIONS = 200
MOST_TRAINED = 20_000  # crops that a classifier learns from
NEIGHBOURS = 10
VOTE = 0.5  # the power of the neighbours' probabilities beside the classifier's
ROWS = 1024  # whose neighbours are looked for at once
FEW = 2  # crops of a label that a classifier can learn it from

Vector = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """What the other crops say about each one's label.

    Attributes:
        ids: int64 `(n,)` of the regions judged, ascending.
        suspicion: float32 `(n,)` in 0…1: 0 where the label is as expected, ½ where another one is as likely, 1 where
            another one is certain; NaN where there is nothing to judge by.
        own: float32 `(n,)`: the out-of-fold probability of the crop's own label.
        best: int64 `(n,)`: id of the most likely other label; 0 for none.
        other: float32 `(n,)`: its probability.
        votes: int64 `(n,)`: how many of the nearest crops have the label `voted`.
        voted: int64 `(n,)`: id of the label that most of the nearest crops have; 0 for none.
        asked: int64 `(n,)`: how many crops voted.
    """

    ids: Integers
    suspicion: Vector
    own: Vector
    best: Integers
    other: Vector
    votes: Integers
    voted: Integers
    asked: Integers

    def reason(self, region: int, label: str, names: Mapping[int, str]) -> str:
        """Why a region is suspected: "out-of-fold score 0.03 for cup, 0.91 for saucer; 9 of its 10 nearest crops …".

        Args:
            region: id.
            label: the name that it has.
            names: of labels, by id.
        """
        row = int(np.searchsorted(self.ids, region))
        if row >= len(self.ids) or self.ids[row] != region or not np.isfinite(self.suspicion[row]):
            return "there is too little else of its label to judge it by"
        text = f"out-of-fold score {self.own[row]:.2f} for {label}"
        if best := names.get(int(self.best[row])):
            text += f", {self.other[row]:.2f} for {best}"
        voted = names.get(int(self.voted[row]))
        return f"{text}; {self.votes[row]} of its {self.asked[row]} nearest crops are {voted}" if voted else text


def find_label_errors(
    ids: Integers,
    values: NDArray[np.float16],
    labels: Integers,
    rejected: NDArray[np.bool_],
    held: HeldOut,
    control: Control,
) -> LabelErrors:
    """Judge each crop by the others.

    Args:
        ids: int64 `(n,)` of the regions, ascending.
        values: `(n, d)` embeddings of unit length, without NaN.
        labels: `(n,)` of the crops, the background's for negatives: it is a label among others.
        rejected: `(n,)` where a person said that the label is *not* there. Nothing is learned from these crops, and
            suspect are those that look as if it were.
        held: which crops are judged by which.
        control: progress and cancelling.
    """
    found = _nothing(ids)
    for done, (train, test) in enumerate(held.masks()):
        control.progress(done / FOLDS, "judging labels")
        learned = _taught(labels, train & ~rejected)
        classes, targets = np.unique(labels[learned], return_inverse=True)
        rows = np.flatnonzero(test & np.isin(labels, classes))
        if len(classes) < 2 or not len(rows):
            continue
        known, asked = unit(values[learned]), unit(values[rows])
        middle = known.mean(0)  # what all crops have in common tells none apart
        known, asked = known - middle, asked - middle
        chances = _chances(known, targets, asked)
        control.checkpoint()
        votes = _votes(unit(known), targets, unit(asked), len(classes))
        _enter(found, rows, classes, np.searchsorted(classes, labels[rows]), chances, votes, rejected[rows])
    return found


def _nothing(ids: Integers) -> LabelErrors:
    unknown = [np.full(len(ids), np.nan, np.float32) for _ in range(3)]
    zeros = [np.zeros(len(ids), np.int64) for _ in range(4)]
    return LabelErrors(ids, unknown[0], unknown[1], zeros[0], unknown[2], *zeros[1:])


def _taught(labels: Integers, usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The rows to learn from: of labels with a few of them, and of very many some by lot."""
    rows = np.flatnonzero(usable)
    names, counts = np.unique(labels[rows], return_counts=True)
    rows = rows[np.isin(labels[rows], names[counts >= FEW])]
    if len(rows) > MOST_TRAINED:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_TRAINED, replace=False))
    return rows


def _chances(known: Vector, targets: Integers, asked: Vector) -> Vector:
    """Probabilities float32 `(m, classes)` of crops `asked` by a classifier trained on those `known`."""
    scale = 1 / max(float(known.std()), 1e-6)
    solver = LogisticRegression(C=PENALTY / known.shape[1], class_weight="balanced", max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the order of suspects is settled long before
        solver.fit(known * scale, targets)
    return np.asarray(solver.predict_proba(asked * scale), np.float32)


def _votes(known: Vector, targets: Integers, asked: Vector, classes: int) -> Integers:
    """How many of the `NEIGHBOURS` nearest crops have each label, int64 `(m, classes)`."""
    votes = np.zeros((len(asked), classes), np.int64)
    base = torch.from_numpy(known)
    for start in range(0, len(asked), ROWS):
        part = torch.from_numpy(asked[start : start + ROWS]) @ base.T
        near = best_of_rows(part, min(NEIGHBOURS, len(known)))[1].numpy()
        np.add.at(votes, (np.arange(start, start + len(near))[:, None], targets[near]), 1)
    return votes


def _enter(
    found: LabelErrors,
    rows: NDArray[np.intp],
    classes: Integers,
    own: Integers,
    chances: Vector,
    votes: Integers,
    rejected: NDArray[np.bool_],
) -> None:
    at = np.arange(len(rows))
    found.own[rows] = chances[at, own]
    found.voted[rows], found.votes[rows] = classes[votes.argmax(1)], votes.max(1)
    found.asked[rows] = votes.sum(1)
    neighbours = (votes + 1) / (votes.sum(1, keepdims=True) + len(classes))
    both = chances * neighbours**VOTE
    mine = both[at, own]
    both[at, own] = 0
    found.best[rows], found.other[rows] = classes[both.argmax(1)], chances[at, both.argmax(1)]
    doubt = both.max(1) / (mine + both.max(1))
    found.suspicion[rows] = np.where(rejected, 1 - doubt, doubt)
