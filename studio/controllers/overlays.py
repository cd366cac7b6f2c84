"""State and rows become what is drawn over a frame: pure functions, so that what is shown can be tested as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np

from studio.core.geometry import Box, iou_matrix
from studio.core.project import BACKGROUND, LabelRow, MarkRow, RegionRow
from studio.state.session import LiveShown, PickedDetection, ShownFrame
from studio.views.video.overlay import Kind, ShownBox, ShownDetection, ShownGuess, ShownGuesses

STAYS = 0.5  # seconds that the newest result is shown while the video plays
DEFAULT_THRESHOLD = 0.5
NEAR = 0.12  # above the threshold: a detection that is worth a look
SAME = 0.5  # IoU from which a detection says what a box says
UNKNOWN = "#8b929c"  # colour of a label that the project does not have
_BADGES = {"nothing": "no {} here", "ignore": "ignored for {}"}


@dataclass(frozen=True)
class Labels:
    """The project's labels, the numbers that tracks are called by, and the label that a head means by a name."""

    rows: Mapping[int, LabelRow]
    numbers: Mapping[int, int]
    called: Callable[[str], LabelRow | None]


def boxes_of(
    regions: Iterable[RegionRow], between: Mapping[int, tuple[int, Box]], labels: Labels, selection: Set[int]
) -> tuple[ShownBox, ...]:
    """The boxes of a frame, negatives below and the selected above.

    Args:
        regions: of the frame.
        between: interpolated boxes with their label, by track.
        labels: of the project.
        selection: ids of selected regions.
    """
    found = [
        ShownBox(
            row.id, Box(row.x, row.y, row.width, row.height), _color(labels, row.label), _name(row, labels),
            _kind(row, labels), row.id in selection,
        )
        for row in regions
    ]  # fmt: skip
    for track, (label, box) in between.items():
        name = labels.rows[label].name if label in labels.rows else ""
        number = _number(labels, track)
        found.append(
            ShownBox(-track, box, _color(labels, label), f"{name}{number}", "interpolated", -track in selection)
        )
    return tuple(sorted(found, key=lambda each: (each.selected, each.kind != "background")))


def detections_of(
    result: LiveShown | None, picked: PickedDetection | None, labels: Labels, boxes: Iterable[ShownBox]
) -> tuple[ShownDetection, ...]:
    """Those of `result` that reach their label's threshold; `boxes` are drawn on the same frame."""
    if result is None:
        return ()
    regions = np.array([each.box for each in boxes if each.kind not in ("background", "rejected")]).reshape(-1, 4)
    chosen = _picked_index(result, picked)
    found: list[ShownDetection] = []
    for index, (box, score) in enumerate(zip(result.detections.boxes, result.detections.scores, strict=True)):
        name = result.labels[int(result.detections.label_ids[index])]
        row = labels.called(name)
        threshold = row.threshold if row else DEFAULT_THRESHOLD
        if score < threshold and index != chosen:
            continue
        doubtful = bool(score < threshold + NEAR)
        below = bool((iou_matrix(box[None], regions) >= SAME).any())
        text = f"{row.name if row else name} {score:.2f}{' ?' if doubtful else ''}"
        place = Box(*(float(number) for number in box))
        color = row.color if row else UNKNOWN
        found.append(ShownDetection(index, place, color, text, doubtful, index == chosen, below))
    return tuple(found)


def guesses_of(result: LiveShown | None, labels: Labels) -> ShownGuesses | None:
    """What the head takes one window for; in the colours of the project's labels where it has them."""
    if result is None or result.guessed is None:
        return None
    rows = [(labels.called(name), name, share) for name, share in result.guesses]
    shown = [ShownGuess(row.name if row else name, share, row.color if row else UNKNOWN) for row, name, share in rows]
    return ShownGuesses("Looks like", result.guessed, tuple(shown))


def result_to_show(
    shown: ShownFrame, newest: LiveShown | None, picked: PickedDetection | None, moving: bool, now: float
) -> tuple[LiveShown | None, str]:
    """Which result belongs over `shown`, and its age in words.

    A result of this very frame always does. While frames move on, so does the newest of the medium for `STAYS`
    seconds, with its age. A frame that stands keeps that of which something was picked.
    """
    if newest is not None and _is_of(newest, shown):
        return newest, ""
    if not moving:
        return (picked.result, "") if picked is not None and _is_of(picked.result, shown) else (None, "")
    if newest is None or newest.frame.medium != shown.medium or now - newest.at > STAYS:
        return None, ""
    return newest, f"{max(round(100 * (now - newest.at + newest.seconds)), 1)}0 ms ago"


def badges_of(marks: Iterable[MarkRow], medium: int, frame: int, labels: Labels) -> tuple[str, ...]:
    """What marks say of a frame."""
    here = [mark for mark in marks if mark.medium == medium and mark.first <= frame <= mark.last]
    return tuple(
        _BADGES[mark.kind].format(labels.rows[mark.label].name)
        for mark in here
        if mark.kind in _BADGES and mark.label in labels.rows
    )


def ghosts_of(regions: Iterable[RegionRow], frame: int, labels: Labels) -> tuple[tuple[Box, str], ...]:
    """Boxes of objects on the frames around `frame`, the farthest first."""
    rows = [row for row in regions if row.frame != frame and _kind(row, labels) in ("keyframe", "followed", "occluded")]
    rows.sort(key=lambda row: -abs(row.frame - frame))
    return tuple((Box(row.x, row.y, row.width, row.height), _color(labels, row.label)) for row in rows)


def _kind(row: RegionRow, labels: Labels) -> Kind:
    if row.state == "occluded":
        return "occluded"
    if row.state == "outside":
        return "outside"
    if row.state == "ignore":
        return "ignore"
    if row.state == "rejected":
        return "rejected"
    label = labels.rows.get(row.label)
    if label is not None and label.name == BACKGROUND:
        return "background"
    return "keyframe" if row.keyframe or row.author == "human" else "followed"


def _name(row: RegionRow, labels: Labels) -> str:
    label = labels.rows.get(row.label)
    name = label.name if label else ""
    if row.state == "rejected":
        return f"not {name}"
    words = {"occluded": " · occluded", "outside": " · outside", "ignore": " · ignored"}
    return f"{name}{_number(labels, row.track)}{words.get(row.state, '')}"


def _number(labels: Labels, track: int | None) -> str:
    number = labels.numbers.get(track) if track is not None else None
    return f" · {number}" if number is not None else ""


def _color(labels: Labels, label: int) -> str:
    row = labels.rows.get(label)
    return row.color if row else UNKNOWN


def _is_of(result: LiveShown, shown: ShownFrame) -> bool:
    return (result.frame.medium, result.frame.number) == (shown.medium, shown.number)


def _picked_index(result: LiveShown, picked: PickedDetection | None) -> int | None:
    """The picked detection in `result`, which may be a newer one of the same frame."""
    if picked is None or not _is_of(result, picked.result.frame):
        return None
    if picked.result is result:
        return picked.index
    overlaps = iou_matrix(picked.result.detections.boxes[picked.index][None], result.detections.boxes)[0]
    best = int(overlaps.argmax()) if len(overlaps) else -1
    return best if best >= 0 and overlaps[best] >= SAME else None
