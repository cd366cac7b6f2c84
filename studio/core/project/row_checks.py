"""What a cell of the user's data may hold: each check gives the value as Python keeps it, or None where it is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Set
from functools import partial
from typing import Any

_LARGEST = 2**63 - 1
_FAR, _TINY = 1e9, 1e-9  # pixels
_UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"  # would steer a terminal, or cannot be stored
AUTHORS = ("human", "tracker", "head", "import")
STATES = ("visible", "occluded", "outside", "ignore", "rejected")
_AUTHORS, _STATES = frozenset(AUTHORS), frozenset(STATES)


def _integer(low: int, value: Any) -> int | None:  # noqa: ANN401 - a cell can hold anything
    if type(value) is not int:
        if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__index__"):
            return None
        value = value.__index__()
    return value if low <= value <= _LARGEST else None


def _number(low: float, high: float, value: Any) -> float | None:  # noqa: ANN401
    if type(value) is not float:
        if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__float__"):
            return None
        value = float(value)
    return value if low <= value <= high and math.isfinite(value) else None


def flag(value: Any) -> bool | None:  # noqa: ANN401
    return bool(value) if value in (0, 1) and not isinstance(value, float) else None


def _text(pattern: re.Pattern[str], value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def one_of(choices: Set[str], value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) and value in choices else None


_id, count = partial(_integer, 1), partial(_integer, 0)
_coordinate = partial(_number, -_FAR, _FAR)
_extent = partial(_number, _TINY, _FAR)

# Field names are the same in every table, "kind" apart, so that one table of checks serves all rows.
FIELD_CHECKS: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "medium": _id,
    "label": _id,
    "track": _id,
    "frame": count,
    "first": count,
    "last": count,
    "frames": count,
    "size": count,
    "path": partial(_text, re.compile(rf"[^{_UNPRINTABLE}]{{1,4096}}")),
    "sha256": partial(_text, re.compile(r"[0-9a-f]{64}")),
    "name": partial(_text, re.compile(rf"(?!\s)[^{_UNPRINTABLE}]{{1,100}}(?<!\s)")),
    "color": partial(_text, re.compile(r"#[0-9a-fA-F]{6}")),
    "key": partial(_text, re.compile(r"[0-9]?")),
    "threshold": partial(_number, 0.0, 1.0),
    "author": partial(one_of, _AUTHORS),
    "keyframe": flag,
    "near_duplicate": flag,
    "reviewed": flag,
    "text": partial(_text, re.compile(rf"[^{_UNPRINTABLE}]{{1,1000}}")),
    "score": partial(_number, 0.0, 1.0),
    "state": partial(one_of, _STATES),
    "split": partial(one_of, {"train", "val", "test"}),
    "x": _coordinate,
    "y": _coordinate,
    "width": _extent,
    "height": _extent,
}


def is_plain_region(row: Any) -> bool:  # noqa: ANN401
    """Whether nothing is wrong with `row`, in one look: projects have 100,000 of them. False: look closer."""
    return (
        type(row.id) is int is type(row.medium) is type(row.frame) is type(row.label)
        and (row.track is None or (type(row.track) is int and 0 < row.track <= _LARGEST))
        and type(row.x) is float is type(row.y) is type(row.width) is type(row.height)
        and type(row.keyframe) is bool is type(row.near_duplicate) is type(row.reviewed)
        and (row.score is None or (type(row.score) is float and 0 <= row.score <= 1))
        and min(row.id, row.medium, row.label, row.frame + 1) > 0
        and max(row.id, row.medium, row.label, row.frame) <= _LARGEST
        and -_FAR <= row.x <= _FAR
        and -_FAR <= row.y <= _FAR
        and _TINY <= row.width <= _FAR
        and _TINY <= row.height <= _FAR
        and type(row.author) is str is type(row.state)
        and row.author in _AUTHORS
        and row.state in _STATES
    )


def is_name(value: object) -> bool:
    """Whether `value` can be the name of a label: 1 to 100 printable characters, no blank at either end."""
    return FIELD_CHECKS["name"](value) is not None


def printable(text: object) -> str:
    """`text` without what would steer a terminal: names and history of a foreign project may hold anything."""
    return re.sub(f"[{_UNPRINTABLE}]", "?", str(text))
