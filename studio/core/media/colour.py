"""Decoded frames to RGB: matrix, range and rotation as the file says."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter

from studio.core.media.medium import Picture

_UNSPECIFIED = (0, 2, 3)  # RGB itself, unspecified, reserved: nothing that the file says
_HD_HEIGHT = 576  # players take BT.709 for larger pictures whose matrix is not said, BT.601 for others


@dataclass(frozen=True)
class Turn:
    """The quarter turns and mirrorings that a display matrix asks for."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Turn:
        """That of a frame, the same for all of a stream: of nine int32, a, b, c, d send x, y to a x + c y, b x + d y.

        To be asked for one frame only: PyAV ties a frame whose side data was looked at into a cycle, and its memory
        comes back late.
        """
        side_data: Any = frame.side_data  # PyAV's types say less than what it is: a mapping
        matrix = side_data.get("DISPLAYMATRIX")
        if matrix is None:
            return cls()
        a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
        return cls(True, b < 0, c < 0) if abs(b) > abs(a) else cls(False, d < 0, a < 0)

    def apply(self, picture: Picture) -> Picture:
        if self == Turn():
            return picture
        turned = picture.transpose(1, 0, 2) if self.transpose else picture
        return np.ascontiguousarray(turned[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1])


class RgbConverter:
    """Turns decoded frames into RGB; keeps the prepared conversion from one frame to the next. Thread-safe."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._reformatter = VideoReformatter()
        self._lock = Lock()

    def __call__(self, frame: VideoFrame) -> Picture:
        """uint8 `(height, width, 3)`, RGB, turned upright, a fresh array; deeper pixels keep their upper 8 bits."""
        matrix: int = int(frame.colorspace)
        if matrix in _UNSPECIFIED:
            matrix = Colorspace.ITU709 if frame.height > _HD_HEIGHT else Colorspace.ITU601
        with self._lock:
            rgb = self._reformatter.reformat(frame, format="rgb24", src_colorspace=matrix, dst_colorspace=matrix)
            picture = np.asarray(rgb.to_ndarray(), np.uint8)
        return self._turn.apply(picture)
