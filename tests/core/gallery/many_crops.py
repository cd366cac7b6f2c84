"""Made-up crops of any number."""

from __future__ import annotations

import numpy as np

from studio.core.gallery.crops import SPLITS, Crops
from studio.core.gallery.measures import Measure
from studio.core.project import LabelRow, MediumRow
from studio.core.project.region_table import RegionTable
from studio.core.project.row_checks import AUTHORS, STATES

LABELS = ("cup", "Saucer", "tea pot", "background")
MEDIA = ("media/garden 1.mp4", "media/garden 2.mp4", "elsewhere/Kitchen", "clip.mp4")
MEASURED = ("score", "doubt", "sharpness", "uniqueness")


def make_crops(count, seed=0, labels=LABELS, tracks=6):
    random = np.random.default_rng(seed)
    ids = np.sort(random.choice(2**62, count, replace=False)).astype(np.int64) + 1
    label_ids, media_ids = np.arange(len(labels)) + 2**61, np.arange(len(MEDIA)) + 2**60
    track_ids = np.concatenate([[0], np.sort(random.integers(2**60, 2**61, tracks))])
    table = RegionTable(
        ids,
        random.choice(media_ids, count),
        random.integers(0, 40, count),
        random.choice(label_ids, count),
        random.choice(track_ids, count),
        *(random.random(count) < 0.5 for _ in range(3)),
        random.integers(0, len(STATES), count).astype(np.uint8),
        random.integers(0, len(AUTHORS), count).astype(np.uint8),
        random.uniform(1, 200, (count, 4)),
        np.where(random.random(count) < 0.5, random.random(count), np.nan),
    )
    crops = Crops(
        table,
        random.integers(0, len(SPLITS), count).astype(np.uint8),
        {int(i): LabelRow(int(i), name, "#4c9aff", "") for i, name in zip(label_ids, labels, strict=True)},
        {int(i): MediumRow(int(i), p, "video", 1, "0" * 64, 40, 9, 9) for i, p in zip(media_ids, MEDIA, strict=True)},
    )
    for name in MEASURED:
        known = np.sort(random.choice(ids, count * 3 // 4, replace=False))
        values = np.round(random.random(len(known)), 1).astype(np.float32)
        values[random.random(len(known)) < 0.1] = np.nan
        crops = crops.measured(Measure(name, known, values))
    return crops
