"""What was skipped or changed while a data set was read, counted by reason."""

from __future__ import annotations

from studio.core.project.edits import counted
from studio.core.project.row_checks import printable

_EXAMPLES = 3
_MANY = {"box": "boxes", "medium": "media"}


class Notes:
    """Counts of what was not taken as it was found, each with the first few places."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._places: dict[tuple[str, str], list[str]] = {}

    def add(self, what: str, reason: str, place: str = "", number: int = 1) -> None:
        """Count `number` things, "box" or "picture", for a reason that reads on from their number."""
        key = what, reason
        self._counts[key] = self._counts.get(key, 0) + number
        places = self._places.setdefault(key, [])
        if place and place not in places and len(places) <= _EXAMPLES:
            places.append(place)

    def lines(self) -> list[str]:
        """A line for each reason: "3 boxes: without area, left out (a.jpg, b.jpg)"."""
        return [self._line(key) for key in self._counts]

    def _line(self, key: tuple[str, str]) -> str:
        what, reason = key
        places = self._places[key]
        shown = ", ".join(places[:_EXAMPLES]) + (", …" if len(places) > _EXAMPLES else "")
        many = _MANY.get(what, "")
        return printable(f"{counted(self._counts[key], what, many)}: {reason}{f' ({shown})' if shown else ''}")
