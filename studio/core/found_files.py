"""The files that detections go to, frame by frame: JSON lines, CSV, and a video with boxes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.detections_file import DetectionsHeader, DetectionsWriter
from studio.core.draw import draw_detections, label_colors
from studio.core.found_table import DetectionsCsv
from studio.core.media.medium import Picture
from studio.core.media.writer import VideoWriter


class FoundFiles:
    """Writes what is found in one medium, as a context manager. What is finished is kept, whatever ends the work.

    Args:
        header: what is run on what.
        rate: frames a second of the video.
        out: the detections file, or `STDOUT`.
        render: the video; pictures of other sizes than the first are fitted into it.
        csv: open, and shared by the media of a folder.
        colors: "#rrggbb" by label name; labels that are missing get one.
    """

    def __init__(
        self,
        header: DetectionsHeader,
        rate: float,
        out: Path | None = None,
        render: Path | None = None,
        csv: DetectionsCsv | None = None,
        colors: Mapping[str, str] | None = None,
    ) -> None:
        self._header, self._rate = header, rate
        self._out, self._render, self._csv = out, render, csv
        others = zip(header.labels, label_colors(len(header.labels)), strict=True)
        self._colors = [(colors or {}).get(label, other) for label, other in others]
        self._files = ExitStack()
        self._lines: DetectionsWriter | None = None
        self._video: VideoWriter | None = None

    def __enter__(self) -> Self:
        self._lines = self._files.enter_context(DetectionsWriter(self._out, self._header)) if self._out else None
        return self

    def write(
        self, frame: int, time: float, picture: Picture, decided: Detections, tracks: NDArray[np.int64] | None
    ) -> None:
        """Append a frame: uint8 RGB, what was decided about it, and the tracks' numbers `(N,)` where they count."""
        if self._lines:
            self._lines.write(frame, time, decided)
        if self._csv:
            numbers = np.zeros(len(decided), np.int64) if tracks is None else tracks
            self._csv.write(self._header.source, frame, time, decided, self._header.labels, numbers)
        if self._render:
            drawn = draw_detections(picture, decided, self._header.labels, self._colors, 0.0)
            if self._video is None:
                size = drawn.shape[1], drawn.shape[0]
                self._video = self._files.enter_context(VideoWriter(self._render, self._rate, size))
            self._video.write(_fitted(drawn, self._video.size))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)


def _fitted(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture of another size than the video's, scaled to fit and centred on black."""
    own = picture.shape[1], picture.shape[0]
    if own == size:
        return picture
    scale = min(wanted / extent for wanted, extent in zip(size, own, strict=True))
    width, height = (max(round(extent * scale), 1) for extent in own)
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return canvas
