"""Rows for tests, with one change said and the rest given."""

from __future__ import annotations

from studio.core.project import LabelRow, MediumRow, RegionRow, new_id

MEDIUM = MediumRow(1, "media/clip.mp4", "video", 4, "0" * 64, 100, 64, 48)
CUP = LabelRow(2, "cup", "#4c9aff", "1")


def region(row_id: int = 0, frame: int = 0, **changes: object) -> RegionRow:
    values: dict[str, object] = {
        "id": row_id or new_id(),
        "medium": MEDIUM.id,
        "frame": frame,
        "label": CUP.id,
        "track": None,
        "x": 1.0,
        "y": 2.5,
        "width": 10.0,
        "height": 20.0,
        "author": "human",
        "keyframe": True,
        "score": None,
        "near_duplicate": False,
        "state": "visible",
    }
    return RegionRow(**(values | changes))
