"""The project: versioned rows in SQLite, edits, and a history that only grows."""

from __future__ import annotations

from studio.core.project.edits import Edit
from studio.core.project.ids import new_id
from studio.core.project.project import HistoryLine, Project
from studio.core.project.rows import (
    BACKGROUND,
    Key,
    LabelRow,
    MarkRow,
    MediumRow,
    RegionRow,
    Row,
    SplitRow,
    TrackRow,
)

__all__ = [
    "BACKGROUND",
    "Edit",
    "HistoryLine",
    "Key",
    "LabelRow",
    "MarkRow",
    "MediumRow",
    "Project",
    "RegionRow",
    "Row",
    "SplitRow",
    "TrackRow",
    "new_id",
]
