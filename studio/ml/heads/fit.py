"""Fitting a head to what a project holds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.project import BACKGROUND, Project
from studio.core.project.held_back import HeldBack
from studio.core.scores import evaluate_frames
from studio.ml.backbones.base import Backbone
from studio.ml.calibration import Calibration
from studio.ml.embeddings import embed_places
from studio.ml.folds import time_folds
from studio.ml.heads.crop import CropFit, fit_crop
from studio.ml.heads.dense import LEVELS, DensePart
from studio.ml.heads.dense_fit import DenseFit, TooThin, fit_dense
from studio.ml.heads.head import ARCHITECTURE, Head, HeadCard
from studio.ml.heads.kept import Kept
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import Regions, Windows, check_enough, labelled_frames, read_regions, windows_of
from studio.ml.pyramid import scale_of

KERNELS = ("rbf", "linear")
FILLED = 0.9  # share of a picture, from which an object is all that it shows
FEWEST = 2  # regions of a label that a search for it is learned from, and scores that mean something
UNSAVED = "0" * 64  # the sha256 of a head that has no file


@dataclass(frozen=True)
class Fitted:
    """A head and what is to be said about it.

    Attributes:
        scores: for each label "crop" and "dense", each with precision, recall and f1 per held-out frame, or None
            where the material is too short to hold anything out honestly.
        positives, negatives: windows the crop part was trained on.
        seconds: of the fit, by part.
        kept: for each label what its dense part was trained on; empty where there are none.
        unread: why some frames could not be read, whose regions are left out.
    """

    head: Head
    scores: dict[str, dict[str, Any]]
    positives: int
    negatives: int
    seconds: dict[str, float]
    kept: tuple[Kept, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def f1(self) -> float | None:
        """See `mean_f1`."""
        return mean_f1(self.scores)


def mean_f1(scores: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Of the dense part where there is one, else of the crop part; the mean over labels that have a score."""
    best = [parts.get("dense") or parts.get("crop") for parts in scores.values()]
    values = [float(part["f1"]) for part in best if part]
    return sum(values) / len(values) if values else None


def fit(
    project: Project,
    name: str,
    backbone: Backbone,
    kernel: str,
    seed: int,
    control: Control,
    held: HeldBack | None = None,
    fewest: int = FEWEST,
) -> Fitted:
    """Train a head on the regions of `project`; it is not saved yet.

    Args:
        project: open.
        name: of the head.
        backbone: that it stands on.
        kernel: one of `KERNELS`.
        seed: of the dense part.
        control: progress, cancelling.
        held: what is kept from training; None: what the splits say.
        fewest: regions that each label must have; of one alone the scores are not calibrated, nor its frames searched.

    Raises:
        InputError: too few regions, an unknown kernel, or media that are missing, changed or not trusted.
    """
    if kernel not in KERNELS:
        raise InputError(f"unknown kernel {kernel!r}; there are: {', '.join(KERNELS)}")
    history = project.position
    names = {row.id: row.name for row in project.labels()}
    background = project.label(BACKGROUND).id
    regions = read_regions(project, held)
    check_enough(regions.usable, names, background, fewest)  # before anything takes time
    seconds: dict[str, float] = {}
    with OpenMedia(project) as media:
        with _clock(seconds, "embeddings"):
            regions, windows, embeddings = _embedded(project, regions, media, backbone, control)
            labels = check_enough(regions.usable, names, background, fewest)
        with _clock(seconds, "crop"):
            crops = fit_crops(windows, embeddings, labels, kernel, media)
        with _clock(seconds, "dense"), FeatureCache(project.cache / "maps.db") as maps:
            dense, why_not = fit_dense_parts(project, regions, labels, media, backbone, seed, control, maps)
    _tell_calibration_apart(seconds, [crop for crop, _ in crops], dense)
    positives = int((windows.labels != background).sum())
    negatives = len(windows.labels) - positives
    card = _card(
        project, backbone, [names[label] for label in labels], crops, dense, name=name, kernel=kernel, seed=seed,
        history=history, window_side=windows.usual_side, why_not_dense=why_not,
        training=_how(backbone, seconds) | {"positives": positives, "negatives": negatives},
    )  # fmt: skip
    head = Head(card, tuple(crop.part for crop, _ in crops), tuple(each.part for each in dense))
    kept = tuple(each.kept for each in dense)
    return Fitted(head, card.scores, positives, negatives, seconds, kept, tuple(media.unread.values()))


def _embedded(
    project: Project, regions: Regions, media: OpenMedia, backbone: Backbone, control: Control
) -> tuple[Regions, Windows, NDArray[np.float32]]:
    """The windows of regions with their embeddings; without those on frames that cannot be read."""
    with FeatureCache(project.cache / "features.db") as cache:
        windows = windows_of(regions, media, project.label(BACKGROUND).id, backbone.input_size)
        embeddings = embed_places(windows.places, media.readable, backbone, cache, control)
    if not media.unread:
        return regions, windows, embeddings
    known = np.flatnonzero(np.isfinite(embeddings[:, 0]))
    return regions.without(media.unread), windows.taken(known), embeddings[known]


def _card(
    project: Project,
    backbone: Backbone,
    labels: list[str],
    crops: list[tuple[CropFit, dict[str, Any] | None]],
    dense: list[DenseFit],
    **facts: Any,  # noqa: ANN401 - its other fields
) -> HeadCard:
    return HeadCard(
        architecture=ARCHITECTURE,
        licence="yours: trained on your own pictures",
        source=f"project {project.name}",
        sha256=UNSAVED,
        backbone=backbone.name,
        backbone_sha256=backbone.sha256,
        labels=labels,
        dense=bool(dense),
        searched_sizes={name: searched_sizes(each.part, backbone) for name, each in zip(labels, dense, strict=False)},
        scores=_scores(labels, [scores for _, scores in crops], dense),
        project=project.id,
        **facts,
    )


