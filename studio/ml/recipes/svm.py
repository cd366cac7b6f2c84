"""The recipe `svm`: the head that `studio fit` makes."""

from __future__ import annotations

from studio.core.errors import InputError
from studio.core.project.edits import listed
from studio.core.recipes.svm import Svm
from studio.ml.heads.fit import fit
from studio.ml.heads.head import Head
from studio.ml.recipes.making import kept_from_training
from studio.ml.recipes.task import Task


def train(task: Task, parameters: Svm) -> Head:
    """Fit it on the examples for training.

    A label with a single one is trained as well: its machine decides by its own margin, as nothing is left to
    calibrate it on.

    Raises:
        InputError: all crops of a label that train are unreadable.
    """
    held = kept_from_training(task)
    head = fit(
        task.project, "svm", task.standing_on(), parameters.kernel, task.seed, task.control, held, fewest=1
    ).head  # fmt: skip
    if missing := sorted({*task.labels} - {*head.labels}):
        raise InputError(f"no crop of {missing[0]} that trains can be read; mend its pictures, or delete its regions")
    counts = zip(task.labels, task.examples.counts("train").tolist(), strict=False)
    if single := [name for name, count in counts if count == 1]:
        task.notes.append(f"The scores of {listed(single)} are not calibrated, as that needs two examples.")
    return head
