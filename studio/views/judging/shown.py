"""What the run that is looked at says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.judging import Judgement

SPLITS = {"val": "Validation", "test": "Test"}


@dataclass(frozen=True, eq=False)
class ShownRun:
    """A run.

    Attributes:
        name: of its folder.
        title: of its recipe.
        facts: a line: when, on what, how long.
        notes: sentences; those that its training left.
        problem: why there is nothing to see, or why it failed; "" where all is well.
        judgements: by split, "val" and "test"; without those that have no crop.
    """

    name: str
    title: str
    facts: str
    notes: tuple[str, ...] = ()
    problem: str = ""
    judgements: Mapping[str, Judgement] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelOfProject:
    """What the project says of a label today.

    Attributes:
        color: "#rrggbb".
        threshold: the least score of a detection that is shown.
    """

    color: str
    threshold: float
