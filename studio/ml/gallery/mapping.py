"""The map of a project's crops: what is known of it is kept, what is new is placed, and the rest is arranged."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import feature_key
from studio.core.gallery.crop_map import CropMap, keep_map, read_map
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.ml.gallery.material import read_material
from studio.ml.gallery.neighbours import all_nearest
from studio.ml.gallery.placing import place
from studio.ml.gallery.projection import EARLY, FEWEST, NEIGHBOURS, STEPS, arrange, principal
from studio.ml.gallery.reading import portion
from studio.ml.gallery.records import identities
from studio.ml.networks import Networks

MOST = 50_000  # crops that are arranged; of more, so many evenly, and the others are placed among them
NEW = 0.25  # share of placed crops from which all are arranged again, from where they are
PAUSE = 0.25  # seconds between two pictures of the arranging
_READ, _COMPARED = 0.3, 0.4  # how far the work is when embeddings are read, and when neighbours are known


def make_map(folder: Path, networks: Networks, control: Control) -> CropMap:
    """The map of all crops whose pictures can be read, for the network of the project.

    Published on the way: the map as it was kept, with new crops at their neighbours and without those that are gone;
    else principal components, and then what t-SNE makes of them. How far it was arranged when it is cancelled is kept
    too, and gone on with the next time. Places of crops that are gone are kept as long as the others stay where they
    are: undo brings them back there.

    Args:
        folder: of the project.
        networks: of this thread.
        control: progress, maps on the way, cancelling.

    Raises:
        InputError: none of the crops can be read.
    """
    return networks.on_device(lambda: _made(folder, networks, control))


def _made(folder: Path, networks: Networks, control: Control) -> CropMap:
    with Project.open(folder) as project:
        material = read_material(project, networks, portion(control, 0.0, _READ))
        rows = material.rows()
        if len(material.crops) and not len(rows):
            raise InputError("there is no map: none of the crops' pictures can be read")
        vectors = material.vectors.values
        values = vectors if len(rows) == len(vectors) else vectors[rows]
        pictures = identities(material.crops.table.taken(rows), material.crops.media)
        network = feature_key(*networks.backbone(chosen_backbone(project)).embedding_identity).hex()
        mapper = Mapper(values, pictures, network, material.device)
        kept = read_map(project)
        made = mapper.continued(kept, control) or mapper.begun(control)
        control.publish(made)
        try:
            made = mapper.arranged(made, control)
        finally:
            if mapper.newest is not None:
                keep_map(project, mapper.newest)
        return made


class Mapper:
    """Makes the map of some crops.

    Attributes:
        newest: what is worth keeping, or None.
    """

    def __init__(
        self, values: NDArray[np.float16], pictures: NDArray[np.void], network: str, device: torch.device | str
    ) -> None:
        """Of embeddings `(n, d)` without NaN, of what they depend on, `(n,)`, and of the network that made them."""
        self.newest: CropMap | None = None
        self._values, self._pictures, self._network, self._device = values, pictures, network, device

    def begun(self, control: Control) -> CropMap:
        """Principal components."""
        points = principal(self._values, control, self._device)
        return CropMap(self._pictures, points, np.zeros(len(points), np.uint16), self._network)

    def continued(self, kept: CropMap | None, control: Control) -> CropMap | None:
        """The map that was kept, as it is with the crops of now; None where it knows too few of them."""
        wanted = self._pictures
        if kept is None or kept.network != self._network or kept.pictures.dtype != wanted.dtype or not len(kept.points):
            return None
        at = np.minimum(np.searchsorted(kept.ids, wanted["region"]), len(kept.points) - 1)
        there = kept.pictures[at] == wanted
        if 2 * there.sum() < min(len(wanted), MOST):
            return None
        points, steps = kept.points[at], np.where(there, kept.steps[at], 0).astype(np.uint16)
        made = CropMap(wanted, points, steps, self._network)
        if not there.all():
            points[~there] = self._placed(~there, there, points, control)
            self.newest = _with_gone(made, kept)
        return made

    def arranged(self, made: CropMap, control: Control) -> CropMap:
        """Take the steps that are missing; those that were only placed among many take part."""
        chosen, done = self._chosen(made)
        if len(made.points) < FEWEST or done == STEPS:
            return made
        points = made.points.copy()
        points[chosen] = self._moved(made, chosen, done, control)
        steps = np.zeros(len(points), np.uint16)
        steps[chosen] = STEPS
        if not chosen.all():
            points[~chosen] = self._placed(~chosen, chosen, points, control)
        self.newest = CropMap(self._pictures, points, steps, self._network)
        return self.newest

    @staticmethod
    def _chosen(made: CropMap) -> tuple[NDArray[np.bool_], int]:
        """Which crops are arranged, and how many steps they have behind them."""
        count, settled = len(made.points), made.steps > 0
        done = int(made.steps.max(initial=0))
        many_new = int((~settled).sum()) > NEW * count and int(settled.sum()) < MOST // 2
        if done and not many_new:
            return settled, done
        chosen = np.zeros(count, bool)
        chosen[np.linspace(0, count - 1, min(count, MOST)).astype(np.intp)] = True
        return chosen, min(done, EARLY)

    def _moved(self, made: CropMap, chosen: NDArray[np.bool_], done: int, control: Control) -> NDArray[np.float32]:
        values = self._values if chosen.all() else self._values[chosen]
        part = portion(control, _READ, _COMPARED - _READ)
        neighbours, _ = all_nearest(values, NEIGHBOURS, part, self._device)
        whole = replace(made, pictures=self._pictures[chosen])
        published = time.monotonic()

        def on_step(points: NDArray[np.float32], step: int) -> None:
            nonlocal published
            steps = np.full(len(points), step, np.uint16)
            self.newest = now = replace(whole, points=points, steps=steps)
            control.progress(_COMPARED + (1 - _COMPARED) * step / STEPS, "arranging the map")
            if time.monotonic() - published > PAUSE:
                published = time.monotonic()
                control.publish(now)

        return arrange(neighbours, made.points[chosen], done, torch.get_num_threads(), on_step)

    def _placed(
        self,
        new: NDArray[np.bool_],
        settled: NDArray[np.bool_],
        points: NDArray[np.float32],
        control: Control,
    ) -> NDArray[np.float32]:
        return place(self._values[new], self._values[settled], points[settled], control, self._device)


def _with_gone(made: CropMap, kept: CropMap) -> CropMap:
    """And those of `kept` that are no more, at most `MOST` of them."""
    gone = np.flatnonzero(~np.isin(kept.ids, made.ids))[-MOST:]
    pictures = np.concatenate([made.pictures, kept.pictures[gone]])
    order = np.argsort(pictures["region"])
    points = np.concatenate([made.points, kept.points[gone]])[order]
    return CropMap(pictures[order], points, np.concatenate([made.steps, kept.steps[gone]])[order], made.network)
