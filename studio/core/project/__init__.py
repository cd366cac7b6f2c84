"""The project: versioned rows in SQLite, edits, and a history that only grows."""

from __future__ import annotations

from studio.core.project.edits import Edit
from studio.core.project.ids import new_id
from studio.core.project.keys import Keys
from studio.core.project.project import Project
from studio.core.project.reading import HistoryLine, Step
from studio.core.project.rows import (
    BACKGROUND,
    OBJECT_STATES,
    AreaRow,
    Key,
    LabelRow,
    MarkRow,
    MediumRow,
    RegionRow,
    Row,
    SearchRow,
    SplitRow,
    TrackRow,
)

__all__ = [
    "BACKGROUND",
    "OBJECT_STATES",
    "AreaRow",
    "Edit",
    "HistoryLine",
    "Key",
    "Keys",
    "LabelRow",
    "MarkRow",
    "MediumRow",
    "Project",
    "RegionRow",
    "Row",
    "SearchRow",
    "SplitRow",
    "Step",
    "TrackRow",
    "new_id",
]
