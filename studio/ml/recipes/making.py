"""Heads of what recipes trained: the card, and the dense part that lets them search frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.project import BACKGROUND
from studio.core.project.held_back import HeldBack, held_back
from studio.ml.backbones.base import Backbone
from studio.ml.heads.card import NETWORK_HEAD, HeadCard, NetworkPart
from studio.ml.heads.fit import UNSAVED, fit_dense_parts, searched_sizes
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import read_regions
from studio.ml.recipes.task import Task


def layered_head(
    task: Task,
    recipe: str,
    layers: Layers,
    network: tuple[NetworkPart, Mapping[str, torch.Tensor], str] | None = None,
    **facts: Any,  # noqa: ANN401 - fields of the card
) -> Head:
    """The head of layers that were trained on the task's examples; not saved, nothing measured, no dense part yet.

    Args:
        task: what was trained on.
        recipe: its name.
        layers: outputs in the order of the examples' labels.
        network: of its own: the part of the card, the tensors, and what it was before; None: the task's backbone.
        facts: fields of the card that differ from what follows from the task.
    """
    part, tensors, based_on = network or (None, None, task.standing_on().name)
    examples = task.examples
    sides = examples.windows[examples.rows("train"), 2]
    fields: dict[str, Any] = {
        "name": recipe,
        "architecture": NETWORK_HEAD,
        "licence": "yours: trained on your own pictures",
        "source": f"project {task.project.name}",
        "sha256": UNSAVED,
        "backbone": based_on,
        "backbone_sha256": part.sha256 if part else task.standing_on().sha256,
        "labels": task.labels,
        "recipe": recipe,
        "background": examples.background,
        "network": part,
        "window_side": max(1, int(np.median(sides))) if len(sides) else 1,
        "dense": False,
        "history": task.history,
        "project": task.project.id,
        "seed": task.seed,
    }
    return Head(HeadCard(**(fields | facts)), (), (), layers, tensors)


def with_dense(task: Task, head: Head, backbone: Backbone) -> Head:
    """The head with a dense part for each label, or with why it has none; one that says so already stays as it is.

    Args:
        task: what it was trained on; the dense parts learn from the same regions.
        head: of layers.
        backbone: the network it stands on.
    """
    if head.dense or head.card.why_not_dense:
        return head
    project = task.project
    regions = read_regions(project, kept_from_training(task))
    ids = {row.name: row.id for row in project.labels()}
    labels = [ids[name] for name in head.labels]
    try:
        with OpenMedia(project) as media, FeatureCache(project.cache / "maps.db") as cache:
            fitted, why_not = fit_dense_parts(
                project, regions, labels, media, backbone, task.seed, task.control, cache
            )  # fmt: skip
    except InputError as error:  # a medium went away meanwhile; what was learned is not lost for that
        fitted, why_not = [], str(error)
        task.notes.append(f"It does not search frames: {error}.")
    parts = tuple(each.part for each in fitted)
    sizes = {name: searched_sizes(part, backbone) for name, part in zip(head.labels, parts, strict=False)}
    update = {"dense": bool(parts), "why_not_dense": why_not, "searched_sizes": sizes}
    return replace(head, dense=parts, card=head.card.model_copy(update=update))


def kept_from_training(task: Task) -> HeldBack:
    """What `studio fit` must leave alone so that the examples for validation and the test stay unseen.

    All regions but the examples that train: what is too near to a crop that judges, or looks like one, is left out as
    well.
    """
    examples = task.examples
    held = held_back(task.project)
    judged = np.concatenate([examples.rows("val"), examples.rows("test")])
    training = set(examples.ids[examples.rows("train")].tolist())
    background = task.project.label(BACKGROUND).id
    regions = frozenset(
        row.id
        for row in task.project.regions()
        if row.id not in training and (row.state == "visible" or row.state == "rejected" or row.label == background)
    )
    stretches = {medium: list(found) for medium, found in held.stretches.items()}
    for medium, frame in {(int(examples.media[row]), int(examples.frames[row])) for row in judged}:
        stretches.setdefault(medium, []).append((frame, frame))
    return HeldBack(regions, stretches)
