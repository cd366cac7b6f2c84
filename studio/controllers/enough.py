"""Whether a project holds enough to learn from, and why it has no head, said in one line."""

from __future__ import annotations

from studio.controllers.context import Context
from studio.core.project import BACKGROUND, Project
from studio.core.project.counts import few_of_labels
from studio.core.project.heads import head_names


def missing_for_a_fit(project: Project) -> str | None:
    """What a person should do before a head can be fitted; None where nothing is missing."""
    numbers = few_of_labels(project, 2)
    labels = {name: count for name, count in numbers.items() if name != BACKGROUND and count}
    negatives = numbers.get(BACKGROUND, 0)
    if not labels:
        return "Nothing to learn from yet: draw a box (W) around the thing and press T to follow it."
    if single := next((name for name, count in labels.items() if count < 2), None):
        return f"{single} has one region only: label another one, or press T to follow it."
    if not negatives and len(labels) < 2:
        return "There are no examples of background yet: press T to follow the thing a little."
    return None


def missing_head(context: Context) -> str:
    """Why there is no head, and what a person should do."""
    if context.session.fitting:
        return "The head is being fitted: a moment…"
    project = context.project.project
    if missing := missing_for_a_fit(project):
        return missing
    kept = "choose one in the training dock, or fit one" if head_names(project) else "fit one first"
    return f"There is no head yet: {kept} (Model ▸ Fit the head, Ctrl+R)."
