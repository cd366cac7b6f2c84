"""Recipes on frozen features: each crop goes through the network once, ever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.judging import fit_temperature
from studio.core.recipes.common import Data
from studio.core.recipes.fast_transfer import FastTransfer
from studio.core.recipes.logistic import Logistic
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.backbones.stage import StageBackbone
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.layer_choice import stages_of
from studio.ml.recipes.dense_layers import Fold, train_layers
from studio.ml.recipes.making import layered_head
from studio.ml.recipes.material import embedded
from studio.ml.recipes.task import Task

MOST_STEPS = 1000  # of the solver


def logistic(task: Task, parameters: Logistic) -> Head:
    """Multinomial logistic regression on embeddings of length 1, each number of them standardised."""
    from sklearn.linear_model import LogisticRegression

    train, val = _read(task)
    unit = _unit(train.features)
    mean, deviation = unit.mean(0), np.maximum(unit.std(0), 1e-6)
    task.control.progress(0.5, "logistic regression")
    machine = LogisticRegression(
        C=parameters.strength / len(mean),  # so that C means the same whatever the length of an embedding
        class_weight=None if parameters.balance == "none" else "balanced",
        max_iter=MOST_STEPS,
    ).fit((unit - mean) / deviation, train.targets)
    weights, constants = _both_outputs(machine.coef_, machine.intercept_)
    weights = weights / deviation
    layers = _linear(weights, constants - weights @ mean)
    return layered_head(task, "logistic", calibrated(layers, val))


def nearest_mean(task: Task, parameters: Data) -> Head:
    """Each label as the mean of its embeddings of length 1: |x − m|² is least where 2 m·x − |m|² is largest."""
    train, val = _read(task)
    unit = _unit(train.features)
    count = len(task.examples.labels)
    sums = np.stack([unit[train.targets == label].sum(0) for label in range(count)])
    means = sums / np.bincount(train.targets, minlength=count)[:, None]
    layers = _linear(2 * means, -(means**2).sum(1))
    return layered_head(task, "nearest-mean", calibrated(layers, val if len(val.targets) else train))


def fast_transfer(task: Task, parameters: FastTransfer) -> Head:
    """New dense layers on features of the frozen network."""
    if parameters.features == "flattened":
        task.backbone = _on_last_map(task.standing_on())
    train, val = _read(task)
    layers = train_layers(task, train, val, parameters)
    return layered_head(task, "fast-transfer", calibrated(layers, val))


def _on_last_map(backbone: Backbone) -> Backbone:
    if not isinstance(backbone, NetworkBackbone):
        raise InputError(f"{backbone.name} has no last map to flatten; name a network alone, or use pooled features")
    stages = [stage for stage in stages_of(backbone) if stage.pooling == "grid"]
    if not stages:
        raise InputError(f"the last maps of {backbone.name} are too small to flatten; use pooled features")
    return StageBackbone(backbone, stages[-1])


def calibrated(layers: Layers, fold: Fold) -> Layers:
    """With the temperature that fits crops which did not train; as it is where there are none."""
    if not len(fold.targets):
        return layers
    return replace(layers, temperature=fit_temperature(layers.logits(fold.features), fold.targets))


def _read(task: Task) -> tuple[Fold, Fold]:
    """Features and targets for training and for validation.

    Raises:
        InputError: all crops of a label that train are unreadable.
    """
    examples = task.examples
    rows = np.concatenate([examples.rows("train"), examples.rows("val")])
    features = embedded(task, task.standing_on(), rows)
    known = np.isfinite(features).all(1)
    targets, training = examples.targets[rows], np.arange(len(rows)) < len(examples.rows("train"))
    train, val = (
        Fold(features[chosen & known], targets[chosen & known]) for chosen in (training, ~training)
    )  # fmt: skip
    missing = set(range(len(examples.labels))) - set(train.targets.tolist())
    if missing:
        name = examples.labels[min(missing)]
        raise InputError(f"no crop of {name} that trains can be read; mend its pictures, or delete its regions")
    return train, val


def _unit(features: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = features.astype(np.float64)
    return exact / np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12)


def _both_outputs(
    weights: NDArray[np.float64], constants: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of two labels scikit-learn keeps the difference: half of it for one, half against the other says the same."""
    if len(weights) > 1:
        return weights, constants
    return np.concatenate([-weights, weights]) / 2, np.concatenate([-constants, constants]) / 2


def _linear(weights: NDArray[np.float64], constants: NDArray[np.float64]) -> Layers:
    ready = tuple(torch.from_numpy(each.astype(np.float32)) for each in (weights, constants))
    return Layers((ready[0],), (ready[1],), unit=True)
