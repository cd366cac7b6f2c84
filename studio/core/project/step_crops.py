"""A few crops that a step of the history is about, to be shown as small pictures."""

from __future__ import annotations

from collections.abc import Iterable

from studio.core.crop import Crop
from studio.core.geometry import Box
from studio.core.project.project import Project
from studio.core.project.rows import BACKGROUND

MOST = 4  # of a step
_LOOKED = 400  # versions of a step that are chosen from: it may have 100,000


def crops_of_steps(project: Project, groups: Iterable[int]) -> dict[int, tuple[Crop, ...]]:
    """At most `MOST` crops for each group of edits: of regions it made or changed, else of those it removed.

    They are spread over the step; background only where there is nothing else.
    """
    with project.reading():
        names = "SELECT id FROM labels WHERE name = ? AND until IS NULL"
        found = project.connection.execute(names, (BACKGROUND,)).fetchone()
        background = int(found[0]) if found else 0
        return {group: _crops_of(project, group, background) for group in groups}


def _crops_of(project: Project, group: int, background: int) -> tuple[Crop, ...]:
    for end in ("since", "until"):
        rows = project.connection.execute(
            "SELECT CAST(medium AS INTEGER), CAST(frame AS INTEGER), CAST(x AS REAL), CAST(y AS REAL),"
            f" CAST(width AS REAL), CAST(height AS REAL), label FROM regions WHERE {end} IN"
            " (SELECT position FROM history WHERE group_id = ?) LIMIT ?",
            (group, _LOOKED),
        ).fetchall()
        rows = [row for row in rows if row[6] != background] or rows
        if rows:
            chosen = {round(at * (len(rows) - 1) / (MOST - 1)) for at in range(MOST)}
            return tuple(Crop(rows[at][0], rows[at][1], Box(*rows[at][2:6])) for at in sorted(chosen))
    return ()
