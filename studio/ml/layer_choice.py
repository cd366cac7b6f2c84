"""Which layer of a network tells a project's things apart best, and what it costs: each stage tried, side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.project import BACKGROUND, Project
from studio.core.scores import average_precision
from studio.core.stages import POOLINGS, Stage, TriedStage, on_front
from studio.ml.backbones.architectures import find_stages, without_weights
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.backbones.stage import GRID, StageBackbone, pooled
from studio.ml.embeddings import embed_places
from studio.ml.folds import Fold, time_folds
from studio.ml.heads.crop import fit_crop
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import Windows, check_enough, read_regions, windows_of
from studio.ml.looking.capture import Capture

MOST_WINDOWS = 1_500  # a head of each stage is trained on them once for every fold
CROPS = 4  # sent through at once where time is taken, as the search modes do
ROUNDS = 15
EMBEDDED, TIMED = 0.5, 0.6  # of the work, when the crops are embedded and the stages timed

Vectors = NDArray[np.float32]


class _Examples(NamedTuple):
    """What heads are trained and judged on for one label; see `Windows`.

    Attributes:
        rows: int `(m,)`: of all windows those that say something about the label.
        positive, taught: bool `(m,)`.
        folds: masks `(m,)`, the same for all stages.
    """

    rows: NDArray[np.intp]
    positive: NDArray[np.bool_]
    taught: NDArray[np.bool_]
    folds: list[Fold]


def try_stages(project: Project, backbone: Backbone, kernel: str, control: Control) -> list[TriedStage]:
    """Train crop parts on every stage of `backbone` with every pooling; from the first layers to the last.

    The same windows and the same held-out time blocks for all, and the times taken in turns within one run.

    Args:
        project: its regions are the examples.
        backbone: the network, at its output.
        kernel: "rbf" or "linear".
        control: progress and cancelling.

    Raises:
        InputError: too few regions, too short to hold anything out honestly, or a network without stages.
    """
    control.progress(0.0, "looking at the examples")
    regions = read_regions(project)
    background = project.label(BACKGROUND).id
    labels = check_enough(regions.usable, {row.id: row.name for row in project.labels()}, background)
    embedder = _EveryStage(backbone)
    with OpenMedia(project) as media, FeatureCache(project.cache / "features.db") as cache:
        windows = _thinned(windows_of(regions, media, background, backbone.input_size))
        examples = [_examples(windows, label, media) for label in labels]
        first_part = Control(lambda fraction, text: control.progress(EMBEDDED * fraction, text))
        found = embedder.taken_apart(embed_places(windows.places, media.picture, embedder, cache, first_part))
    costs = _milliseconds(embedder.base, list(found), control)
    scores = []
    for done, (stage, vectors) in enumerate(found.items()):
        control.progress(TIMED + (1 - TIMED) * done / len(found), str(stage or "output"))
        scores.append(_score(vectors, examples, kernel))
    best = on_front(costs, [score for score, _ in scores])
    return [
        TriedStage(_named(backbone, stage), stage, vectors.shape[1], *score, cost, bool(front))
        for (stage, vectors), score, cost, front in zip(found.items(), scores, costs, best, strict=True)
    ]


def _named(backbone: Backbone, stage: Stage | None) -> str:
    return f"{backbone.name}@{stage}" if stage else backbone.name


def stages_of(backbone: NetworkBackbone) -> list[Stage]:
    """Every stage of a network, with every pooling that its maps of a crop are large enough for.

    Raises:
        InputError: it has none.
    """
    card = backbone.card
    found = find_stages(without_weights(card.architecture, card.classes), card.input_size)
    if not found:
        raise InputError(f"{backbone.name} has no stages with maps that could be compared; choose another network")
    return [
        Stage(layer.name, pooling)
        for layer in found
        for pooling in POOLINGS
        if pooling != "grid" or card.input_size >= GRID * layer.stride
    ]


class _EveryStage(Backbone):
    """The embeddings of all stages and of the output, side by side, from one forward."""

    def __init__(self, base: Backbone) -> None:
        """Look the stages of `base` up; raises an `InputError` where it has none."""
        if not isinstance(base, NetworkBackbone):
            raise InputError(f"{base.name} is an ONNX graph, whose layers cannot be tried; choose another network")
        self.card, self.compute, self.base = base.card, base.compute, base
        self._stages = stages_of(base)
        self.stage = ",".join(map(str, self._stages))
        blank = torch.zeros(1, 3, base.input_size, base.input_size, dtype=torch.uint8)
        self._sizes = [part.shape[1] for part in self._parts(base.prepare(blank))]
        self.embedding_size = sum(self._sizes)

    def _embed(self, crops: NDArray[np.uint8]) -> Vectors:
        return self.base.embed_by(crops, lambda prepared: torch.cat(self._parts(prepared), 1))

    @torch.inference_mode()
    def _parts(self, prepared: torch.Tensor) -> list[torch.Tensor]:
        with Capture(self.base.module, {stage.layer for stage in self._stages}) as capture:
            output = self.base.module(prepared)
        own = [pooled(capture.outputs[stage.layer], stage.pooling) for stage in self._stages]
        return [*own, output.float()]

    def taken_apart(self, vectors: Vectors) -> dict[Stage | None, Vectors]:
        """What each stage makes of n crops, and under None the output.

        A stage that is what the network puts out anyway (the average of a residual network's last one) is left out.
        """
        *parts, output = np.split(vectors, np.cumsum(self._sizes)[:-1], axis=1)
        found: dict[Stage | None, Vectors] = {
            stage: part for stage, part in zip(self._stages, parts, strict=True) if not _same(part, output)
        }
        return found | {None: output}


def _same(first: Vectors, second: Vectors) -> bool:
    """But for the rounding of numbers with seven bits."""
    return first.shape == second.shape and np.allclose(
        first, second, rtol=0.02, atol=0.01 * float(np.abs(second).max())
    )


def _thinned(windows: Windows) -> Windows:
    """At most `MOST_WINDOWS` of them, drawn by lot: every n-th could be of one kind."""
    if len(windows.places) <= MOST_WINDOWS:
        return windows
    kept = np.sort(np.random.default_rng(0).choice(len(windows.places), MOST_WINDOWS, replace=False))
    arrays = ("labels", "against", "taught", "regions", "media", "frames")
    return replace(
        windows,
        places=[windows.places[index] for index in kept],
        **{name: getattr(windows, name)[kept] for name in arrays},
    )


def _examples(windows: Windows, label: int, media: OpenMedia) -> _Examples:
    rows = np.flatnonzero(windows.for_label(label))
    rates = np.array([media.medium(int(medium)).rate for medium in windows.media[rows]])
    folds, honest = time_folds(windows.media[rows], windows.frames[rows], rates)
    if not honest:
        raise InputError(
            "the labelled stretches are too short to compare on: whole blocks of two seconds are held out, so follow "
            "the object through four seconds or more"
        )
    return _Examples(rows, windows.labels[rows] == label, windows.taught[rows], folds)


def _milliseconds(base: NetworkBackbone, stages: Sequence[Stage | None], control: Control) -> list[float]:
    """For a crop as far as each stage: the median of `ROUNDS`, in which all take their turn. Pooling costs nothing."""
    layers = list(dict.fromkeys(stage and stage.layer for stage in stages))
    runners = {layer: base if layer is None else StageBackbone(base, Stage(layer, "avg")) for layer in layers}
    crops = np.zeros((CROPS, base.input_size, base.input_size, 3), np.uint8)
    taken: dict[str | None, list[float]] = {layer: [] for layer in layers}
    for number in range(-1, ROUNDS):  # the first one is to get warm
        control.progress(EMBEDDED + (TIMED - EMBEDDED) * max(number, 0) / ROUNDS, "timing")
        for layer, runner in runners.items():
            began = time.perf_counter()
            runner.embed(crops)
            taken[layer] += [time.perf_counter() - began] * (number >= 0)
    medians = {layer: 1000 * statistics.median(seconds) / CROPS for layer, seconds in taken.items()}
    return [medians[stage and stage.layer] for stage in stages]


def _score(vectors: Vectors, examples: Sequence[_Examples], kernel: str) -> tuple[float, float]:
    """Average precision on held-out windows: the mean over blocks and labels, and the spread over blocks."""
    means, spreads = [], []
    for each in examples:
        margins = fit_crop(vectors[each.rows], each.positive, kernel, each.folds, each.taught).margins
        precisions = [
            average_precision(margins[test], each.positive[test], int(each.positive[test].sum()))
            for _, test in each.folds
            if np.isfinite(margins[test]).all() and 0 < each.positive[test].sum() < test.sum()
        ]
        if precisions:
            means.append(statistics.mean(precisions))
            spreads.append(statistics.stdev(precisions) if len(precisions) > 1 else 0.0)
    if not means:
        raise InputError("no held-out block has both the object and background; follow the object through more of it")
    # Equal ones are equal: sums of the same parts in another order would make one the better.
    return round(statistics.mean(means), 6), round(statistics.mean(spreads), 6)
