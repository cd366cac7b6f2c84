"""Detections on disk and in pipes: JSON lines, a header and then one line a frame."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.line_file import LineFile

STDOUT = Path("-")


@dataclass(frozen=True)
class DetectionsHeader:
    """What was run on what: the first line of the file. `head` is None for one without a name."""

    head: str | None
    backbone: str
    source: str
    mode: str
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FrameDetections:
    """The detections of frame `frame`, shown at `time` seconds."""

    frame: int
    time: float
    detections: Detections


class DetectionsWriter:
    """Writes a detections file frame by frame, as a context manager.

    `-` writes to standard output, each line as it comes. A file is written under a temporary name beside `path` and
    renamed on the way out, so a reader never meets half of one. What is finished is kept: an interrupted or failed
    run leaves its whole lines under the final name too, and only one that failed before its first frame leaves
    nothing, not even a replaced older file.

    Raises:
        StudioError: the file cannot be made or renamed.
        OSError: a line could not be written, a full disk for instance; the lines before it are kept.
    """

    def __init__(self, path: Path, header: DetectionsHeader) -> None:
        self.path = path
        self.header = header
        self._lines = LineFile(path)
        self._lines.worth_keeping = False

    def __enter__(self) -> Self:
        if self.path != STDOUT:
            self._lines.__enter__()
        try:
            self._put(asdict(self.header))
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def write(self, frame: int, time: float, detections: Detections) -> None:
        """Append the line of one frame, also where nothing was detected. Boxes to 0.01 pixel, scores to 0.0001."""
        rows = zip(detections.label_ids, detections.scores, detections.boxes, strict=True)
        found = [
            {
                "label": self.header.labels[label],
                "score": round(float(score), 4),
                "box": [round(float(number), 2) for number in box],
            }
            for label, score, box in rows
        ]
        self._put({"frame": int(frame), "time": round(float(time), 6), "detections": found})
        self._lines.worth_keeping = True

    def _put(self, document: dict[str, Any]) -> None:
        line = json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"
        if self.path == STDOUT:
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            self._lines.put(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path != STDOUT:
            self._lines.__exit__(kind, error, trace)


def read_detections(path: Path) -> tuple[DetectionsHeader, list[FrameDetections]]:
    """Read a whole detections file.

    Raises:
        InputError: the file is missing or no text, or a line is not what the format says; names file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no detections file (not text); make one with studio detect --out") from None
    except OSError as error:
        raise InputError(f"cannot read the detections file {path}: {error.strerror}") from None
    if lines == [""]:
        raise InputError(f"the detections file {path} is empty; make one with studio detect --out")
    header = _parse_header(lines[0], path)
    frames: list[FrameDetections] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            found = _parse_frame(json.loads(line), header.labels)
            if frames and found.frame <= frames[-1].frame:
                raise ValueError(f"frame {found.frame} comes after frame {frames[-1].frame}")
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise InputError(f"{path}, line {number} is not a frame's detections: {_reason(error)}") from None
        frames.append(found)
    return header, frames


def _parse_header(line: str, path: Path) -> DetectionsHeader:
    try:
        document = json.loads(line)
        backbone, source, mode = (document[key] for key in ("backbone", "source", "mode"))
        labels, head = document["labels"], document["head"]
        if not isinstance(labels, list) or not all(isinstance(name, str) for name in [backbone, source, mode, *labels]):
            raise ValueError("backbone, source, mode and labels must be names")
        if head is not None and not isinstance(head, str):
            raise ValueError("head must be a name or null")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}, line 1 is not the header of a detections file: {_reason(error)}") from None
    return DetectionsHeader(head, backbone, source, mode, tuple(labels))


def _parse_frame(document: dict[str, Any], labels: Sequence[str]) -> FrameDetections:
    frame, time, rows = document["frame"], float(document["time"]), document["detections"]
    if not isinstance(frame, int) or frame < 0:
        raise ValueError(f"frame must be a whole number from 0, not {frame!r}")
    unknown = {row["label"] for row in rows} - set(labels)
    if unknown:
        raise ValueError(f"label {sorted(unknown)[0]!r} is not in the header")
    detections = Detections(
        np.array([row["box"] for row in rows], np.float32).reshape(len(rows), -1) if rows else Detections().boxes,
        np.array([row["score"] for row in rows], np.float32),
        np.array([labels.index(row["label"]) for row in rows], np.int64),
    )
    return FrameDetections(frame, time, detections)


def _reason(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
