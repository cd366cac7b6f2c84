"""Embeddings of windows of frames, through the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.feature_cache import FeatureCache, feature_key
from studio.core.geometry import Window
from studio.ml.backbones.base import Backbone
from studio.ml.crops import Picture, cut_all

CROP_RULE = 1  # counts changes of how a window becomes a crop
BATCH = 256  # crops held at once


class Place(NamedTuple):
    """A window of a frame of a medium; media are told apart by the hash of their content."""

    medium: str
    frame: int
    window: Window


def key_of(place: Place, backbone: Backbone) -> bytes:
    """Everything an embedding depends on."""
    return feature_key("embedding", CROP_RULE, *place, *backbone.embedding_identity)


def rounded(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """As the cache returns them, so that a first run and a cached one agree to the bit."""
    return embeddings.astype(np.float16).astype(np.float32)


def embed_places(
    places: Sequence[Place],
    picture: Callable[[str, int], Picture | None],
    backbone: Backbone,
    cache: FeatureCache,
    control: Control,
) -> NDArray[np.float32]:
    """Embeddings float32 `(n, d)` of `places`; those the cache lacks are computed and kept.

    NaN where `picture` gives none.

    Args:
        places: in any order.
        picture: gives a frame of a medium, uint8 `(height, width, 3)`, or None; asked for each frame once, in order.
        backbone: makes the embeddings.
        cache: of the project.
        control: asked between frames.
    """
    keys = [key_of(place, backbone) for place in places]
    vectors = cache.get(keys)
    missing: dict[tuple[str, int], list[int]] = {}
    for index, (place, vector) in enumerate(zip(places, vectors, strict=True)):
        if vector is None or vector.shape != (backbone.embedding_size,):
            missing.setdefault((place.medium, place.frame), []).append(index)
    crops: list[Picture] = []
    waiting: list[int] = []

    def flush() -> None:
        made = rounded(backbone.embed(np.concatenate(crops)))
        cache.put((keys[index], vector) for index, vector in zip(waiting, made, strict=True))
        for index, vector in zip(waiting, made, strict=True):
            vectors[index] = vector
        crops.clear()
        waiting.clear()

    for done, ((medium, frame), indices) in enumerate(sorted(missing.items())):
        control.progress(done / len(missing), "embeddings")
        if (seen := picture(medium, frame)) is None:
            for index in indices:
                vectors[index] = np.full(backbone.embedding_size, np.nan, np.float32)
            continue
        crops.append(cut_all(seen, [places[i].window for i in indices], backbone.input_size))
        waiting += indices
        if len(waiting) >= BATCH:
            flush()
    if waiting:
        flush()
    return np.array(vectors, np.float32).reshape(len(places), backbone.embedding_size)
