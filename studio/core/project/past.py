"""The history as a person reads it: a step for each group of edits, greyed while it is undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from studio.core.project.project import Project
from studio.core.project.row_checks import printable


@dataclass(slots=True)
class PastStep:
    """A group of edits, undone and redone as one.

    Attributes:
        group: its id.
        text: of its first edit.
        time: of its last edit, ISO 8601, UTC.
        who: "human", "tracker", "head" or "import".
        edits: how many lines of the history it has.
        undone: whether it is taken back at present.
        position: of its last edit: what the project held then is what the step led to.
    """

    group: int
    text: str
    time: str
    who: str
    edits: int = 1
    undone: bool = False
    position: int = 0


@dataclass
class Past:
    """All steps, oldest first, and how far the history was read.

    Attributes:
        steps: oldest first; what an undo or redo did is in their `undone`.
        position: of the last line that was read.
    """

    steps: list[PastStep] = field(default_factory=list)
    position: int = 0
    _rows: dict[int, int] = field(default_factory=dict)

    def copy(self) -> Past:
        """One that reads on by itself; the steps are shared."""
        return Past(list(self.steps), self.position, dict(self._rows))

    def read(self, project: Project, most: int | None = None) -> set[int]:
        """Take in the lines since `position`, `most` of them; returns the numbers of the steps that changed."""
        query = (
            "SELECT position, kind, target, text, time, who FROM history WHERE position > ? ORDER BY position LIMIT ?"
        )
        with project.reading():
            lines = project.connection.execute(query, (self.position, -1 if most is None else most)).fetchall()
        return self._take(lines)

    def _take(self, lines: Iterable[tuple[int, str, int, str, str, str]]) -> set[int]:
        changed = set()
        for position, kind, target, text, time, who in lines:
            self.position = position
            row = self._rows.get(target)
            if row is None:
                row = self._rows[target] = len(self.steps)
                self.steps.append(PastStep(target, printable(text), printable(time), printable(who), position=position))
            elif kind == "edit":
                self.steps[row].edits += 1
                self.steps[row].position = position
                self.steps[row].time = printable(time)
            self.steps[row].undone = kind == "undo"
            changed.add(row)
        return changed
