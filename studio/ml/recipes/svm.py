"""The recipe `svm`: the head that `studio fit` makes."""

from __future__ import annotations

from studio.core.recipes.svm import Svm
from studio.ml.heads.fit import fit
from studio.ml.heads.head import Head
from studio.ml.recipes.making import kept_from_training
from studio.ml.recipes.task import Task


def train(task: Task, parameters: Svm) -> Head:
    """Fit it on the examples for training."""
    held = kept_from_training(task)
    return fit(
        task.project, "svm", task.standing_on(), parameters.kernel, task.seed, task.control, held
    ).head  # fmt: skip
