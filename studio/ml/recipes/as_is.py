"""The recipe `as-is`: what a pretrained network sees in crops that it was not trained for."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from studio.core.errors import InputError
from studio.core.gallery.crops import Crops, read_crops
from studio.core.project.row_checks import STATES, is_name
from studio.core.recipes.recipe import Parameters
from studio.ml.backbones import architectures
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.looking.network import load_looked
from studio.ml.recipes.making import layered_head
from studio.ml.recipes.material import embedded
from studio.ml.recipes.task import Task
from studio.ml.recipes.verifying import regions_as_examples

LIKELIEST = 5
FILE = "top5.csv"  # in the folder of the run


def train(task: Task, parameters: Parameters) -> Head:
    """A head whose labels are the network's own classes; and the likeliest five of each crop, in `top5.csv`.

    Raises:
        InputError: the network is an ONNX graph or has no linear classifier, or a layer inside of one was named.
    """
    backbone = task.standing_on()
    if backbone.stage:
        raise InputError(f"{backbone.name} ends before the classifier of its network; name the network alone")
    looked = load_looked(backbone.name, task.compute)
    classifier = looked.module.get_submodule(architectures.find_classifier(looked.module))
    if not isinstance(classifier, nn.Linear):
        raise InputError(f"the classifier of {backbone.name} is no linear layer, so it cannot be used as it is")
    names = looked.class_names or tuple(f"class {number}" for number in range(classifier.out_features))
    head = layered_head(
        task,
        "as-is",
        Layers.of_linear(classifier),
        labels=different(names),
        background=False,
        window_side=backbone.input_size,
        why_not_dense="it knows its classes from single crops alone",
    )
    _write_likeliest(task, head)
    if len(task.examples) and not set(task.examples.labels) & set(head.labels):
        task.notes.append(
            f"No label is called as a class of {backbone.name}: nothing is judged, but see {FILE} of the run."
        )
    return head


def different(names: Sequence[str]) -> list[str]:
    """Class names as labels: those that occur again get a number, what no label can be called becomes "class N"."""
    seen: Counter[str] = Counter()
    taken = set(names)
    found = []
    for number, name in enumerate(names):
        label = name if is_name(name) else f"class {number}"
        seen[name] += 1
        while seen[name] > 1 and (label := f"{name} ({seen[name]})") in taken:
            seen[name] += 1
        taken.add(label)
        found.append(label)
    return found


def _write_likeliest(task: Task, head: Head) -> None:
    crops = read_crops(task.project)
    chosen = np.flatnonzero(crops.table.states == STATES.index("visible"))
    if not len(chosen):
        raise InputError("the project has no regions to look at; label something first: studio label")
    backbone = task.standing_on()
    everything = regions_as_examples(task.project, crops.table.ids[chosen].tolist(), backbone.input_size)
    vectors = embedded(task, backbone, np.arange(len(chosen)), everything)
    known = np.isfinite(vectors).all(1)
    chosen, scores = chosen[known], head.crop_scores(vectors[known])
    best = np.argsort(-scores, axis=1, kind="stable")[:, :LIKELIEST]
    _write(task.run / FILE, crops, chosen, head.labels, best, np.take_along_axis(scores, best, 1))


def _write(
    path: Path,
    crops: Crops,
    rows: NDArray[np.intp],
    labels: list[str],
    best: NDArray[np.intp],
    scores: NDArray[np.float32],
) -> None:
    count = best.shape[1]
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        ranks = [f"{what}_{rank}" for rank in range(1, count + 1) for what in ("class", "probability")]
        writer.writerow(["region", "medium", "frame", "x", "y", "width", "height", "label", *ranks])
        for row, likeliest, likely in zip(rows.tolist(), best.tolist(), scores.tolist(), strict=True):
            table = crops.table
            medium, label = crops.media[int(table.media[row])], crops.labels[int(table.labels[row])]
            said = [x for place, score in zip(likeliest, likely, strict=True) for x in (labels[place], f"{score:.4f}")]
            box = [f"{value:g}" for value in table.boxes[row].tolist()]
            writer.writerow([int(table.ids[row]), medium.path, int(table.frames[row]), *box, label.name, *said])
    partial.replace(path)
