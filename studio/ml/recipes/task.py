"""What a recipe is given to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.project import Project
from studio.core.training.examples import Examples
from studio.ml.backbones.base import Backbone
from studio.ml.device import Compute
from studio.ml.training.parallel import ALONE, Group


@dataclass(frozen=True)
class TrainRequest:
    """What a person wants trained.

    Attributes:
        folder: of the project.
        recipe: its name; of a run that is resumed its record says it.
        parameters: what was said of them; the others are as shipped.
        device: as for `studio.ml.device.choose`.
        backbone: its name; None: the one chosen for the project, else the bundled one. Recipes that bring a network of
            their own take no notice of it.
        name: of the head; None: RECIPE-1, RECIPE-2, …
        resume: name of a run that is to go on as it was begun, or "last"; None: a new one.
    """

    folder: Path
    recipe: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    backbone: str | None = None
    name: str | None = None
    resume: str | None = None


@dataclass(eq=False)
class Task:
    """What a recipe works with, and where it tells what it noticed.

    Attributes:
        project: open for reading; it is not locked while a recipe works.
        examples: what it learns from.
        compute: where.
        backbone: the network it stands on, as it is; None for recipes that bring their own.
        run: folder of the run.
        control: progress, partial results, cancelling.
        seed: the same trains the same.
        history: position of the project's history that `examples` were read at.
        notes: sentences for the user; recipes add theirs.
        group: the processes that train together.
        resume: go on from the run's checkpoint, where there is one.
        epochs, best_epoch: as in `studio.core.runs.RunRecord`; set by recipes that go in epochs.
        unreadable: crops that are left out, by the ids of their regions, and why; see `unreadable.leave_out`.
        failure: what ended the training after an epoch, whose weights are kept; None: nothing did.
    """

    project: Project
    examples: Examples
    compute: Compute
    backbone: Backbone | None
    run: Path
    control: Control
    seed: int
    history: int
    notes: list[str] = field(default_factory=list)
    group: Group = ALONE
    resume: bool = False
    epochs: int = 0
    best_epoch: int = 0
    unreadable: dict[int, str] = field(default_factory=dict)
    failure: Exception | None = None

    @property
    def labels(self) -> list[str]:
        """What the head will tell apart: without the background."""
        examples = self.examples
        return list(examples.labels[: len(examples.labels) - examples.background])

    def standing_on(self) -> Backbone:
        """The backbone, for recipes that have one."""
        assert self.backbone is not None, "a recipe without backbone asked for it"
        return self.backbone

    def class_weights(self) -> NDArray[np.float64]:
        """For each label the weight that makes all labels count the same, mean 1 over the crops that train."""
        counts = self.examples.counts("train")
        return np.asarray(counts.sum() / (len(counts) * counts), np.float64)
