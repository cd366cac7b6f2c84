"""The recipe `embedding`: metric learning, after which things of one kind lie near each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.augmentation import read_augmentation
from studio.core.control import Cancelled
from studio.core.errors import InputError
from studio.core.judging import fit_temperature
from studio.core.recipes.embedding import Embedding
from studio.core.training.examples import Examples
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.heads.own_network import load_own_network
from studio.ml.recipes.making import layered_head
from studio.ml.recipes.material import embedded
from studio.ml.recipes.metric import LabelBatches, Pairs, Triplets
from studio.ml.recipes.networks import network_parts, take_best
from studio.ml.recipes.task import Task
from studio.ml.recipes.verifying import KEY, verified
from studio.ml.training.batches import Batches
from studio.ml.training.fitting import fit_network
from studio.ml.training.network import ADDED, ALL, TrainableNetwork, from_backbone
from studio.ml.training.phases import Phase, Settings
from studio.ml.training.store import open_store

UNCALIBRATED = 0.1  # temperature of cosines, where nothing is held out


def train(task: Task, parameters: Embedding) -> Head:
    """An embedding of length 1, each label as the mean of its crops in it, and how far apart the same may be.

    Raises:
        InputError: no label has two crops to learn from.
    """
    network = from_backbone(task.standing_on().name, parameters.size, task.compute, task.seed)
    _fit(task, parameters, network)
    head = _with_means(task, network)
    if task.control.cancelled:
        return head
    return judged_pairs(task, head, load_own_network(head, task.compute))


def _fit(task: Task, parameters: Embedding, network: TrainableNetwork) -> None:
    examples = task.examples
    counts = examples.counts("train")[: len(task.labels)]
    if counts.max() < 2:
        raise InputError("no label has two crops to learn from; an embedding needs pairs of the same kind")
    store = open_store(task.project, examples, network.input_size, task.control)
    task.notes += store.notes
    device = task.compute.device
    train = LabelBatches(
        examples, store, device, parameters.labels_a_batch, parameters.crops_a_label, task.seed,
        read_augmentation(task.project.folder) if parameters.augmented else None,
    )  # fmt: skip
    val = Batches(examples, store, "val", device, shuffled=False)
    background = len(examples.labels) - 1 if examples.background else -1
    objective = Triplets(parameters.margin, background) if parameters.loss == "triplet" else Pairs(background)
    phase = Phase(parameters.epochs, parameters.learning_rate, ALL if parameters.fine_tune else ADDED)
    settings = Settings(optimizer="adamw", seed=task.seed)
    try:
        fitted = fit_network(
            network, train, val if len(val) else None, [phase], settings, task.run, task.control,
            objective=objective, resume=task.resume,
        )  # fmt: skip
    except Cancelled:
        if not take_best(task, network):
            raise
    else:
        task.notes += fitted.notes
        task.epochs, task.best_epoch = len(fitted.history), fitted.best_epoch


def _with_means(task: Task, network: TrainableNetwork) -> Head:
    parts = network_parts(task, network, embeds_by_output=True)
    wanted = _outputs(task.examples)
    blank = Layers((torch.ones(wanted, network.outputs),), (torch.zeros(wanted),), unit=True)
    head = layered_head(task, "embedding", blank, parts)
    silent = replace(task, control=type(task.control)()) if task.control.cancelled else task
    return enrolled(silent, head, load_own_network(head, task.compute))


def enrolled(task: Task, head: Head, backbone: Backbone) -> Head:
    """The head with the labels of the task's examples, each as the mean of its crops that train; nothing is trained.

    Raises:
        InputError: no crop of a label can be read.
    """
    examples = task.examples
    unit, targets = _read(task, backbone, "train")
    labels = len(task.labels)
    means = np.zeros((_outputs(examples), backbone.embedding_size))
    for label in range(labels):
        own = unit[targets == label]
        if not len(own):
            raise InputError(f"no crop of {examples.labels[label]} that trains can be read; mend its pictures")
        means[label] = _unit(own.mean(0, keepdims=True))[0]
    biases = np.zeros(len(means))
    if examples.background:  # where no label is as near as the same have to be
        biases[labels] = _cosine_between(unit, targets, means[:labels], labels)
    layers = Layers((_tensor(means),), (_tensor(biases),), unit=True, temperature=UNCALIBRATED)
    vectors, targets = _read(task, backbone, "val")
    if len(vectors):
        layers = replace(layers, temperature=fit_temperature(layers.logits(vectors), targets))
    return replace(head, layers=layers)


def judged_pairs(task: Task, head: Head, backbone: Backbone) -> Head:
    """The head with what is known of pairs on its card: the threshold by validation, and what it does on the test.

    Where nothing is for validation, pairs that train set the threshold, and a note says so.
    """
    found: dict[str, Any] = {}
    threshold: float | None = None
    for split, name in (("val", "validation"), ("test", "test"), ("train", "training")):
        if split == "train" and threshold is not None:
            continue
        unit, targets = _read(task, backbone, split)
        things = targets < len(task.labels)
        rows = task.examples.rows(split)
        tracks = task.examples.tracks[rows][: len(unit)] if len(rows) == len(unit) else np.arange(len(unit))
        judged = verified(unit[things], targets[things], tracks[things], threshold) if things.sum() > 1 else None
        if judged is not None:
            found[name] = judged.document()
            threshold = judged.threshold if threshold is None else threshold
    if "training" in found:
        task.notes.append("The distance up to which two crops show the same is that of crops that trained.")
    if threshold is None:
        task.notes.append("No pairs of the same and of different labels: what distance is near is not known.")
        return head
    card = type(head.card).model_validate(head.card.model_dump() | {KEY: {"threshold": threshold, **found}})
    return replace(head, card=card)


def _read(task: Task, backbone: Backbone, split: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Embeddings of length 1 and targets of the readable crops of a split."""
    rows = task.examples.rows(split)
    if not len(rows):
        return np.zeros((0, backbone.embedding_size)), np.zeros(0, np.int64)
    vectors = embedded(task, backbone, rows)
    known = np.isfinite(vectors).all(1)
    return _unit(vectors[known]), task.examples.targets[rows][known]


def _cosine_between(
    unit: NDArray[np.float64], targets: NDArray[np.int64], means: NDArray[np.float64], background: int
) -> float:
    """The cosine to the nearest mean that lies between most things and most of the background."""
    nearest = (unit @ means.T).max(1)
    things, nothing = nearest[targets != background], nearest[targets == background]
    levels = np.unique(nearest)
    errors = [(things < level).mean() + (nothing >= level).mean() for level in levels]
    return float(levels[int(np.argmin(errors))])


def _outputs(examples: Examples) -> int:
    return len(examples.labels)


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    exact = np.asarray(vectors, np.float64)
    return np.asarray(exact / np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12))


def _tensor(values: NDArray[np.float64]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
