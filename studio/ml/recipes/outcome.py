"""What came of a training: the head judged by crops that it did not learn from, through the head itself."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from studio.core.judging import Judgement, Predictions
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head
from studio.ml.recipes.material import NoneReadable, embedded
from studio.ml.recipes.task import Task

TRIES = 15  # of one crop


def predictions_of(task: Task, head: Head, backbone: Backbone) -> Predictions:
    """What `head` says of the examples for validation and the test; crops that cannot be read are left out.

    Where the head's labels are not the project's (a network as it is), of those whose label is one of its classes.
    """
    examples = task.examples
    rows = np.sort(np.concatenate([examples.rows("val"), examples.rows("test")]))
    outputs = tuple(head.card.outputs) if head.layers is not None else examples.labels
    place = {name: index for index, name in enumerate(outputs)}
    targets = np.array([place.get(name, -1) for name in examples.labels], np.int64)[examples.targets[rows]]
    rows, targets = rows[targets >= 0], targets[targets >= 0]
    vectors = np.full((len(rows), backbone.embedding_size), np.nan, np.float32)
    try:
        vectors = embedded(task, backbone, rows) if len(rows) else vectors
    except NoneReadable as error:  # media went away meanwhile; what was learned is not lost for that
        task.notes.append(f"It is not judged: {error}.")
    known = np.isfinite(vectors).all(1)
    rows, targets = rows[known], targets[known]
    return Predictions(
        examples.ids[rows],
        targets,
        probabilities(head, vectors[known], outputs),
        examples.splits[rows],
        examples.tracks[rows],
        outputs,
    )


def probabilities(head: Head, embeddings: NDArray[np.floating], outputs: tuple[str, ...]) -> NDArray[np.float32]:
    """What the head says of each output, `(n, outputs)`; the background is what its scores leave.

    Of a softmax they leave 1 − their sum; of kernel machines, each of which decides for itself, 1 − the highest.
    """
    scores = head.crop_scores(embeddings)
    if len(outputs) == len(head.labels):
        return np.clip(scores, 0, 1)
    said = scores.sum(1) if head.layers is not None else scores.max(1)
    return np.clip(np.concatenate([scores, 1 - said[:, None]], axis=1), 0, 1)


def label_scores(judged: Judgement | None, head: Head) -> dict[str, dict[str, object]]:
    """For the card: of each label the scores of its crops in validation."""
    if judged is None:
        return {}
    return {
        each.label: {
            "crop": {"precision": each.precision, "recall": each.recall, "f1": each.f1, "crops": each.count}
            if each.count and each.f1 is not None
            else None,
            "dense": None,
        }
        for each in judged.scores
        if each.label in head.labels
    }


def milliseconds_a_crop(head: Head, backbone: Backbone) -> float:
    """How long one crop takes in the network and the head, the median of a few."""
    crop = np.random.default_rng(0).integers(0, 256, (1, backbone.input_size, backbone.input_size, 3), np.uint8)
    spent = []
    for _ in range(TRIES):
        began = time.perf_counter()
        head.crop_scores(backbone.embed(crop))
        spent.append(time.perf_counter() - began)
    return round(1000 * float(np.median(spent)), 3)
