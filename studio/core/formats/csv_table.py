"""CSV: a line for each box. Our own columns hold all that is known of a region; those of others are understood.

The columns are `medium,frame,label,x,y,width,height` and then, where they are there, `track,state,keyframe,score,
author,split,near_duplicate,reviewed`. Also read: a picture's path in `filename`, `image` or `path`, `class` for the
label, and edges `xmin,ymin,xmax,ymax` instead of sizes, as TensorFlow's examples have them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import SPLITS, DataLabel, DataMedium, DataRegion, DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Format
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound_label
from studio.core.formats.texts import number, read_text, whole
from studio.core.project.tracks import STATES

NAME = "regions.csv"
_COLUMNS = (
    "medium", "frame", "label", "x", "y", "width", "height", "track", "state", "keyframe", "score", "author", "split",
    "near_duplicate", "reviewed",
)  # fmt: skip
_MEDIUM = ("medium", "filename", "image", "image_path", "image_name", "path", "file")
_LABEL = ("label", "class", "class_name", "category", "label_name")
_EDGES = (("xmin", "ymin", "xmax", "ymax"), ("x_min", "y_min", "x_max", "y_max"), ("x1", "y1", "x2", "y2"))
_SIZES = (("x", "y", "width", "height"), ("x", "y", "w", "h"), ("bbox_x", "bbox_y", "bbox_width", "bbox_height"))
_AUTHORS = frozenset({"human", "tracker", "head", "import"})
_TRUE = frozenset({"1", "true", "yes"})

Row = Mapping[str, str]


def _read(folder: DataFolder, notes: Notes, control: Control) -> DataSet:
    names = folder.ending(".csv")
    if not names:
        raise InputError(f"{folder.root} holds no CSV file")
    reading = _Reading(folder, notes)
    for name in names:
        reading.read(name, control)
    labels = dict.fromkeys(region.label for region in reading.regions)
    return DataSet(tuple(DataLabel(label) for label in labels), reading.media, tuple(reading.regions))


class _Reading:
    def __init__(self, folder: DataFolder, notes: Notes) -> None:
        self.folder, self.notes = folder, notes
        self.media: dict[str, DataMedium] = {}
        self.regions: list[DataRegion] = []
        self._tracks: dict[str, int] = {}
        self._called: dict[str, str] = {}

    def read(self, name: str, control: Control) -> None:
        path = self.folder.path(name)
        text = read_text(path)
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        length = text.count("\n") + 1
        try:
            header = [cell.strip().casefold() for cell in next(rows, [])]
            columns = _Columns(header, path)
            for count, cells in enumerate(rows):
                if count % 1000 == 0:
                    control.progress(min(count / length, 1.0), name)
                if cells:
                    self._row(dict(zip(header, map(str.strip, cells), strict=False)), columns, path, rows.line_num)
        except csv.Error as error:
            raise InputError(f"{path} is damaged near line {rows.line_num} ({error}); save it again") from None

    def _row(self, row: Row, columns: _Columns, path: Path, line: int) -> None:
        called = row.get(columns.medium, "")
        if not called:
            raise InputError(f"{path}, line {line}: it does not say of which medium the box is")
        frame = whole(row["frame"]) if row.get("frame") else 0
        if frame is None or frame < 0:
            raise InputError(f"{path}, line {line}: {row['frame']!r} is no frame; frames count from 0")
        track, state, author = row.get("track", ""), row.get("state", ""), row.get("author", "")
        score = number(row.get("score"))
        self.regions.append(
            DataRegion(
                self._medium(called, bool(row.get("frame"))),
                frame,
                sound_label(row.get(columns.label, "")),
                *columns.box(row),
                track=self._tracks.setdefault(track, len(self._tracks) + 1) if track else None,
                state=state if state in STATES else "visible",
                keyframe=row.get("keyframe", "").casefold() in _TRUE,
                score=score if 0 <= score <= 1 else None,
                split=row["split"] if row.get("split") in SPLITS else "",
                author=author if author in _AUTHORS else "import",
                near_duplicate=row.get("near_duplicate", "").casefold() in _TRUE,
                reviewed=row.get("reviewed", "").casefold() in _TRUE,
            )
        )

    def _medium(self, called: str, numbered: bool) -> str:
        """The name of the medium of a row: a picture of the data set, or a medium whose frames are numbered."""
        if called not in self._called:
            medium = self.folder.source(called) if numbered else None
            if medium is None or (medium.file is not None and called in self.folder.pictures):
                medium = self.folder.medium(self.folder.find(called), called, self.notes)
            self.media[medium.name] = medium
            self._called[called] = medium.name
        return self._called[called]


class _Columns:
    """Which columns of a header say what."""

    def __init__(self, header: list[str], path: Path) -> None:
        self.medium = next((name for name in _MEDIUM if name in header), "")
        self.label = next((name for name in _LABEL if name in header), "")
        self.edges = next((names for names in _EDGES if set(names) <= set(header)), None)
        self.sizes = next((names for names in _SIZES if set(names) <= set(header)), None)
        if not self.medium or not self.label or not (self.edges or self.sizes):
            wanted = "medium, label and x, y, width, height (or xmin, ymin, xmax, ymax)"
            raise InputError(f"the first line of {path} does not name the columns {wanted}")

    def box(self, row: Row) -> tuple[float, float, float, float]:
        if self.edges:
            left, top, right, bottom = (number(row.get(name)) for name in self.edges)
            return left, top, right - left, bottom - top
        x, y, width, height = (number(row.get(name)) for name in self.sizes or ())
        return x, y, width, height


def _write(data: DataSet, folder: Path, control: Control) -> None:
    with (folder / NAME).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")  # RFC 4180
        writer.writerow(_COLUMNS)
        for count, region in enumerate(data.regions):
            if count % 1000 == 0:
                control.progress(count / len(data.regions), NAME)
            writer.writerow(_cells(region))


def _cells(region: DataRegion) -> tuple[object, ...]:
    box = (f"{value:.3f}" for value in region.box)
    track = "" if region.track is None else region.track
    score = "" if region.score is None else f"{region.score:.6f}"
    flags = int(region.near_duplicate), int(region.reviewed)
    made = region.state, int(region.keyframe), score, region.author, region.split
    return region.medium, region.frame, region.label, *box, track, *made, *flags


FORMAT = Format(
    name="csv",
    title="CSV",
    holds=frozenset({
        "negatives", "rejected", "ignore", "outside", "occluded", "tracks", "keyframes", "scores", "splits", "authors",
        "near_duplicates", "reviewed",
    }),
    recognise=lambda folder: bool(folder.ending(".csv")),
    read=_read,
    write=_write,
    keeps_media=True,
)  # fmt: skip
