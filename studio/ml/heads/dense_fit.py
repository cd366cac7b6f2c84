"""Training the dense part: a linear SVM with hard negatives mined from complete frames, and its held-out folds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.errors import StudioError
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import intersections, iou_matrix
from studio.core.scores import JudgedFrame
from studio.ml.backbones.base import Backbone
from studio.ml.calibration import UNCALIBRATED, Calibration, calibrate
from studio.ml.folds import time_folds
from studio.ml.heads.dense import MOST_CELLS, DensePart, candidates, clipped, standing
from studio.ml.heads.dense_frames import LabelledFrame, background_known, levels_of, rejected_windows, within_bytes
from studio.ml.heads.dense_samples import (
    ALTERED_VIEWS,
    NEGATIVE_OVERLAP,
    SampleSet,
    View,
    Window,
    altered_view,
    first_samples,
    whole_frame,
)
from studio.ml.heads.kept import Kept, kept_samples
from studio.ml.pyramid import exponent_for, scale_of
from studio.ml.ridge import ridge
from studio.ml.svm import Machine, linear_gram, train_machine

OBJECT_PIXELS = 56  # √(width × height) in the level that fits: seven cells of stride 8
ROUNDS = 3
MINED = 6  # windows of a frame and round
MINED_ABOVE = -1.0  # margin: what lies beyond is already told apart
BOX_PENALTY = 10.0
LOWEST_DECISION = -0.75  # margin: nearer to −1 lies what every background looks like
LEAST_FIT = 0.4  # IoU of the window of whole cells with the usual object
REJECTED_WINDOWS = 8  # of a frame, the best overlapping ones


class TooThin(StudioError):
    """No window of whole cells covers the labelled objects well enough to learn from."""


@dataclass(frozen=True)
class DenseFit:
    """A dense part, and how it did on frames that were held out.

    Attributes:
        held_out: what fold heads said about their held-out frames, with the truth; empty where the frames span less
            than two blocks of two seconds, so that no honest score exists.
        kept: the windows trained on, with the solution.
        calibration_seconds: of the time spent, what the folds took.
    """

    part: DensePart
    held_out: list[JudgedFrame]
    kept: Kept
    calibration_seconds: float


def choose_window(boxes: NDArray[np.float64], stride: int) -> Window:
    """The window of a label: its median size on the level where it fits best, in cells."""
    sizes = np.median(boxes[:, 2:], axis=0)
    exponent = exponent_for(float(np.median(np.sqrt(boxes[:, 2] * boxes[:, 3]))), OBJECT_PIXELS)
    while max(sizes) * scale_of(exponent) / stride > MOST_CELLS + 0.5:  # long things are searched on a smaller level
        exponent -= 1
    columns, rows = (int(np.clip(round(v * scale_of(exponent) / stride), 1, MOST_CELLS)) for v in sizes)
    return Window(columns, rows, exponent)


def fit_dense(
    backbone: Backbone,
    frames: Sequence[LabelledFrame],
    seed: int,
    control: Control,
    cache: FeatureCache | None = None,
) -> DenseFit:
    """Train the dense part of one label.

    Args:
        backbone: with maps.
        frames: at least one of them with an object.
        seed: for the altered views and random negatives.
        control: asked between views, rounds and folds: whoever cancels a fit waits for the next one.
        cache: for the maps of frames that name their source.

    Raises:
        TooThin: no window of whole cells fits the objects.
    """
    random = np.random.default_rng(seed)
    window = choose_window(np.concatenate([frame.boxes for frame in frames]), backbone.stride)
    if _fit_of(window, np.concatenate([frame.boxes for frame in frames]), backbone.stride) < LEAST_FIT:
        raise TooThin("the labelled objects are too thin for windows of whole feature cells")
    frames = within_bytes(frames, backbone, window)
    views: list[View] = []
    for index, frame in enumerate(frames):
        control.progress(0.7 * index / len(frames), "feature maps")
        views += whole_frame(levels_of(backbone, window, frame, cache), window, index, frame.boxes)
        for _ in range(ALTERED_VIEWS if len(frame.boxes) else 0):
            control.checkpoint()
            views.append(altered_view(backbone, window, index, frame.picture, frame.boxes, random))
    trainer = _Trainer(backbone, window, frames, views, random, control)
    for turn in range(ROUNDS):
        control.progress(0.7 + 0.2 * turn / ROUNDS, "hard negatives")
        trainer.mine()
    control.progress(0.9, "calibration")
    return trainer.finish()


def _fit_of(window: Window, boxes: NDArray[np.float64], stride: int) -> float:
    """IoU of the window with a box of the median size around the same centre."""
    cells = np.array([window.columns, window.rows]) * stride / scale_of(window.exponent)
    usual = np.median(boxes[:, 2:], axis=0)
    shared = np.minimum(cells, usual).prod()
    return float(shared / (cells.prod() + usual.prod() - shared))


class _Trainer:
    """The samples of one label, their Gram matrix, and what is trained on all or a fold of them."""

    def __init__(
        self,
        backbone: Backbone,
        window: Window,
        frames: Sequence[LabelledFrame],
        views: list[View],
        random: np.random.Generator,
        control: Control,
    ) -> None:
        self._control = control
        self._backbone, self._window, self._frames, self._views = backbone, window, frames, views
        self._samples: SampleSet = first_samples(background_known(views, frames), random)
        self._gram: torch.Tensor | None = None
        self._mined: set[tuple[int, int]] = set()
        self._add_rejected()

    def train(self, frames: NDArray[np.bool_] | None) -> DensePart:
        """An uncalibrated part from the samples of the frames in the mask (None: all)."""
        machine, kernel = self._machine(frames)
        box_weights, box_bias = self._box_regression(frames)
        return DensePart(kernel, machine.intercept, box_weights, box_bias, self._window.exponent, UNCALIBRATED)

    def _machine(self, frames: NDArray[np.bool_] | None) -> tuple[Machine, torch.Tensor]:
        """A machine on the samples of these frames (None: all), and its weights as a kernel."""
        features, positive = self._samples.features, self._samples.positive
        if self._gram is None or len(self._gram) < len(features):
            self._gram = linear_gram(features, self._gram)
        rows = None if frames is None else np.flatnonzero(frames[self._samples.frames])
        machine = train_machine(self._gram.cpu().numpy(), positive, rows)
        support = features[torch.from_numpy(machine.support)]
        weights = torch.from_numpy(machine.coefficients).float().to(features.device) @ support
        return machine, weights.view(self._backbone.channels, self._window.rows, self._window.columns)

    def _box_regression(self, frames: NDArray[np.bool_] | None) -> tuple[torch.Tensor, torch.Tensor]:
        features = self._samples.box_features
        offsets = torch.from_numpy(self._samples.offsets).float().to(features.device)
        if frames is not None:
            rows = torch.from_numpy(np.flatnonzero(frames[self._samples.box_frames])).to(features.device)
            features, offsets = features[rows], offsets[rows]
        return ridge(features, offsets, BOX_PENALTY)

    def mine(self) -> None:
        """Add the windows of complete frames, and of rejected boxes, that look most like the object and are not."""
        machine, kernel = self._machine(None)
        bias = torch.tensor([machine.intercept], device=kernel.device)
        for frame, labelled in enumerate(self._frames):
            self._control.checkpoint()
            if not labelled.complete and not len(labelled.rejected):
                continue
            found: list[tuple[float, int, int]] = []
            for at, view in enumerate(self._views):
                if view.frame == frame and len(view.windows):
                    margins = view.windows.margins(kernel[None], bias)[0].flatten().cpu().numpy()
                    negative = view.overlaps < NEGATIVE_OVERLAP
                    negative[rejected_windows(view, labelled)[0]] = True
                    margins = np.where(negative, margins, -np.inf)
                    best = np.argpartition(-margins, min(MINED, len(margins) - 1))[:MINED]
                    found += [(float(margins[i]), at, int(i)) for i in best if (at, int(i)) not in self._mined]
            for margin, at, index in sorted(found, reverse=True)[:MINED]:
                if margin > MINED_ABOVE:
                    self._add_negative(at, index)

    def _add_rejected(self) -> None:
        """The windows that lie on rejected boxes best."""
        for frame, labelled in enumerate(self._frames):
            found = [
                (float(overlap), at, int(index))
                for at, view in enumerate(self._views)
                if view.frame == frame
                for index, overlap in zip(*rejected_windows(view, labelled), strict=True)
            ]
            for _, at, index in sorted(found, reverse=True)[:REJECTED_WINDOWS]:
                self._add_negative(at, index)

    def _add_negative(self, at: int, index: int) -> None:
        self._mined.add((at, index))
        self._samples.add(self._views[at], np.array([index]), False)

    def finish(self) -> DenseFit:
        part = self.train(None)
        machine, _ = self._machine(None)
        assert self._gram is not None
        kept = kept_samples(self._samples.features, self._gram, self._samples.positive, machine)
        began = time.perf_counter()
        media, numbers, rates = (
            np.array([getattr(frame, name) for frame in self._frames]) for name in ("medium", "number", "rate")
        )
        folds, honest = time_folds(media, numbers, rates)
        judged, true, false = [], [], []
        for train, test in folds:
            self._control.checkpoint()
            if self._can_train(train):
                fold = self.train(train)
                for index in np.flatnonzero(test):
                    self._control.checkpoint()
                    found, hits, alarms = self._judge(fold, int(index))
                    judged.append((int(index), found))
                    true += hits
                    false += alarms
        best = calibrate(np.array(true), np.array(false))
        calibration = Calibration(best.slope, max(best.middle, LOWEST_DECISION))
        whole = [(index, found) for index, found in judged if honest and self._frames[index].complete]
        held_out = [self._judged(index, *found, calibration) for index, found in whole]
        calibrated = DensePart(part.kernel, part.bias, part.box_weights, part.box_bias, part.exponent, calibration)
        return DenseFit(calibrated, held_out, kept, time.perf_counter() - began)

    def _can_train(self, frames: NDArray[np.bool_]) -> bool:
        positive = self._samples.positive[frames[self._samples.frames]]
        return bool(positive.any() and not positive.all() and frames[self._samples.box_frames].any())

    def _judge(
        self, part: DensePart, frame: int
    ) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], list[float], list[float]]:
        """Boxes and margins that a fold's part finds in a held-out frame; the margins of hits and of false alarms."""
        levels = [view.windows.level for view in self._views if view.frame == frame and not view.altered]
        boxes, margins = candidates(part, levels)
        height, width = self._frames[frame].picture.shape[:2]
        boxes = clipped(boxes, width, height)
        kept = standing(boxes, margins, np.zeros(len(boxes), np.int64))
        boxes, margins = boxes[kept], margins[kept]
        truth, ignore = self._frames[frame].boxes, self._frames[frame].ignore
        overlaps = iou_matrix(boxes, truth)
        hits = [float(margins[hit].max()) if (hit := overlaps[:, i] > 0.5).any() else -2.0 for i in range(len(truth))]
        ignored = (intersections(boxes, ignore) > 0.5 * boxes[:, 2:].prod(1)[:, None]).any(1)
        false = (overlaps.max(1, initial=0) <= 0.5) & ~ignored
        if not self._frames[frame].complete:  # only what a person rejected is known to be wrong
            false &= iou_matrix(boxes, self._frames[frame].rejected).max(1, initial=0) > 0.5
        return (boxes, margins), hits, sorted(margins[false].tolist(), reverse=True)[:3]

    def _judged(
        self, frame: int, boxes: NDArray[np.float64], margins: NDArray[np.float64], calibration: Calibration
    ) -> JudgedFrame:
        scores = calibration.scores(margins)
        found = Detections(boxes.astype(np.float32), scores, np.zeros(len(boxes), np.int64))
        return JudgedFrame(found, self._frames[frame].boxes, self._frames[frame].ignore)
