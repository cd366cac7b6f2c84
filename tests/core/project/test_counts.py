"""Counts, and how little of a large project they read."""

from __future__ import annotations

from pathlib import Path

from studio.core.project import Edit, LabelRow, Project
from studio.core.project.counts import few_of_labels, label_counts
from tests.core.project.project_rows import CUP, MEDIUM, region

HAND = LabelRow(3, "hand", "#f0883e", "2")
MANY = 2_000


def steps(project: Project, call: object) -> int:
    """Thousands of instructions that the database takes for a call."""
    taken = []
    project.connection.set_progress_handler(lambda: taken.append(1), 1_000)
    call()  # type: ignore[operator]
    project.connection.set_progress_handler(None, 0)
    return len(taken)


def test_a_large_project_is_not_read_for_a_few(folder: Path) -> None:
    with Project.create(folder) as project:
        project.apply(Edit.rows("new", [MEDIUM, CUP, HAND]))
        project.apply(Edit.rows("draw", [region(frame=number // 20) for number in range(MANY)]))
        project.apply(Edit.rows("draw", [region(label=HAND.id), region(label=HAND.id, state="ignore")]))
        assert label_counts(project) == {"background": 0, "cup": MANY, "hand": 1}
        assert few_of_labels(project, 2) == {"background": 0, "cup": 2, "hand": 1}
        assert steps(project, lambda: label_counts(project)) > 5
        assert steps(project, lambda: few_of_labels(project, 2)) <= 1
        project.connection.execute("ANALYZE")
        place = {"medium": MEDIUM.id, "first": 3, "last": 3}
        assert len(project.regions(**place, at=project.position - 1)) == 20
        assert steps(project, lambda: project.regions(**place, at=project.position - 1)) <= 2
