"""A kernel tried as one more feature of the crop part: does the score of held-out time blocks change?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.kernels.chain import Chain
from studio.core.kernels.compute import run_chain
from studio.core.project import BACKGROUND, Project
from studio.ml.backbones.base import Backbone
from studio.ml.crops import cut
from studio.ml.embeddings import Place, embed_places
from studio.ml.heads.fit import fit_crops
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import check_enough, read_regions, windows_of

TOO_SHORT = "too short to hold anything out honestly; label stretches of four seconds or more"


@dataclass(frozen=True)
class TriedLabel:
    """Scores of one label's crops on held-out time blocks, in frames.

    Attributes:
        before, after: "precision", "recall" and "f1" in 0…1, without and with the kernel.
        frames: that were held out.
    """

    name: str
    before: dict[str, float]
    after: dict[str, float]
    frames: int


@dataclass(frozen=True)
class Trial:
    """What a kernel is good for.

    Attributes:
        labels: those that could be judged, in the order of their names.
        added: features that the kernel added to each crop's embedding.
        windows: crops that were learned from and judged.
    """

    labels: tuple[TriedLabel, ...]
    added: int
    windows: int


def try_kernel(project: Project, chain: Chain, backbone: Backbone, kernel: str, control: Control) -> Trial:
    """Fit the crop part twice on the project's regions, without and with what `chain` answers to each crop.

    The folds, the machine ("rbf" or "linear") and all of its numbers are the same in both.

    Raises:
        InputError: too few regions, too little time to hold a block out, or crops too small for the steps.
        Cancelled: through `control`.
    """
    names = {row.id: row.name for row in project.labels()}
    regions = read_regions(project)
    labels = check_enough(regions.usable, names, project.label(BACKGROUND).id)
    with OpenMedia(project) as media, FeatureCache(project.cache / "features.db") as cache:
        windows = windows_of(regions, media, project.label(BACKGROUND).id, backbone.input_size)
        answers = _answers(windows.places, media, chain, backbone.input_size, control)
        embeddings = embed_places(windows.places, media.picture, backbone, cache, control)
        control.progress(0.8, "without the kernel")
        before = fit_crops(windows, embeddings, labels, kernel, media)
        control.progress(0.9, "with the kernel")
        after = fit_crops(windows, with_features(embeddings, answers), labels, kernel, media)
    tried = []
    for label, (_, old), (_, new) in zip(labels, before, after, strict=True):
        if old is not None and new is not None:
            tried.append(TriedLabel(names[label], _numbers(old), _numbers(new), int(old["frames"])))
    if not tried:
        raise InputError(f"there is no score to compare: the labelled stretches are {TOO_SHORT}")
    return Trial(tuple(tried), answers.shape[1], len(windows.places))


def with_features(embeddings: NDArray[np.float32], features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Features `(n, f)` as further channels of embeddings `(n, d)`: `(n, d + f)` float64.

    Each is standardised and then given the mean and the spread that a channel of the embeddings has on average: what
    the machine is trained on has unit length, so that a feature counts by its size.
    """
    channels = np.asarray(embeddings, np.float64)
    spread = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return np.concatenate([channels, standard * channels.std(axis=0).mean() + channels.mean()], axis=1)


def answer(chain: Chain, crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What `chain` answers to a crop: the average of each map and channel, of what is above zero, as a network pools.

    Args:
        chain: some steps.
        crop: uint8 `(side, side, 3)`.

    Returns:
        `(maps · channels,)`; in colour the channels of a map stand side by side.
    """
    return np.concatenate([np.maximum(values, 0).mean(axis=(0, 1)) for values in run_chain(chain, crop).maps])


def _answers(places: list[Place], media: OpenMedia, chain: Chain, side: int, control: Control) -> NDArray[np.float64]:
    """`answer` of each window's crop, as large as the network gets it: `(n, maps · channels)`."""
    by_frame: dict[tuple[str, int], list[int]] = {}
    for index, place in enumerate(places):
        by_frame.setdefault((place.medium, place.frame), []).append(index)
    found: list[NDArray[np.float64]] = [np.zeros(0)] * len(places)
    for done, ((medium, frame), indices) in enumerate(sorted(by_frame.items())):
        control.progress(0.6 * done / len(by_frame), "the kernel over the crops")
        picture = media.picture(medium, frame)
        for index in indices:
            found[index] = answer(chain, cut(picture, places[index].window, side))
    return np.array(found, np.float64)


def _numbers(scores: dict[str, Any]) -> dict[str, float]:
    return {name: float(scores[name]) for name in ("precision", "recall", "f1")}
