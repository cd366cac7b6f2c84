"""Embeddings of examples, as the app makes them of any crop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError, said
from studio.core.feature_cache import FeatureCache
from studio.core.gallery.crops import Crops
from studio.core.geometry import Window
from studio.core.project import Project
from studio.core.project.opening import source_of
from studio.core.recipes.recipe import Parameters, Recipe
from studio.core.training.examples import Examples, read_examples
from studio.core.training.splitting import Leaks
from studio.ml.backbones.base import Backbone
from studio.ml.crops import Picture
from studio.ml.embeddings import Place, embed_places
from studio.ml.gallery.looks import read_looks
from studio.ml.heads.open_media import OpenMedia
from studio.ml.recipes.task import Task
from studio.ml.recipes.unreadable import leave_out


class NoneReadable(InputError):
    """None of some crops can be read; says why of one of them."""


def check_media(project: Project, examples: Examples) -> None:
    """Look whether there is a medium to learn from, and one to judge by where something is to judge by.

    What a training reads may be kept from an earlier one, so that it would notice at its end alone.

    Raises:
        InputError: all of either are missing, changed, or outside of a project that nobody trusted.
    """
    rows = {row.id: row for row in project.media()}
    for splits in (("train",), ("val", "test")):
        wanted = np.unique(np.concatenate([examples.media[examples.rows(split)] for split in splits])).tolist()
        why = ""
        for medium in wanted:
            try:
                source_of(project, rows[medium])
            except (StudioError, OSError) as error:
                why = why or said(error)
            else:
                break
        else:
            if wanted:
                raise InputError(why)


def embedded(
    task: Task, backbone: Backbone, rows: NDArray[np.intp], examples: Examples | None = None
) -> NDArray[np.float32]:
    """Embeddings `(len(rows), d)` of examples through the project's cache; NaN where a crop cannot be read.

    What cannot be read is counted and listed, see `leave_out`.

    Args:
        task: whose project has them.
        backbone: makes them.
        rows: of the examples.
        examples: None: those of the task.

    Raises:
        NoneReadable: none of them can be read.
    """
    examples = examples or task.examples
    unread: dict[tuple[str, int], str] = {}
    with OpenMedia(task.project) as media, FeatureCache(task.project.cache / "features.db") as cache:
        places = [
            Place(media.rows[medium].sha256, frame, Window(*window))
            for medium, frame, window in zip(
                examples.media[rows].tolist(),
                examples.frames[rows].tolist(),
                examples.windows[rows].tolist(),
                strict=True,
            )
        ]
        found = embed_places(places, _tolerant(media, unread), backbone, cache, task.control)
    lost = np.flatnonzero(np.isnan(found[:, 0])).tolist()
    if lost and len(lost) == len(rows):
        raise NoneReadable(next(iter(unread.values())))
    reasons = (unread.get((places[at].medium, places[at].frame), "its features are no numbers") for at in lost)
    leave_out(task, dict(zip(examples.ids[rows[lost]].tolist(), reasons, strict=True)))
    return found


def _tolerant(media: OpenMedia, unread: dict[tuple[str, int], str]) -> Callable[[str, int], Picture | None]:
    """Gives frames; None, and why in `unread`, for those that cannot be read."""

    def picture(sha256: str, frame: int) -> Picture | None:
        try:
            return media.picture(sha256, frame)
        except (StudioError, OSError) as error:
            unread[sha256, frame] = said(error)
            return None

    return picture


def examples_for(
    project: Project, recipe: Recipe, parameters: Parameters, side: int, control: Control
) -> Examples:  # fmt: skip
    """What a recipe learns from and is judged by.

    The network as it is learns nothing: it needs no labels, and what the project has is for judging alone. For others
    the crops are compared by how they look, as where the gallery looks for leaks; what it does not know yet of them is
    made and kept.

    Args:
        project: open.
        recipe: that is carried out.
        parameters: of it.
        side: of the network's pictures in pixels.
        control: progress, cancelling.

    Raises:
        InputError: as `read_examples`.
    """
    as_it_is = recipe.name == "as-is"
    whole_images = getattr(parameters, "whole_images", False)
    looking = Control(lambda fraction, _: control.progress(fraction, "looking for leaks"))

    def hashes_of(crops: Crops, needed: NDArray[np.bool_]) -> NDArray[np.uint64]:
        kept_as = "frames" if whole_images else "looks"
        try:
            return read_looks(project, crops.table, crops.media, looking, needed, kept_as).hashes
        except Cancelled:  # the run that is about to begin says so
            return np.zeros(len(crops), np.uint64)

    leaks: Leaks = "said" if getattr(parameters, "allow_leaks", False) else "refused"
    try:
        return read_examples(
            project,
            side,
            whole_images=whole_images,
            leaks="ignored" if as_it_is else leaks,
            hashes_of=None if as_it_is else hashes_of,
            seed=parameters.seed,
        )
    except InputError as reason:
        if not as_it_is:
            raise
        none = np.zeros(0, np.int64)
        notes = (f"Nothing to judge by: {reason}.",)
        return Examples((), none, none, none, np.zeros((0, 3), np.int64), none, none, none.astype(np.uint8), notes)
