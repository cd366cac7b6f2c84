"""How large pictures are, by their first bytes: a hundred thousand of them in seconds."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from studio.core.errors import InputError
from studio.core.media.medium import Medium
from studio.core.media.pictures import read_picture
from studio.core.media.stills import Stills

_ORIENTATION = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})  # turned by a quarter: width and height change places
_READABLE = ("JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP")
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError, UnidentifiedImageError)


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels of the picture that `read_picture` gives; None where it cannot be read.

    Only the header is looked at where it can be understood, so a picture that is cut off may still have a size.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures and odd metadata; no pixel is read here
            with Image.open(path, formats=_READABLE) as picture:
                width, height = picture.size
                turned = (
                    picture.format != "TIFF" and picture.getexif().get(_ORIENTATION) in _SIDEWAYS
                )  # Pillow turns TIFF
                return (height, width) if turned else (width, height)
    except _UNREADABLE:
        pass
    try:
        height, width = read_picture(path).shape[:2]
    except InputError:
        return None
    return width, height


def common_size(medium: Medium) -> tuple[int, int]:
    """Width and height of all frames of `medium`, as its row says them; zeros where its pictures differ in size."""
    if not isinstance(medium, Stills):
        return medium.size
    return medium.size if all(picture_size(file) in (None, medium.size) for file in medium.files) else (0, 0)
