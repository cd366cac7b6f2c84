"""How much of what a project holds, counted by the database without reading the rows."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.project.project import Project
from studio.core.project.rows import OBJECT_STATES


@dataclass(frozen=True, slots=True)
class Counts:
    """Regions at present.

    Attributes:
        labels: by label name, zero included; only those that say where an object is, or for the background is not.
        others: those that do not, by state: "outside", "ignore", "rejected".
        media: by medium id.
        tracks: by track id.
        authors: by who made them.
        splits: by split, with "none" for regions in no split.
        near_duplicates: how many training skips.
    """

    labels: dict[str, int]
    others: dict[str, int]
    media: dict[int, int]
    tracks: dict[int, int]
    authors: dict[str, int]
    splits: dict[str, int]
    near_duplicates: int


def counts(project: Project) -> Counts:
    """Count the regions of `project`."""
    states = {str(state): count for state, count in _by(project, "state").items()}
    return Counts(
        labels=label_counts(project),
        others={state: count for state, count in states.items() if state not in OBJECT_STATES},
        media=_by(project, "medium"),
        tracks=_by(project, "track"),
        authors={str(author): count for author, count in _by(project, "author").items()},
        splits=_by_split(project),
        near_duplicates=_by(project, "near_duplicate").get(1, 0),
    )


def label_counts(project: Project) -> dict[str, int]:
    """`Counts.labels` alone: some milliseconds, whatever the project holds."""
    found = _by(project, "label", f" AND state IN {tuple(sorted(OBJECT_STATES))}")
    return {row.name: found.get(row.id, 0) for row in project.labels()}


def few_of_labels(project: Project, most: int) -> dict[str, int]:
    """`Counts.labels`, counted no further than `most`: at once, whatever the project holds."""
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM regions WHERE label = ? AND until IS NULL"
        f" AND state IN {tuple(sorted(OBJECT_STATES))} LIMIT ?)"
    )
    with project.reading():
        return {row.name: project.connection.execute(query, (row.id, most)).fetchone()[0] for row in project.labels()}


# Mapping keys are ids or names as the column holds them.
def _by(project: Project, column: str, also: str = "") -> dict:  # type: ignore[type-arg]
    holds = f"until IS NULL AND {column} IS NOT NULL{also}"
    query = f"SELECT {column}, count(*) FROM regions WHERE {holds} GROUP BY {column}"
    with project.reading():
        return dict(project.connection.execute(query))


def _by_split(project: Project) -> dict[str, int]:
    # A split of the region's own track counts before one of the whole medium.
    split = (
        "(SELECT split FROM splits s WHERE s.until IS NULL AND s.medium = r.medium AND r.frame BETWEEN s.first AND"
        " s.last AND (s.track IS NULL OR s.track = r.track) ORDER BY s.track IS NULL, s.id LIMIT 1)"
    )
    query = f"SELECT coalesce({split}, 'none') AS name, count(*) FROM regions r WHERE until IS NULL GROUP BY name"
    with project.reading():
        return {str(name): int(count) for name, count in project.connection.execute(query)}
