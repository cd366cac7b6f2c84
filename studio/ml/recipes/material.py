"""Embeddings of examples, as the app makes them of any crop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError, StudioError
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Window
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.core.recipes.recipe import Parameters, Recipe
from studio.core.training.examples import Examples, read_examples
from studio.ml.backbones.base import Backbone
from studio.ml.crops import Picture
from studio.ml.embeddings import Place, embed_places
from studio.ml.heads.training_set import OpenMedia
from studio.ml.recipes.task import Task

NAMED = 5  # pictures that a note names


def embedded(
    task: Task, backbone: Backbone, rows: NDArray[np.intp], examples: Examples | None = None
) -> NDArray[np.float32]:
    """Embeddings `(len(rows), d)` of examples through the project's cache; NaN where a crop cannot be read.

    What cannot be read is counted and named in the task's notes.

    Args:
        task: whose project has them.
        backbone: makes them.
        rows: of the examples.
        examples: None: those of the task.

    Raises:
        InputError: none of them can be read.
    """
    examples = examples or task.examples
    unread: dict[str, str] = {}
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
    lost = int(np.isnan(found[:, 0]).sum())
    if lost:
        if lost == len(rows):
            raise InputError(next(iter(unread.values())))
        named = ", ".join([*unread][:NAMED]) + ("" if len(unread) <= NAMED else ", …")
        note = f"{counted(lost, 'crop')} could not be read and {'was' if lost == 1 else 'were'} left out: {named}."
        if note not in task.notes:
            task.notes.append(note)
    return found


def _tolerant(media: OpenMedia, unread: dict[str, str]) -> Callable[[str, int], Picture | None]:
    """Gives frames; None, and why in `unread`, for those that cannot be read."""
    paths = {row.sha256: row.path for row in media.rows.values()}

    def picture(sha256: str, frame: int) -> Picture | None:
        try:
            return media.picture(sha256, frame)
        except (StudioError, OSError) as error:
            unread[f"frame {frame} of {paths[sha256]}"] = str(error)
            return None

    return picture


def examples_for(project: Project, recipe: Recipe, parameters: Parameters, side: int) -> Examples:
    """What a recipe learns from and is judged by.

    The network as it is learns nothing: it needs no labels, and what the project has is for judging alone.

    Args:
        project: open.
        recipe: that is carried out.
        parameters: of it.
        side: of the network's pictures in pixels.

    Raises:
        InputError: as `read_examples`.
    """
    as_it_is = recipe.name == "as-is"
    try:
        return read_examples(
            project,
            side,
            whole_images=getattr(parameters, "whole_images", False),
            allow_leaks=as_it_is or getattr(parameters, "allow_leaks", False),
            seed=parameters.seed,
        )
    except InputError as reason:
        if not as_it_is:
            raise
        none = np.zeros(0, np.int64)
        notes = (f"Nothing to judge by: {reason}.",)
        return Examples((), none, none, none, np.zeros((0, 3), np.int64), none, none, none.astype(np.uint8), notes)
