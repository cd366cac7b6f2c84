"""The data that each head of a project was trained on, at its place in the history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from studio.core.errors import InputError
from studio.core.gallery.crops import Crops, splits_of
from studio.core.project import LabelRow, MediumRow, Project
from studio.core.project.heads import head_names, known_head, read_head_facts
from studio.core.project.region_table import read_regions


@dataclass(frozen=True)
class DataSet:
    """What a project held at a moment.

    Attributes:
        head: the name of the head that was trained on it; "" for the present.
        position: of the history; None where the head was trained on another project.
        time: of the last step before, ISO 8601, UTC; "" where nothing was done before.
        counts: how many regions each label had, most first; without labels that had none.
        labels: the labels as they were called then, by id.
    """

    head: str
    position: int | None
    time: str
    counts: tuple[tuple[int, int], ...]
    labels: Mapping[int, LabelRow]

    @property
    def regions(self) -> int:
        return sum(count for _, count in self.counts)


def trained_at(project: Project, head: str) -> int | None:
    """The position of the history at which a head was trained; None where that was another project's history.

    Raises:
        InputError: no such head, or its card cannot be read.
    """
    folder = known_head(project, head)
    position = int(read_head_facts(project, head)["history"])
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    own = card.get("project", "")
    foreign = own != project.id if own else card.get("source") != f"project {project.name}"  # older cards have no id
    return None if foreign or position > project.position else position


def known_position(project: Project, head: str) -> int:
    """As `trained_at`.

    Raises:
        InputError: also where it was trained on another project.
    """
    position = trained_at(project, head)
    if position is None:
        raise InputError(f"the head {head} was trained on another project; this one does not know its data")
    return position


def data_set(project: Project, head: str, position: int | None) -> DataSet:
    """What the project held at `position`; nothing is known where that is None."""
    if position is None:
        return DataSet(head, None, "", (), {})
    with project.reading():
        counts = project.connection.execute(
            "SELECT label, count(*) FROM regions WHERE +since <= ? AND (until IS NULL OR until > ?) GROUP BY label"
            " ORDER BY count(*) DESC, label",
            (position, position),
        ).fetchall()
        when = project.connection.execute(
            "SELECT CAST(time AS TEXT) FROM history WHERE position = ?", (position,)
        ).fetchone()
    labels = {row.id: row for row in project.labels(at=position)}
    return DataSet(head, position, when[0] if when else "", tuple((int(n), int(count)) for n, count in counts), labels)


def data_sets(project: Project, known: Iterable[DataSet] = ()) -> list[DataSet]:
    """The present, then that of each head, the last trained first; heads whose cards cannot be read are left out.

    Those of heads that are `known` are not read again: the past stays what it was.
    """
    before = {(each.head, each.position): each for each in known if each.head}
    heads: list[tuple[int, str, int | None]] = []
    for name in head_names(project):
        with suppress(InputError, OSError, ValueError):
            position = trained_at(project, name)
            heads.append((-1 if position is None else position, name, position))
    found = [data_set(project, "", project.position)]
    for _, name, position in sorted(heads, reverse=True):
        found.append(before.get((name, position)) or data_set(project, name, position))
    return found


def crops_at(project: Project, position: int) -> Crops:
    """The crops as they were at a position of the history, those that are gone among them; nothing measured."""
    table = read_regions(project, at=position)
    labels, media = {row.id: row for row in project.labels(at=position)}, _media(project, position)
    return Crops(table, splits_of(table, project.splits(at=position)), labels, media)


def _media(project: Project, position: int) -> dict[int, MediumRow]:
    """Media of then, at the places where they are now: they may have been moved."""
    return {row.id: row for row in (*project.media(at=position), *project.media())}
