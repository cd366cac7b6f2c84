"""Why did it fire: the training crops nearest to a detection, and how much each pulls its score up or down.

The margin of the crop part is a sum over its supports, margin(x) = Σᵢ coefficientᵢ · k(supportᵢ, x) + intercept, for
both kernels. A support is the embedding of a window that it was trained on, so each term belongs to a training crop:
that is the crop's *pull*, above zero where it speaks for the label. Crops that lie beyond the margin are no supports
and pull by nothing, however similar they look. A detection of the dense part is explained by the same sum, on the crop
in its box.

A head of dense layers keeps no examples, so nothing pulls: the crops that its network finds most alike are all there is
to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Box, crop_window
from studio.core.project import BACKGROUND, Project
from studio.ml.backbones.base import Backbone
from studio.ml.crops import Picture, cut
from studio.ml.embeddings import embed_places, rounded
from studio.ml.heads.crop import CropPart, kernel_values, unit_length
from studio.ml.heads.head import Head
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import Windows, read_regions, windows_of

ALIKE = 1e-6  # squared distance up to which a support is the embedding of a window


@dataclass(frozen=True)
class Example:
    """A training crop beside a detection.

    Attributes:
        region: id of its row; None for a window that was derived from the frame and never stored.
        medium, frame: where it is.
        box: of the window, in pixels of the frame: the square that the network saw.
        label: name of the label it is an example of, "background" for a negative.
        rejected: it is a detection that a person rejected.
        similarity: cosine of its embedding with the detection's, −1…1.
        pull: its term of the margin.
    """

    region: int | None
    medium: int
    frame: int
    box: Box
    label: str
    rejected: bool
    similarity: float
    pull: float


@dataclass(frozen=True)
class Reasons:
    """What the crop part says about a detection, and why.

    Attributes:
        examples: the nearest of those that pull, nearest first; then the nearest of the others.
        score: of the crop.
        margin: of the crop.
        intercept: the constant of the margin.
        others: what all training crops that are not among the examples pull together, those that are no longer in the
            project too; examples' pulls + others + intercept = margin.
        kept: whether the head keeps examples at all; where it does not, pulls and margin are 0.
    """

    examples: tuple[Example, ...]
    margin: float
    score: float
    intercept: float
    others: float
    kept: bool = True


def nearest_examples(
    head: Head, backbone: Backbone, folder: Path, picture: Picture, box: Box, label: str, control: Control,
    count: int = 8,
) -> Reasons:  # fmt: skip
    """The training crops most similar to a detection among those that pull its score, with their pull.

    Args:
        head: what found it.
        backbone: of the head.
        folder: of the project; its examples as they are now.
        picture: uint8 `(height, width, 3)` RGB, the frame.
        box: of the detection, in pixels.
        label: name of its label.
        control: asked while embeddings are computed that are not cached.
        count: how many.

    Raises:
        InputError: the head stands on another backbone, or the project cannot be read or holds no examples.
    """
    head.check(backbone)
    place = head.labels.index(label)
    part = head.crop[place] if head.layers is None else None
    window = crop_window(box, backbone.input_size, picture.shape[1], picture.shape[0])
    embedding = rounded(backbone.embed(cut(picture, window, backbone.input_size)[None]))
    with Project.open(folder) as project:
        background = project.label(BACKGROUND).id
        names = {row.id: row.name for row in project.labels()}
        regions = read_regions(project)
        if not regions.usable:
            raise InputError(f"this project holds no examples: {head.card.name} learned from those of another one")
        with OpenMedia(project) as media, FeatureCache(project.cache / "features.db") as cache:
            windows = windows_of(regions, media, background, backbone.input_size)
            known = embed_places(windows.places, media.picture, backbone, cache, control)
    unit, own = unit_length(known), unit_length(embedding)
    similarities = (unit @ own.T)[:, 0].numpy()
    pulls = _pulls(part, unit, own) if part is not None else np.zeros(len(unit))
    # The other labels' rejections teach this one nothing.
    speaks = windows.for_label(next((i for i, name in names.items() if name == label), 0))
    # Most crops do not pull at all (they are no supports) and explain nothing: they come after those that do.
    order = [int(i) for i in np.lexsort((-similarities, pulls == 0)) if speaks[i]][:count]
    examples = tuple(_example(windows, i, names, float(similarities[i]), float(pulls[i])) for i in order)
    score = float(head.crop_scores(embedding, [place])[0, 0])
    if part is None:
        return Reasons(examples, 0.0, score, 0.0, 0.0, kept=False)
    margin = float(part.margins(embedding)[0])
    others = margin - part.intercept - sum(example.pull for example in examples)
    return Reasons(examples, margin, score, part.intercept, others)


def _pulls(part: CropPart, unit: torch.Tensor, own: torch.Tensor) -> NDArray[np.float64]:
    """Each support's term of the margin, credited to the window `(n,)` whose embedding it is.

    Windows with equal embeddings, as of equal crops, share one: it goes to the first of them.
    """
    terms = (part.coefficients * kernel_values(own, part.support, part.gamma)[0]).numpy()
    pulls = np.zeros(len(unit))
    closest = (part.support @ unit.T).max(1)
    same = (2 - 2 * closest.values < ALIKE).numpy()
    np.add.at(pulls, closest.indices.numpy()[same], terms[same])
    return pulls


def _example(windows: Windows, index: int, names: dict[int, str], similarity: float, pull: float) -> Example:
    window = windows.places[index].window
    against = int(windows.against[index])
    return Example(
        int(windows.regions[index]) or None,
        int(windows.media[index]),
        int(windows.frames[index]),
        Box(*map(float, (window.x, window.y, window.side, window.side))),
        names[against or int(windows.labels[index])],
        against != 0,
        similarity,
        pull,
    )
