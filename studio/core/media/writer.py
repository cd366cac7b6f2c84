"""Writing a video: H.264 in MP4, in fragments while it grows, so that a full disk costs its last seconds only."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from studio.core.errors import InputError
from studio.core.media.medium import Picture

_IN_FRAGMENTS = {"movflags": "+hybrid_fragmented"}  # an ordinary MP4 once it is closed
_FRAGMENT_SECONDS = 2
_BT709, _LIMITED = 1, 1  # colour matrix, primaries and transfer; range: written into the file, so that readers agree


class VideoWriter:
    """Writes frames to an MP4 file; the file gets its name when the `with` block ends without an error.

    Where the disk fills, the frames that are on it already get the name, unless another file has it; any other error
    leaves nothing.

    Args:
        path: the file; an existing one is replaced.
        rate: frames a second.
        size: width and height in pixels; where odd, the last column or row is doubled, which H.264 needs.

    Raises:
        InputError: the rate or size makes no video.
        OSError: the folder cannot be written to, or the disk is full.
    """

    def __init__(self, path: Path, rate: float, size: tuple[int, int]) -> None:
        if rate <= 0 or min(size) < 1:
            raise InputError(f"cannot write {path} at {rate} frames a second and {size[0]}×{size[1]} pixels")
        self.path, self.size = path, size
        self._part = path.with_name(f".{path.name}.part")
        self._part.write_bytes(b"")  # fails here and now where the folder cannot be written to
        self._container = av.open(str(self._part.absolute()), "w", format="mp4", options=_IN_FRAGMENTS)
        name, options = _encoder()
        rounded = Fraction(rate).limit_denominator(1001)
        options |= {"g": str(max(1, round(rate * _FRAGMENT_SECONDS)))}
        stream = cast("VideoStream", self._container.add_stream(name, rate=rounded, options=options))
        stream.width, stream.height = (extent + extent % 2 for extent in size)
        stream.pix_fmt = "yuv420p"
        codec = stream.codec_context
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = _LIMITED
        self._stream = stream
        self._reformatter = VideoReformatter()

    def write(self, picture: Picture) -> None:
        """Append a frame: uint8 `(height, width, 3)`, RGB, of the writer's size."""
        width, height = self.size
        if picture.shape != (height, width, 3) or picture.dtype != np.uint8:
            raise ValueError(f"a frame must be uint8 {(height, width, 3)}, not {picture.dtype} {picture.shape}")
        even = (
            np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge") if height % 2 or width % 2 else picture
        )
        rgb = VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        matrix = Colorspace.ITU709
        frame = self._reformatter.reformat(rgb, format="yuv420p", src_colorspace=matrix, dst_colorspace=matrix)
        frame.pts = None
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        full = kind is not None and issubclass(kind, OSError)
        try:
            try:
                if kind is None:
                    for packet in self._stream.encode():
                        self._container.mux(packet)
            finally:
                self._container.close()
        except OSError:
            full = True
            raise
        finally:
            if (full and not self.path.exists() and _shows(self._part)) or (kind is None and not full):
                self._part.replace(self.path)
            self._part.unlink(missing_ok=True)


def _shows(path: Path) -> bool:
    """Whether at least one frame of an unfinished file can be read."""
    try:
        with av.open(str(path.absolute()), format="mp4") as container:
            return next(container.decode(video=0), None) is not None
    except (av.error.FFmpegError, OSError, IndexError):
        return False


def _encoder() -> tuple[str, dict[str, str]]:
    """The best encoder that this build of ffmpeg carries, with a quality at which the eye sees no loss."""
    if "libx264" in av.codecs_available:
        return "libx264", {"crf": "18", "preset": "veryfast"}
    return "mpeg4", {"qscale": "3"}
