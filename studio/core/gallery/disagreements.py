"""Where what is labelled and what a head finds are not the same."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.geometry import Box


@dataclass(frozen=True)
class Disagreement:
    """One of them.

    Attributes:
        kind: "missed": a region where nothing is found; "beside": found, but elsewhere than its box; "extra": found on
            a frame on which every object is marked, and not marked.
        medium, frame, label: ids of the rows, and the frame's number.
        region: its id; 0 for "extra".
        box: of the region, of "extra" of the detection, in pixels of the frame.
        score: 0…1: the best one that speaks for the label there.
        strength: 0…1: how sure the head is of the opposite.
        found: where the head finds it; None for "missed".
    """

    kind: str
    medium: int
    frame: int
    label: int
    region: int
    box: Box
    score: float
    strength: float
    found: Box | None = None

    def words(self, label: str) -> str:
        """What is wrong, as "cup is not found here (at most 0.12)"."""
        if self.kind == "missed":
            return f"{label} is not found here (at most {self.score:.2f})"
        if self.kind == "beside":
            return f"{label} is found beside the box ({self.score:.2f})"
        return f"{label} is found where none is marked ({self.score:.2f})"
