"""What is drawn over a frame, as plain data: whoever knows the state makes it, the canvas paints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.core.geometry import Box, Window

Line = Literal["solid", "thin", "dashed", "dotted"]
# What a box is: a keyframe, followed, interpolated, out of sight, neither positive nor negative, a negative.
Kind = Literal["keyframe", "followed", "interpolated", "occluded", "outside", "ignore", "rejected", "background"]

LINES: dict[Kind, Line] = {
    "keyframe": "solid",
    "followed": "thin",
    "interpolated": "dashed",
    "occluded": "dotted",
    "outside": "dotted",
    "ignore": "thin",
    "rejected": "dotted",
    "background": "thin",
}


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A region of the shown frame, or an interpolated box.

    Attributes:
        id: of its region; minus the id of its track where it is interpolated.
        box: pixels of the frame.
        color: its label's, "#rrggbb".
        name: what stands on it: label and track.
        kind: how it is drawn.
        selected: with handles.
    """

    id: int
    box: Box
    color: str
    name: str
    kind: Kind
    selected: bool = False


@dataclass(frozen=True, slots=True)
class ShownDetection:
    """A detection of the shown frame (or of one just before it, while playing).

    Attributes:
        index: in the result it comes from.
        box: pixels of the frame.
        color: its label's.
        text: label and score.
        doubtful: near the threshold.
        picked: the selected one.
        below: its words go below the box, for a region that says the same has its own above.
    """

    index: int
    box: Box
    color: str
    text: str
    doubtful: bool = False
    picked: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class ShownGuess:
    """A name, how probable it is (0…1), and the colour of its bar."""

    name: str
    probability: float
    color: str


@dataclass(frozen=True, slots=True)
class ShownGuesses:
    """What a window most looks like.

    Attributes:
        title: what was looked at, in words.
        box: the same, in pixels of the frame.
        rows: the highest first.
    """

    title: str
    box: Box
    rows: tuple[ShownGuess, ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """Everything over one frame.

    Attributes:
        boxes: regions and interpolated boxes, those above later.
        ghosts: boxes of neighbouring frames with their colours, the farther the earlier.
        detections: best first.
        area: where the medium is searched, or None for everywhere.
        positives, negatives: windows that following collects.
        badges: what holds for the whole frame, a few words each.
        age: of the detections, "120 ms ago"; "" where they are of the shown frame.
        guesses: of a head that tells whole pictures apart.
    """

    boxes: tuple[ShownBox, ...] = ()
    ghosts: tuple[tuple[Box, str], ...] = ()
    detections: tuple[ShownDetection, ...] = ()
    area: Box | None = None
    positives: tuple[Window, ...] = ()
    negatives: tuple[Window, ...] = ()
    badges: tuple[str, ...] = ()
    age: str = ""
    guesses: ShownGuesses | None = None

    @property
    def selected(self) -> ShownBox | None:
        """The selected box, where it is one alone."""
        found = [box for box in self.boxes if box.selected]
        return found[0] if len(found) == 1 else None
