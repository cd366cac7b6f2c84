"""The recipe `embedding`: metric learning, after which things of one kind lie near each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.augmentation import read_augmentation
from studio.core.control import Control
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
from studio.ml.recipes.networks import fit_best, network_parts
from studio.ml.recipes.task import Task
from studio.ml.recipes.unreadable import leave_out
from studio.ml.recipes.verifying import KEY, unit_length, verified
from studio.ml.training.batches import Batches
from studio.ml.training.network import ADDED, ALL, TrainableNetwork, from_backbone
from studio.ml.training.phases import Phase, Settings
from studio.ml.training.store import open_store

FEW = 5  # crops of a label
UNCALIBRATED = 0.1  # temperature of cosines, where nothing is held out


def train(task: Task, parameters: Embedding) -> Head:
    """An embedding of length 1, each label as the mean of its crops in it, and how far apart the same may be.

    Raises:
        InputError: no label has two crops to learn from.
    """
    network = from_backbone(task.standing_on().name, parameters.size, task.compute, task.seed)
    _fit(task, parameters, network)
    head = _with_means(task, network)
    if task.control.cancelled or task.failure is not None:
        return head
    return judged_pairs(task, head, load_own_network(head, task.compute))


def _fit(task: Task, parameters: Embedding, network: TrainableNetwork) -> None:
    examples = task.examples
    counts = examples.counts("train")[: len(task.labels)]
    if counts.max() < 2:
        raise InputError("no label has two crops to learn from; an embedding needs pairs of the same kind")
    store = open_store(task.project, examples, network.input_size, task.control)
    leave_out(task, dict(store.unreadable))
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
    fit_best(task, network, train, val if len(val) else None, [phase], settings, objective)


def _with_means(task: Task, network: TrainableNetwork) -> Head:
    parts = network_parts(task, network, embeds_by_output=True)
    wanted = len(task.examples.labels)
    blank = Layers((torch.ones(wanted, network.outputs),), (torch.zeros(wanted),), unit=True)
    head = layered_head(task, "embedding", blank, parts)
    if task.control.cancelled:  # without means there is no head, but who cancels does not wait for all of them
        task = replace(task, control=Control(), examples=_few(task.examples))
    return enrolled(task, head, load_own_network(head, task.compute))


def enrolled(task: Task, head: Head, backbone: Backbone) -> Head:
    """The head with the labels of the task's examples, each as the mean of its crops that train; nothing is trained.

    Its dense part, which knows other labels, is left to whoever asks for a new one.

    Raises:
        InputError: no crop of a label can be read.
    """
    examples = task.examples
    unit, rows = _read(task, backbone, "train")
    targets = examples.targets[rows]
    labels = len(task.labels)
    means = np.zeros((len(examples.labels), backbone.embedding_size))
    for label in range(labels):
        own = unit[targets == label]
        if not len(own):
            raise InputError(f"no crop of {examples.labels[label]} that trains can be read; mend its pictures")
        means[label] = unit_length(own.mean(0, keepdims=True))[0]
    biases = np.zeros(len(means))
    if examples.background:  # where no label is as near as the same have to be
        biases[labels] = _cosine_between(unit, targets, means[:labels], labels)
    layers = Layers((_tensor(means),), (_tensor(biases),), unit=True, temperature=UNCALIBRATED)
    vectors, rows = _read(task, backbone, "val")
    if len(vectors):
        layers = replace(layers, temperature=fit_temperature(layers.logits(vectors), examples.targets[rows]))
    card = head.card.model_copy(update={"labels": task.labels, "background": examples.background})
    return replace(head, layers=layers, card=card)


def judged_pairs(task: Task, head: Head, backbone: Backbone) -> Head:
    """The head with what is known of pairs on its card: the threshold by validation, and what it does on the test.

    Where nothing is for validation, pairs that train set the threshold, and a note says so.
    """
    found: dict[str, Any] = {}
    threshold: float | None = None
    for split, name in (("val", "validation"), ("train", "training"), ("test", "test")):
        if split == "train" and threshold is not None:
            continue
        unit, rows = _read(task, backbone, split)
        targets, tracks = task.examples.targets[rows], task.examples.tracks[rows]
        things = targets < len(task.labels)
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


def _read(task: Task, backbone: Backbone, split: str) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Embeddings of length 1 of the readable crops of a split, and which rows of the examples they are."""
    rows = task.examples.rows(split)
    if not len(rows):
        return np.zeros((0, backbone.embedding_size)), rows
    vectors = embedded(task, backbone, rows)
    known = np.isfinite(vectors).all(1)
    return unit_length(vectors[known]), rows[known]


def _few(examples: Examples) -> Examples:
    """The first crops of each label that train: enough for means that are wanted at once."""
    rows = examples.rows("train")
    chosen = np.concatenate([rows[examples.targets[rows] == label][:FEW] for label in range(len(examples.labels))])
    columns = ("ids", "media", "frames", "windows", "targets", "tracks", "splits")
    return replace(examples, **{name: getattr(examples, name)[np.sort(chosen)] for name in columns})


def _cosine_between(
    unit: NDArray[np.float64], targets: NDArray[np.int64], means: NDArray[np.float64], background: int
) -> float:
    """The cosine to the nearest mean that lies between most things and most of the background."""
    nearest = (unit @ means.T).max(1)
    things, nothing = nearest[targets != background], nearest[targets == background]
    levels = np.unique(nearest)
    errors = [(things < level).mean() + (nothing >= level).mean() for level in levels]
    return float(levels[int(np.argmin(errors))])


def _tensor(values: NDArray[np.float64]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
