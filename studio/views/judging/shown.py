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
        problem: why it failed, or cannot be read; "" where all is well.
        unjudged: why nothing is known of how good it is although nothing went wrong; "" where it is known.
        resumable: whether it can go on from where it was stopped or killed.
        judgements: by split, "val" and "test"; without those that have no crop.
    """

    name: str
    title: str
    facts: str
    notes: tuple[str, ...] = ()
    problem: str = ""
    unjudged: str = ""
    resumable: bool = False
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
