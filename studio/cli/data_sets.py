"""What `studio heads` says of the data that heads were trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.cli.manners import print_json
from studio.cli.restore import restore_to
from studio.core.gallery.data_set_diff import DataSetDiff, diff
from studio.core.gallery.data_sets import DataSet, data_set, known_position
from studio.core.project import Project
from studio.core.project.row_checks import printable

KINDS = ("added", "removed", "relabelled", "moved", "changed")


def show_diff(folder: Path, head: str, other: str | None, json: bool) -> None:
    """Print what differs between the data of a head and that of another, or the present."""
    with Project.open(folder) as project:
        before = known_position(project, head)
        after = known_position(project, other) if other else project.position
        found = diff(project, before, after)
        then, now = data_set(project, head, before), data_set(project, other or "", after)
    if json:
        print_json(_document(found, then, now))
        return
    print(f"{then.regions:,} regions at position {before}, {now.regions:,} at {after}")
    for kind in KINDS:
        print(f"{len(getattr(found, kind)):>8,} {kind}")
    for turn in _turns(found, then, now):
        print(printable(f"{turn['regions']:>16,} {turn['from']} → {turn['to']}"))


def restore_data_of(folder: Path, head: str, only_look: bool) -> None:
    """Go back to what the project held when a head was trained."""
    with Project.open(folder) as project:
        position = known_position(project, head)
    restore_to(folder, position, f"the data of {head}", only_look)


def _turns(found: DataSetDiff, then: DataSet, now: DataSet) -> list[dict[str, Any]]:
    return [
        {"from": then.labels[old].name, "to": now.labels[new].name, "regions": len(ids)}
        for old, new, ids in found.turns
    ]


def _document(found: DataSetDiff, then: DataSet, now: DataSet) -> dict[str, Any]:
    counts = [{each.labels[label].name: count for label, count in each.counts} for each in (then, now)]
    return {
        "before": found.before,
        "after": found.after,
        "regions_before": counts[0],
        "regions_after": counts[1],
        **{kind: getattr(found, kind).tolist() for kind in KINDS},
        "turns": _turns(found, then, now),
    }
