"""New identities and pairs, with an embedding that was trained: nothing is trained again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.heads import head_folder, known_head
from studio.core.training.examples import Examples, read_examples
from studio.ml.device import choose
from studio.ml.heads.head import Head, load_head, save_head
from studio.ml.networks import Networks
from studio.ml.recipes.embedding import enrolled
from studio.ml.recipes.material import embedded
from studio.ml.recipes.task import Task
from studio.ml.recipes.verifying import distances, regions_as_examples, threshold_of, unit_length


class Verdict(NamedTuple):
    """What is said of two crops.

    Attributes:
        same: whether they show the same.
        distance: of their embeddings, 0…2.
        threshold: up to which it would be the same.
    """

    same: bool
    distance: float
    threshold: float


def enrol(project: Project, name: str, new: str, device: str, control: Control) -> tuple[Head, list[str]]:
    """Save a head `new` that has the project's labels of today, in the embedding of the head `name`.

    Returns:
        The head, and sentences about what it was made of: crops held out, crops that cannot be read.

    Raises:
        InputError: no such head, one that was not trained to tell pairs, a name that is taken, or nothing to learn
            from.
    """
    folder = head_folder(project, new)
    if folder.exists():
        raise InputError(f"there is a head {new} already and heads do not change; give another --name")
    head, task = _prepared(project, name, device, control)
    backbone = Networks(device).of(head)
    task.examples = read_examples(project, backbone.input_size, leaks="ignored")
    task.notes += task.examples.notes
    facts = {
        "dense": False,
        "why_not_dense": f"its labels were added to those of {name} without training",
        "searched_sizes": {},
        "scores": {},
        "history": project.position,
        "project": project.id,
    }
    known = replace(head, dense=(), card=head.card.model_copy(update=facts))
    return save_head(enrolled(task, known, backbone), folder), task.notes


def verify(project: Project, name: str, regions: tuple[int, int], device: str, control: Control) -> Verdict:
    """Whether two regions show the same, by the embedding of the head `name`.

    Raises:
        InputError: no such head or region, a head that was not trained to tell pairs, or a crop that cannot be read.
    """
    head, task = _prepared(project, name, device, control)
    threshold = threshold_of(head)
    backbone = Networks(device).of(head)
    examples = regions_as_examples(project, list(regions), backbone.input_size)
    vectors = embedded(task, backbone, np.arange(2), examples)
    if not np.isfinite(vectors).all():
        raise InputError("one of the two crops cannot be read: " + " ".join(task.notes))
    unit = unit_length(vectors)
    distance = float(distances(unit[:1], unit[1:])[0, 0])
    return Verdict(distance <= threshold, distance, threshold)


def _prepared(project: Project, name: str, device: str, control: Control) -> tuple[Head, Task]:
    head = load_head(known_head(project, name))
    threshold_of(head)
    none = np.zeros(0, np.int64)
    nothing = Examples((), none, none, none, np.zeros((0, 3), np.int64), none, none, none.astype(np.uint8))
    task = Task(project, nothing, choose(device), None, Path(), control, head.card.seed, project.position)
    return head, task
