"""Recipes that train a network: phases of one engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from studio.core.augmentation import read_augmentation
from studio.core.control import Cancelled
from studio.core.errors import InputError
from studio.core.recipes.common import Training
from studio.core.recipes.fine_tune_top import FineTuneTop
from studio.core.recipes.from_scratch import FromScratch
from studio.core.recipes.frozen import Frozen
from studio.core.recipes.recipe import Parameters
from studio.core.recipes.warm_up import WarmUp
from studio.core.runs import read_metrics
from studio.ml.backbones import architectures
from studio.ml.heads.card import NetworkPart
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.heads.own_network import load_own_network, network_part
from studio.ml.recipes.dense_layers import Fold
from studio.ml.recipes.making import layered_head
from studio.ml.recipes.material import NoneReadable, embedded
from studio.ml.recipes.shallow import calibrated
from studio.ml.recipes.task import Task
from studio.ml.recipes.unreadable import leave_out
from studio.ml.training import network as networks
from studio.ml.training.batches import Batches
from studio.ml.training.checkpoint import best_weights
from studio.ml.training.data import Batches as Trained
from studio.ml.training.fitting import fit_network
from studio.ml.training.network import ADDED, ALL, TrainableNetwork
from studio.ml.training.objective import Classification, Objective
from studio.ml.training.parallel import ALONE, Group, LostProcess
from studio.ml.training.phases import Phase, Settings
from studio.ml.training.store import CropStore, open_store


def frozen(task: Task, parameters: Frozen) -> Head:
    """A new classifier, trained through the network whose layers stay as they are."""
    phases = [Phase(parameters.epochs, parameters.learning_rate, ADDED)]
    return _trained(task, parameters, "frozen", _from_backbone(task), phases)


def warm_up(task: Task, parameters: WarmUp) -> Head:
    """First what was added, then everything at a lower rate."""
    return _trained(task, parameters, "warm-up", _from_backbone(task), _two_phases(parameters, ALL))


def fine_tune_top(task: Task, parameters: FineTuneTop) -> Head:
    """First what was added, then the last stages as well."""
    phases = _two_phases(parameters, f"top:{parameters.stages}")
    return _trained(task, parameters, "fine-tune-top", _from_backbone(task), phases)


def from_scratch(task: Task, parameters: FromScratch) -> Head:
    """All of a network with random weights."""
    outputs = len(task.examples.labels)
    network = networks.from_scratch(
        parameters.architecture, outputs, task.compute, task.seed, parameters.input_size
    )  # fmt: skip
    phases = [Phase(parameters.epochs, parameters.learning_rate, ALL)]
    return _trained(task, parameters, "from-scratch", network, phases)


def input_side(parameters: Parameters) -> int:
    """Of the crops that `from_scratch` will see, in pixels.

    Raises:
        InputError: there is no such architecture.
    """
    assert isinstance(parameters, FromScratch), "only this recipe brings a network of its own"
    return parameters.input_size or architectures.feeding(parameters.architecture).input_size


def _from_backbone(task: Task) -> TrainableNetwork:
    return networks.from_backbone(task.standing_on().name, len(task.examples.labels), task.compute, task.seed)


def _two_phases(parameters: WarmUp, trained: str) -> list[Phase]:
    return [
        Phase(parameters.warm_up_epochs, parameters.warm_up_rate, ADDED),
        Phase(parameters.epochs, parameters.learning_rate, trained),
    ]


def _trained(
    task: Task, parameters: Training, recipe: str, network: TrainableNetwork, phases: Sequence[Phase]
) -> Head:  # fmt: skip
    store = open_store(task.project, task.examples, network.input_size, task.control)
    leave_out(task, dict(store.unreadable))
    train, val = batches(task, store, parameters)
    weights = train.class_weights() if parameters.balance == "weights" else None
    settings = Settings(
        optimizer=parameters.optimizer,
        weight_decay=parameters.weight_decay,
        patience=parameters.patience,
        mixed_precision=parameters.mixed_precision,
        seed=task.seed,
    )
    objective = Classification(weights, parameters.label_smoothing)
    fit_best(task, network, train, val, phases, settings, objective, task.group)
    return _head(task, recipe, network)


def fit_best(
    task: Task,
    network: TrainableNetwork,
    train: Trained,
    val: Trained | None,
    phases: Sequence[Phase],
    settings: Settings,
    objective: Objective,
    group: Group = ALONE,
) -> None:
    """Train `network`; it gets its best weights, also where it is cancelled or fails after an epoch.

    What it failed by is `task.failure` then. Of several processes those who wait for the others have nothing to keep.
    """
    told = len(read_metrics(task.run))
    try:
        fitted = fit_network(
            network, train, val, phases, settings, task.run, task.control,
            objective=objective, group=group, resume=task.resume,
        )  # fmt: skip
    except Cancelled:
        if not take_best(task, network):
            raise
    except LostProcess:
        raise
    except Exception as error:
        refused = isinstance(error, InputError) and len(read_metrics(task.run)) == told
        if refused or not group.first or not take_best(task, network):
            raise
        # Without its traceback, which would keep the tensors that may have filled the memory.
        task.failure = error.with_traceback(None)
    else:
        task.notes += fitted.notes
        task.epochs, task.best_epoch = len(fitted.history), fitted.best_epoch


def batches(task: Task, store: CropStore, parameters: Training) -> tuple[Batches, Batches | None]:
    """Those to learn from, and those for validation; None where there are none.

    Raises:
        InputError: all crops of a split cannot be read.
    """
    device, group = task.compute.device, task.group
    train = Batches(
        task.examples,
        store,
        "train",
        device,
        size=parameters.batch,
        augmentation=read_augmentation(task.project.folder) if parameters.augmented else None,
        balanced=parameters.balance == "sampling",
        seed=task.seed,
        rank=group.rank,
        world=group.size,
    )
    val = Batches(
        task.examples, store, "val", device, size=parameters.batch, shuffled=False, rank=group.rank, world=group.size
    )
    return train, val if len(val) else None


def take_best(task: Task, network: TrainableNetwork) -> bool:
    """Give the network the best weights of a training that was cancelled; False where no epoch was finished."""
    found = best_weights(task.run)
    if found is None:
        return False
    network.load_state_dict(found[1])
    task.best_epoch = found[0].epoch
    task.epochs = max(task.epochs, found[0].epoch)
    return True


def network_parts(
    task: Task, network: TrainableNetwork, *, embeds_by_output: bool = False
) -> tuple[NetworkPart, dict[str, torch.Tensor], str]:
    """The part of the card, the tensors, and what the network was before it was trained."""
    part, tensors = network_part(
        network.whole(),
        network.architecture,
        network.input_size,
        network.mean,
        network.std,
        network.map_layer,
        embeds_by_output=embeds_by_output,
    )
    return part, tensors, task.backbone.name if task.backbone else network.architecture


def _head(task: Task, recipe: str, network: TrainableNetwork) -> Head:
    """The head of a network that was trained, with the temperature that validation asks for."""
    head = layered_head(task, recipe, Layers.of_linear(network.added), network_parts(task, network))
    rows = task.examples.rows("val")
    ended = task.control.cancelled or task.failure is not None
    if ended or not task.group.first or not len(rows) or head.layers is None:
        return head
    try:
        vectors = embedded(task, load_own_network(head, task.compute), rows)
    except NoneReadable:  # media went away meanwhile: who judges says so
        return head
    known = np.isfinite(vectors).all(1)
    return replace(head, layers=calibrated(head.layers, Fold(vectors[known], task.examples.targets[rows][known])))
