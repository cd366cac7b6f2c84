"""Frames of a camera as they are kept: JPEG, encoded once at capture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from studio.core.errors import StudioError
from studio.core.media.medium import Picture

QUALITY = 95
SUFFIX = ".jpg"


def encode_frame(bgr: Any) -> bytes:  # noqa: ANN401 - what OpenCV's capture gives
    """A frame as it came from the camera, uint8 `(height, width, 3)` BGR, as JPEG.

    Raises:
        StudioError: it is no picture that can be encoded.
    """
    try:
        good, data = cv2.imencode(SUFFIX, bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    except cv2.error as error:
        raise StudioError(f"a frame of the camera cannot be encoded: {error}") from None
    if not good:
        raise StudioError("a frame of the camera cannot be encoded")
    return bytes(data)


def decode_frame(data: bytes) -> Picture:
    """uint8 `(height, width, 3)` RGB, a fresh array: the same pixels as those of the file that keeps `data`.

    Raises:
        StudioError: `data` is no picture.
    """
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise StudioError("a frame of the camera cannot be decoded")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
