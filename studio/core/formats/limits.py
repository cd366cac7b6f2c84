"""What a format cannot hold, counted in the data at hand, and the data set without it."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import Any

from studio.core.formats.data_set import DataRegion, DataSet
from studio.core.project.edits import counted
from studio.core.project.rows import BACKGROUND


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a data set: which regions have it, what they are called, and what they become without it.

    `without` are the fields that change; None: the region is left out.
    """

    has: Callable[[DataRegion], bool]
    one: str
    many: str
    becomes: str
    without: dict[str, Any] | None


def _state(name: str) -> Callable[[DataRegion], bool]:
    return lambda region: region.state == name and region.label != BACKGROUND


# In the order in which they are said; what is left out comes first, as it has nothing else to lose.
_PARTS: dict[str, _Part] = {
    "negatives": _Part(lambda r: r.label == BACKGROUND, "negative", "negatives", "left out", None),
    "rejected": _Part(_state("rejected"), "rejected box", "rejected boxes", "left out", None),
    "ignore": _Part(_state("ignore"), "ignore box", "ignore boxes", "left out", None),
    "outside": _Part(
        _state("outside"), "box of an object outside", "boxes of objects outside", "left out", None
    ),
    "occluded": _Part(_state("occluded"), "occluded box", "occluded boxes", "written as visible", {"state": "visible"}),
    "tracks": _Part(
        lambda r: r.track is not None, "box in a track", "boxes in tracks", "written in no track", {"track": None}
    ),
    "keyframes": _Part(
        lambda r: r.keyframe, "keyframe", "keyframes", "written like other boxes", {"keyframe": False}
    ),
    "scores": _Part(lambda r: r.score is not None, "score", "scores", "left out", {"score": None}),
    "splits": _Part(
        lambda r: r.split != "", "box in a split", "boxes in splits", "written without their split", {"split": ""}
    ),
    "authors": _Part(
        lambda r: r.author != "import", "note of who made a box", "notes of who made a box", "left out",
        {"author": "import"},
    ),
    "near_duplicates": _Part(
        lambda r: r.near_duplicate, "near-duplicate", "near-duplicates", "written like other boxes",
        {"near_duplicate": False},
    ),
    "reviewed": _Part(
        lambda r: r.reviewed, "reviewed box", "reviewed boxes", "written like other boxes", {"reviewed": False}
    ),
}  # fmt: skip
PARTS = frozenset({*_PARTS, "labels", "colors"})  # "labels": also those without a box; "colors": theirs


def reduced(data: DataSet, holds: Set[str]) -> tuple[DataSet, list[str]]:
    """`data` without the parts that are not in `holds`, and a line for each that it really had.

    Args:
        data: sound.
        holds: of `PARTS`.
    """
    missing = {name: part for name, part in _PARTS.items() if name not in holds}
    counts = dict.fromkeys(missing, 0)
    regions = [kept for region in data.regions if (kept := _without(region, missing, counts)) is not None]
    used = {region.label for region in regions}
    labels = [label for label in data.labels if label.name in used or label.name != BACKGROUND]
    lines = [
        f"{counted(counts[name], part.one, part.many)}, {part.becomes}"
        for name, part in missing.items()
        if counts[name]
    ]
    if "labels" not in holds:
        idle = [label.name for label in labels if label.name not in used]
        lines += [f"{counted(len(idle), 'label')} without a box, left out"] if idle else []
        labels = [label for label in labels if label.name in used]
    if "colors" not in holds:
        colored = sum(bool(label.color) for label in labels)
        lines += [f"{counted(colored, 'colour of a label', 'colours of labels')}, left out"] if colored else []
        labels = [replace(label, color="") for label in labels]
    return replace(data, labels=tuple(labels), regions=tuple(regions)), lines


def _without(region: DataRegion, missing: dict[str, _Part], counts: dict[str, int]) -> DataRegion | None:
    changes: dict[str, Any] = {}
    for name, part in missing.items():
        if part.has(region):
            counts[name] += 1
            if part.without is None:
                return None
            changes |= part.without
    return replace(region, **changes) if changes else region
