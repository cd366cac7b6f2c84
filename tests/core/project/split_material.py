"""Crops made by hand for splits: (medium, frame, label, track) each."""

from __future__ import annotations

import numpy as np

from studio.core.gallery.crops import Crops, splits_of
from studio.core.project import LabelRow, MediumRow
from studio.core.project.region_table import RegionTable
from studio.core.project.row_checks import STATES

LABELS = {1: LabelRow(1, "cup", "#4c9aff", "1"), 2: LabelRow(2, "hand", "#f0883e", "2")}
BACKGROUND = LabelRow(3, "background", "#6e7681", "0")


def crops_of(places, frames=1000, kind="video", boxes=None, splits=()):
    places = np.array(places, np.int64).reshape(-1, 4)
    count = len(places)
    no = np.zeros(count, bool)
    if boxes is None:
        boxes = np.tile([10.0, 10.0, 20.0, 20.0], (count, 1))
    table = RegionTable(
        np.arange(count) + 100, places[:, 0], places[:, 1], places[:, 2], places[:, 3], no, no, no,
        np.full(count, STATES.index("visible"), np.uint8), np.zeros(count, np.uint8), np.array(boxes, np.float64),
        np.full(count, np.nan),
    )  # fmt: skip
    media = {m: MediumRow(m, f"media/{m}", kind, 1, f"{m:064x}", frames, 64, 48) for m in set(places[:, 0].tolist())}
    return Crops(table, splits_of(table, splits), {**LABELS, 3: BACKGROUND}, media)