def _tell_calibration_apart(seconds: dict[str, float], crops: list[CropFit], dense: list[DenseFit]) -> None:
    """Take what the folds took out of the times of the two parts."""
    seconds["calibration"] = 0.0
    for part, fits in (("crop", crops), ("dense", dense)):
        spent = sum(each.calibration_seconds for each in fits)
        seconds[part] = round(seconds[part] - spent, 4)
        seconds["calibration"] = round(seconds["calibration"] + spent, 4)


def fit_crops(
    windows: Windows, embeddings: NDArray[np.floating], labels: list[int], kernel: str, opened: OpenMedia
) -> list[tuple[CropFit, dict[str, Any] | None]]:
    """The crop part of each label, and its scores where something could be held out honestly."""
    rate_of = {medium: opened.medium(int(medium)).rate for medium in np.unique(windows.media)}
    fitted = []
    for label in labels:
        rows = np.flatnonzero(windows.for_label(label))
        media, frames = windows.media[rows], windows.frames[rows]
        folds, honest = time_folds(media, frames, np.array([rate_of[medium] for medium in media]))
        positive = windows.labels[rows] == label
        crop = fit_crop(embeddings[rows], positive, kernel, folds, windows.taught[rows])
        judged = honest and np.isfinite(crop.margins[positive]).any()  # a single one is needed wherever it trains
        scores = _frame_scores(media, frames, positive, crop.margins, crop.part.calibration) if judged else None
        fitted.append((crop, scores))
    return fitted


def _frame_scores(
    media: NDArray[np.int64],
    frames: NDArray[np.int64],
    positive: NDArray[np.bool_],
    margins: NDArray[np.float64],
    calibration: Calibration,
) -> dict[str, Any]:
    """Per held-out frame: found when a window with the object fires, a false alarm when one without it does."""
    known = np.isfinite(margins)
    fires = known & (margins >= calibration.middle)
    frame = np.unique(np.stack([media, frames]), axis=1, return_inverse=True)[1].ravel()
    count = int(frame.max()) + 1

    def any_in(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(frame[mask], minlength=count) > 0

    objects = any_in(known & positive)
    hits = int((any_in(fires & positive) & objects).sum())
    alarms = int(any_in(fires & ~positive).sum())
    misses = int(objects.sum()) - hits
    return {
        "precision": hits / (hits + alarms) if hits else 0.0,
        "recall": hits / (hits + misses) if hits else 0.0,
        "f1": 2 * hits / (2 * hits + alarms + misses) if hits else 0.0,
        "frames": int(any_in(known).sum()),
    }


def fit_dense_parts(
    project: Project,
    regions: Regions,
    labels: list[int],
    media: OpenMedia,
    backbone: Backbone,
    seed: int,
    control: Control,
    cache: FeatureCache,
) -> tuple[list[DenseFit], str | None]:
    """A dense part for each label; or none, and why."""
    if not backbone.has_maps:
        return [], backbone.why_no_maps
    counts = Counter(row.label for row in regions.usable)
    if few := [label for label in labels if counts[label] < FEWEST]:
        name = next(row.name for row in project.labels() if row.id == few[0])
        return [], f"{name} has fewer than {FEWEST} regions to learn a search from"
    if not _are_searched(regions, labels, media):
        return [], "the pictures show nothing but the labelled objects"
    try:
        return [
            fit_dense(backbone, labelled_frames(project, regions, label, media), seed, control, cache)
            for label in labels
        ], None
    except TooThin as reason:
        return [], str(reason)


def _are_searched(regions: Regions, labels: list[int], media: OpenMedia) -> bool:
    """Whether objects have something around them, as in a folder for each class they have not."""
    sizes = {medium: media.size(medium) for medium in {row.medium for row in regions.usable}}
    return any(
        row.width * row.height < FILLED * sizes[row.medium][0] * sizes[row.medium][1]
        for row in regions.usable
        if row.label in labels
    )


def _scores(
    labels: list[str], crops: list[dict[str, Any] | None], dense: list[DenseFit]
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """For each label those of its crop part and of its dense part, where it has one."""
    return {
        label: {"crop": crop, "dense": _dense_scores(dense[place]) if dense else None}
        for place, (label, crop) in enumerate(zip(labels, crops, strict=True))
    }


def _dense_scores(fitted: DenseFit) -> dict[str, Any] | None:
    if not fitted.held_out:
        return None
    scores = asdict(evaluate_frames(fitted.held_out, 0.5))
    return {name: scores[name] for name in ("precision", "recall", "f1", "mean_iou", "frames")}


def searched_sizes(part: DensePart, backbone: Backbone) -> tuple[float, float]:
    """The least and the largest √(width × height) in pixels of objects that a dense part looks for."""
    _, rows, columns = part.kernel.shape
    pixels = float(np.sqrt(rows * columns)) * backbone.stride
    sizes = [pixels / scale_of(part.exponent + step) for step in (LEVELS[-1], LEVELS[0])]
    return round(sizes[0], 1), round(sizes[1], 1)


def _how(backbone: Backbone, seconds: dict[str, float]) -> dict[str, Any]:
    dtype = str(backbone.compute.dtype).removeprefix("torch.")
    return {"device": str(backbone.compute.device), "dtype": dtype, "seconds": dict(seconds)}


class _clock:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = round(time.perf_counter() - self._started, 4)
