"""Numbers about every crop of a project, by the names of `studio.core.gallery.measures`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.gallery.crops import read_crops
from studio.core.gallery.measures import KINDS, Measure
from studio.core.project import BACKGROUND, Project
from studio.core.project.labels import former_names
from studio.ml.gallery.looks import read_looks
from studio.ml.gallery.material import SHOWN, Material, judge_labels, read_material
from studio.ml.gallery.neighbours import all_nearest, cosines
from studio.ml.gallery.outliers import outliers
from studio.ml.gallery.reading import portion
from studio.ml.heads.head import Head
from studio.ml.networks import Networks

EMBEDDED = 0.5  # of the work where embeddings are compared afterwards
SCORED = 4096  # crops between two looks whether to go on

Values = NDArray[np.float32]


@dataclass(frozen=True)
class MeasureRequest:
    """What to measure.

    Attributes:
        project: its folder; it is opened for reading on the thread that measures.
        name: of a line of `studio.core.gallery.measures.MEASURES`.
        head: for "score" and "doubt".
        like: for "likeness": ids of regions; several count by their mean.
    """

    project: Path
    name: str
    head: Head | None = None
    like: tuple[int, ...] = ()


def measure(request: MeasureRequest, networks: Networks, control: Control) -> Measure:
    """Measure every crop of a project; NaN for those that it cannot be said of.

    Raises:
        InputError: no head, a head that does not fit its backbone, or nothing that can be read.
    """
    return networks.on_device(lambda: _measured(request, networks, control))


def _measured(request: MeasureRequest, networks: Networks, control: Control) -> Measure:
    with Project.open(request.project) as project:
        if request.name == "sharpness":
            crops = read_crops(project)
            looks = read_looks(project, crops.table, crops.media, control)
            return Measure("sharpness", looks.ids, looks.sharpness)
        head = request.head if KINDS[request.name].needs == "head" else None
        if KINDS[request.name].needs == "head" and head is None:
            raise InputError("there is no head yet to score the crops; train one first")
        material = read_material(project, networks, portion(control, 0.0, EMBEDDED), head)
        if len(material.crops) and not material.vectors.known.any():
            raise InputError("the crops cannot be compared: none of their pictures can be read")
        values = _OF[request.name](material, request, portion(control, EMBEDDED, 1 - EMBEDDED))
        return Measure(request.name, material.crops.table.ids, values)


def _unknown(material: Material) -> Values:
    return np.full(len(material.crops), np.nan, np.float32)


def _uniqueness(material: Material, request: MeasureRequest, control: Control) -> Values:
    found, rows = _unknown(material), material.rows()
    if len(rows) > 1:
        nearest = all_nearest(material.vectors.values[rows], 1, control, material.device)[1]
        found[rows] = np.clip(1 - nearest[:, 0], 0, 1)
    return found


def _outlier(material: Material, request: MeasureRequest, control: Control) -> Values:
    found, rows = _unknown(material), material.rows(*SHOWN)
    labels = material.crops.table.labels[rows]
    found[rows] = outliers(material.vectors.values[rows], labels, control, material.device)
    return found


def _suspicion(material: Material, request: MeasureRequest, control: Control) -> Values:
    errors = judge_labels(material, control)
    return Measure("suspicion", errors.ids, errors.suspicion).of(material.crops.table.ids)


def _likeness(material: Material, request: MeasureRequest, control: Control) -> Values:
    asked = material.crops.rows_of(request.like)
    asked = asked[material.vectors.known[asked]]
    if not len(asked):
        raise InputError("the crop to compare with cannot be read")
    return cosines(material.vectors.values, material.vectors.values[asked].astype(np.float32).mean(0))


def _score(material: Material, request: MeasureRequest, control: Control) -> Values:
    """Of the crop's own label; of background the best of any label: how much it looks like something."""
    head = request.head
    assert head is not None
    ids = {**former_names(material.project), **{row.name: row.id for row in material.crops.labels.values()}}
    found, rows = _unknown(material), material.rows()
    own = material.crops.table.labels[rows]
    asked: dict[int, list[int]] = {}  # positions in the head by the label's id: two may have become one
    for place, name in enumerate(head.labels):
        for label in {ids[each] for each in (name, BACKGROUND) if each in ids}:
            asked.setdefault(label, []).append(place)
    for done, (label, places) in enumerate(asked.items()):
        mine = rows[own == label]
        for start in range(0, len(mine), SCORED):
            control.progress((done + start / len(mine)) / len(asked), "scoring")
            some = mine[start : start + SCORED]
            found[some] = head.crop_scores(material.vectors.values[some], places).max(1)
    return found


def _doubt(material: Material, request: MeasureRequest, control: Control) -> Values:
    """Scores are calibrated: the decision is at ½."""
    return 1 - np.abs(2 * _score(material, request, control) - 1)


_OF: dict[str, Callable[[Material, MeasureRequest, Control], Values]] = {
    "uniqueness": _uniqueness,
    "outlier": _outlier,
    "suspicion": _suspicion,
    "likeness": _likeness,
    "score": _score,
    "doubt": _doubt,
}
