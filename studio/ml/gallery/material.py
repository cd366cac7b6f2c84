"""The crops of a project and their embeddings: what is compared, clustered and judged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.gallery.crops import Crops, read_crops
from studio.core.media import open_medium
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.media import locate
from studio.core.project.row_checks import STATES
from studio.ml.gallery.duplicates import Duplicates, find_duplicates
from studio.ml.gallery.held_out import hold_out
from studio.ml.gallery.label_errors import LabelErrors, find_label_errors
from studio.ml.gallery.looks import Looks, read_looks
from studio.ml.gallery.reading import portion
from studio.ml.gallery.vectors import Vectors, read_vectors
from studio.ml.heads.head import Head
from studio.ml.networks import Networks

SHOWN = ("visible", "occluded")  # states of crops that show what their label says


@dataclass(frozen=True, eq=False)
class Material:
    """The crops of a moment with their embeddings, row by row.

    Attributes:
        project: open for reading, as long as it is worked with.
        crops: all of them.
        vectors: of the same regions.
        device: where they are compared.
    """

    project: Project
    crops: Crops
    vectors: Vectors
    device: torch.device

    def rows(self, *states: str) -> NDArray[np.intp]:
        """The rows of crops in one of these states (none given: in any) whose picture could be read."""
        usable = self.vectors.known
        if states:
            usable &= np.isin(self.crops.table.states, [STATES.index(state) for state in states])
        return np.flatnonzero(usable)


def read_material(project: Project, networks: Networks, control: Control, head: Head | None = None) -> Material:
    """All crops of `project` and their embeddings; those that were never made are computed.

    Args:
        project: open on this thread.
        networks: of this thread.
        control: progress and cancelling.
        head: whose network makes them; None: the backbone that was chosen for the project.
    """
    crops = read_crops(project)
    chosen = networks.of(head) if head is not None else networks.backbone(chosen_backbone(project))
    vectors = read_vectors(project, crops.table, crops.media, chosen, control)
    return Material(project, crops, vectors, networks.compute.device)


def judge_labels(material: Material, control: Control) -> LabelErrors:
    """Which labels are probably wrong; of crops that are ignored or outside of the picture nothing is said."""
    rows = material.rows(*SHOWN, "rejected")
    chosen = material.crops.table.taken(rows)
    held = hold_out(chosen, material.crops.media, rates_of(material))
    rejected = chosen.states == STATES.index("rejected")
    return find_label_errors(chosen.ids, material.vectors.values[rows], chosen.labels, rejected, held, control)


def compare(material: Material, control: Control) -> tuple[Duplicates, Looks]:
    """Which crops look alike, for any threshold; and how sharp each is, to choose the one to keep."""
    table = material.crops.table.taken(material.rows(*SHOWN))
    looks = read_looks(material.project, table, material.crops.media, portion(control, 0.0, 0.5))
    vectors = Vectors(table.ids, material.vectors.values[material.rows(*SHOWN)])
    return find_duplicates(vectors, table.labels, looks, portion(control, 0.5, 0.5), material.device), looks


def rates_of(material: Material) -> dict[int, float]:
    """Frames a second of the media that can be read; pictures have no times."""
    found: dict[int, float] = {}
    for medium in np.unique(material.crops.table.media):
        row = material.crops.media.get(int(medium))
        if row is not None and row.kind != "stills":
            with suppress(StudioError, OSError):
                opened = open_medium(locate(material.project, row), material.project.cache)
                found[row.id] = opened.rate
                opened.close()
    return found
