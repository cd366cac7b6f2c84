"""Boxes with names and scores on pictures, for rendered video and for looking at what was labelled."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.core.project.rows import BACKGROUND

Frame = NDArray[np.uint8]  # (height, width, 3) RGB

LABEL_COLORS = ("#4c9aff", "#f0883e", "#3fc1a5", "#d2a8ff", "#e3b341", "#f778ba", "#9ecb5a", "#ff7b72")
BACKGROUND_COLOR = "#8b929c"

_FONT = cv2.FONT_HERSHEY_DUPLEX
_CAP_HEIGHT = cv2.getTextSize("H", _FONT, 1.0, 1)[0][1]
_DARK, _LIGHT = (29, 33, 38), (255, 255, 255)
# OpenCV 5 brought a font with most of the world's letters; before it, putText knows ASCII alone.
_ALL_LETTERS = int(cv2.__version__.split(".")[0]) >= 5
_SPELLED_OUT = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "ł": "l", "Ł": "L"})


def label_colors(count: int) -> list[str]:
    """A colour "#rrggbb" for each of `count` labels, in their order; after eight they start again."""
    return list(islice(cycle(LABEL_COLORS), count))


def draw_detections(
    frame: Frame, detections: Detections, labels: Sequence[str], colors: Sequence[str], threshold: float
) -> Frame:
    """A copy of `frame` with the detections at or above `threshold`, the best on top.

    Args:
        frame: uint8 `(height, width, 3)` RGB; it stays as it is.
        detections: of this frame.
        labels: names, by label id.
        colors: "#rrggbb", by label id.
        threshold: the least score that is drawn.
    """
    marks = [
        _Mark(Box(*(float(number) for number in box)), f"{drawable(labels[label])} {score:.2f}", colors[label])
        for box, score, label in zip(detections.boxes, detections.scores, detections.label_ids, strict=True)
        if score >= threshold
    ]
    return _draw(frame, marks[::-1])


def draw_regions(frame: Frame, regions: Iterable[tuple[Box, str]], colors: Mapping[str, str]) -> Frame:
    """A copy of `frame` with regions given as box and label name; `background` is drawn grey and below the others.

    Args:
        frame: uint8 `(height, width, 3)` RGB; it stays as it is.
        regions: box and name of its label.
        colors: "#rrggbb", by label name; a name that is missing gets the first colour.
    """
    marks = [
        _Mark(box, drawable(name), BACKGROUND_COLOR if name == BACKGROUND else colors.get(name, LABEL_COLORS[0]))
        for box, name in sorted(regions, key=lambda region: region[1] != BACKGROUND)
    ]
    return _draw(frame, marks)


def drawable(text: str, all_letters: bool = _ALL_LETTERS) -> str:
    """`text` in letters that can be drawn: accents go and the rest becomes "?" where `all_letters` is false."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    if all_letters:
        return printable
    plain = unicodedata.normalize("NFKD", printable.translate(_SPELLED_OUT))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).encode("ascii", "replace").decode()


@dataclass(frozen=True)
class _Mark:
    box: Box
    text: str
    color: str


def _draw(frame: Frame, marks: Sequence[_Mark]) -> Frame:
    canvas = np.ascontiguousarray(frame).copy()
    short = min(frame.shape[:2])
    thickness = max(1, round(short / 240))
    height = max(11, round(short / 34))
    for mark in marks:
        _outline(canvas, mark, thickness)
    for mark in marks:  # after all boxes, so that no box crosses a name
        _name(canvas, mark, thickness, height)
    return canvas


def _outline(canvas: Frame, mark: _Mark, thickness: int) -> None:
    """A box in its colour with a thin dark rim on both sides, which is seen on any ground."""
    left, top, right, bottom = _corners(mark.box)
    rim = max(1, thickness // 2)
    cv2.rectangle(canvas, (left, top), (right, bottom), _DARK, thickness + 2 * rim)
    cv2.rectangle(canvas, (left, top), (right, bottom), _rgb(mark.color), thickness)


def _name(canvas: Frame, mark: _Mark, thickness: int, text_height: int) -> None:
    """The name on a plate above the box; inside it where there is no room above, moved into the frame sideways."""
    scale = text_height / _CAP_HEIGHT
    (width, _), _ = cv2.getTextSize(mark.text, _FONT, scale, 1)
    margin = max(2, text_height // 3)
    plate_width, plate_height = width + 2 * margin, text_height + 2 * margin
    frame_height, frame_width = canvas.shape[:2]
    left, top, _, _ = _corners(mark.box)
    edge = (thickness + 1) // 2
    left = min(max(left - edge, 0), max(frame_width - plate_width, 0))
    top = top - edge - plate_height if top - edge >= plate_height else top + edge
    top = min(max(top, 0), max(frame_height - plate_height, 0))
    color = _rgb(mark.color)
    cv2.rectangle(canvas, (left, top), (left + plate_width - 1, top + plate_height - 1), color, cv2.FILLED)
    base = (left + margin, top + margin + text_height)
    cv2.putText(canvas, mark.text, base, _FONT, scale, _ink(color), 1, cv2.LINE_AA)


def _corners(box: Box) -> tuple[int, int, int, int]:
    """Left, top, right and bottom pixel, kept within what OpenCV's drawing takes."""
    ends = np.clip([box.x, box.y, box.x + box.width - 1, box.y + box.height - 1], -1e6, 1e6)
    left, top, right, bottom = (round(float(end)) for end in ends)
    return left, top, max(right, left), max(bottom, top)


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _ink(color: tuple[int, int, int]) -> tuple[int, int, int]:
    """Dark or light, whichever has the higher contrast on `color` by WCAG 2.1's relative luminance."""

    def luminance(rgb: tuple[int, int, int]) -> float:
        part = np.array(rgb) / 255
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    def contrast(ink: tuple[int, int, int]) -> float:
        low, high = sorted([luminance(ink), luminance(color)])
        return (high + 0.05) / (low + 0.05)

    return max(_DARK, _LIGHT, key=contrast)
