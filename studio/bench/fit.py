"""Fitting a head on cached regions, against scikit-learn alone on the same embeddings."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from studio.core.control import Control
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.media.writer import VideoWriter
from studio.core.project import BACKGROUND, Edit, LabelRow, MediumRow, Project, RegionRow, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.crops import cut_all
from studio.ml.demo_clip import HEIGHT, RATE, WIDTH, demo_frames
from studio.ml.device import Compute
from studio.ml.embeddings import embed_places, key_of
from studio.ml.heads.crop import unit_length
from studio.ml.heads.fit import Fitted, fit
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import Windows, read_regions, windows_of
from studio.ml.negatives import negative_windows

SIZES = (200, 2_000, 20_000)
REAL = 64  # crops of each kind that are really embedded; the others are these with noise


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Seconds of each part of a fit for 200, 2,000 and 20,000 regions of the demo's clip, their embeddings cached."""
    backbone = load_backbone(None, compute)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        truth = write_clip(clip)
        results = []
        for done, size in enumerate((SIZES[0], *SIZES)):  # the first one warms up
            control.progress(done / 4, f"{size} regions")
            results.append(_measure(Path(folder) / f"project-{done}", clip, truth, size, backbone))
    by_size = {str(size): result for size, result in zip(SIZES, results[1:], strict=True)}
    return {
        "reference": "scikit-learn's SVC(kernel='rbf') on the same embeddings, once, uncalibrated; ratio at 2,000",
        "ratio": by_size["2000"]["ratio"],
        "regions": by_size,
        "device": str(compute.device),
    }


def write_clip(path: Path) -> dict[int, Box]:
    """Write the demo's clip and return the true boxes by frame."""
    boxes: dict[int, Box] = {}
    with VideoWriter(path, RATE, (WIDTH, HEIGHT)) as video:
        for number, (frame, box) in enumerate(demo_frames()):
            video.write(frame)
            if box is not None:
                boxes[number] = box
    return boxes


def _measure(folder: Path, clip: Path, truth: dict[int, Box], size: int, backbone: Backbone) -> dict[str, Any]:
    with Project.create(folder) as project:
        store_regions(project, clip, truth, size)
        windows, embeddings = _fill_cache(project, backbone)
        first, first_total = _timed_fit(project, backbone)
        fitted, total = _timed_fit(project, backbone)
    positive = windows.labels != windows.labels.min()
    started = time.perf_counter()
    SVC(kernel="rbf", class_weight="balanced").fit(unit_length(embeddings).numpy(), positive)
    reference = time.perf_counter() - started
    return {
        "windows": len(windows.labels),
        "seconds": fitted.seconds,
        "total_seconds": round(total, 3),
        "seconds_before_maps_are_cached": first.seconds,
        "total_seconds_before_maps_are_cached": round(first_total, 3),
        "reference_seconds": round(reference, 3),
        "ratio": round(reference / fitted.seconds["crop"], 2),
    }


def _timed_fit(project: Project, backbone: Backbone) -> tuple[Fitted, float]:
    started = time.perf_counter()
    fitted = fit(project, "bench", backbone, "rbf", 0, Control())
    return fitted, time.perf_counter() - started


def store_regions(project: Project, clip: Path, truth: dict[int, Box], size: int) -> None:
    """A third of `size` are boxes around the flower, a little off the true one, the others background."""
    with open_medium(clip) as medium:
        row = add_medium(project, clip, medium.kind, medium.frame_count, *medium.size)
    label, background = make_label(project, "flower"), project.label(BACKGROUND)
    track = TrackRow(new_id(), row.id, label.id)
    random = np.random.default_rng(0)
    frames = sorted(truth)
    rows: list[RegionRow] = []
    for index in range(size // 3):
        frame = frames[index * len(frames) // (size // 3)]
        shift = random.uniform(-2, 2, 2)
        box = Box(truth[frame].x + shift[0], truth[frame].y + shift[1], *truth[frame][2:])
        rows.append(_region(row, label, track, frame, box))
        for window in negative_windows(box, np.array([truth[frame]]), 64, WIDTH, HEIGHT, index):
            negative = Box(window.x, window.y, window.side, window.side)
            rows.append(_region(row, background, track, frame, negative))
    project.apply(Edit.rows("made for a benchmark", [label, track, *rows[:size]]))


def _region(medium: MediumRow, label: LabelRow, track: TrackRow, frame: int, box: Box) -> RegionRow:
    x, y, width, height = (float(value) for value in box)
    where = (new_id(), medium.id, frame, label.id, track.id)
    return RegionRow(*where, x, y, width, height, "tracker", False, 1.0, False, "visible")


def _fill_cache(project: Project, backbone: Backbone) -> tuple[Windows, NDArray[np.float32]]:
    """Put embeddings of all windows into the cache: some real ones, the others these with noise."""
    background = project.label(BACKGROUND).id
    random = np.random.default_rng(1)
    with OpenMedia(project) as media, FeatureCache(project.cache / "features.db") as cache:
        windows = windows_of(read_regions(project), media, background, backbone.input_size)
        embeddings = np.empty((len(windows.places), backbone.embedding_size), np.float32)
        for kind in (True, False):
            rows = np.flatnonzero((windows.labels == background) == kind)
            some = rows[np.linspace(0, len(rows) - 1, min(REAL, len(rows))).astype(int)]
            crops = [
                cut_all(
                    media.picture(windows.places[i].medium, windows.places[i].frame), [windows.places[i].window], 64
                )
                for i in some
            ]
            real = backbone.embed(np.concatenate(crops))
            drawn = real[random.integers(len(real), size=len(rows))]
            embeddings[rows] = drawn + random.normal(0, 0.2 * real.std(), drawn.shape)
        cache.put((key_of(place, backbone), vector) for place, vector in zip(windows.places, embeddings, strict=True))
        cached = embed_places(windows.places, media.picture, backbone, cache, Control())
    return windows, cached
