"""Colours and keys for new labels."""

from __future__ import annotations

from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import LabelRow

# Told apart on dark and light ground, and mostly by colour-blind eyes too.
PALETTE = ("#4c9aff", "#f0883e", "#3fb950", "#e377c2", "#d2b41c", "#9d7cf4", "#1fb8b8", "#f85149", "#a0714f")


def make_label(project: Project, name: str) -> LabelRow:
    """A row for a label called `name` with the next free colour and key (1…9, then none); not yet applied.

    Raises:
        InputError: a label cannot be called so.
    """
    labels = project.labels()
    used = {label.color.lower() for label in labels}
    free = [color for color in PALETTE if color not in used] or [PALETTE[len(labels) % len(PALETTE)]]
    keys = sorted(set("123456789") - {label.key for label in labels})
    return LabelRow(new_id(), name, free[0], keys[0] if keys else "")
