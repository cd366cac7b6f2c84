"""What a table of runs says, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from studio.core.errors import InputError
from studio.core.gallery.data_set_diff import diff
from studio.core.judging.difference import Difference, difference
from studio.core.judging.intervals import Interval
from studio.core.judging.predictions import Predictions, read_predictions
from studio.core.plugins import recipes
from studio.core.project import Project
from studio.core.runs import PREDICTIONS, RunRecord, run_folder

JUDGED = ("val", "test")  # splits that are judged by


class ScoreLine(NamedTuple):
    """The accuracy of a run on one split.

    Attributes:
        accuracy: 0…1.
        interval: None where tracks were too few.
        crops: that it was judged by.
    """

    accuracy: float
    interval: Interval | None
    crops: int

    def __str__(self) -> str:
        return f"{self.accuracy:.2f} ({self.interval})" if self.interval else f"{self.accuracy:.2f}"

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> ScoreLine | None:
        """From a judgement's document in a record, which anybody may have written; None where it says nothing."""
        with suppress(KeyError, TypeError, ValueError):
            if document is not None:
                pair = document["interval"]
                interval = None if pair is None else Interval(float(pair[0]), float(pair[1]))
                return cls(float(document["accuracy"]), interval, int(document["n"]))
        return None


@dataclass(frozen=True)
class RunLine:
    """A run in the table.

    Attributes:
        record: what its file says.
        title: of its recipe.
        data: how the regions changed since: "as now", "+12 −3 since", or why that is not known; whether others trained
            its first epochs, and whether its splits leak.
        parameters: those that are not as shipped, as "epochs 30, batch 32"; "as shipped" where all are.
        validation, test: None where there were no such crops, or it was not judged.
    """

    record: RunRecord
    title: str
    data: str
    parameters: str
    validation: ScoreLine | None
    test: ScoreLine | None


@dataclass(frozen=True)
class RunsCompared:
    """Two runs.

    Attributes:
        first, second: their names.
        parameters: those that differ, with the value of either, first of all the recipe.
        data: how the regions changed from the first to the second.
        differences: by split, of those that both were judged by.
        problem: why nothing can be compared; "" where it can.
    """

    first: str
    second: str
    parameters: tuple[tuple[str, Any, Any], ...]
    data: str
    differences: Mapping[str, Difference]
    problem: str = ""


def run_lines(project: Project, records: Iterable[RunRecord]) -> list[RunLine]:
    """The lines of these runs in their order."""
    return [_line(project, record) for record in records]


def compare_runs(project: Project, first: RunRecord, second: RunRecord) -> RunsCompared:
    """What two runs differ in: parameters, data, and scores. What cannot be read is said in the result."""
    values = [
        (name, value, second.parameters[name]) for name, value in first.parameters.items() if name in second.parameters
    ]
    recipes_used = ("recipe", title_of(first.recipe), title_of(second.recipe))
    parameters = tuple(each for each in (recipes_used, *values) if each[1] != each[2])
    data = data_change(project, first, second)
    try:
        said = [read_predictions(run_folder(project, each.name) / PREDICTIONS) for each in (first, second)]
    except InputError as error:
        return RunsCompared(first.name, second.name, parameters, data, {}, str(error))
    differences = _differences(*said)
    problem = "" if differences else "no split was judged in both"
    return RunsCompared(first.name, second.name, parameters, data, differences, problem)


def data_change(project: Project, first: RunRecord, second: RunRecord | None = None) -> str:
    """How the regions changed from one run to another, or (None) to now: "as now", "+12 −3", "2 relabelled"."""
    if not _own(project, first) or (second is not None and not _own(project, second)):
        return "of another project"
    found = diff(project, first.history, second.history if second is not None else None)
    signs = ((found.added, "+{:,}"), (found.removed, "−{:,}"))
    words = ((found.relabelled, "{:,} relabelled"), (found.moved, "{:,} moved"), (found.changed, "{:,} changed"))
    counts = " ".join(text.format(len(ids)) for ids, text in signs if len(ids))
    others = [text.format(len(ids)) for ids, text in words if len(ids)]
    return ", ".join([counts] * bool(counts) + others) or ("the same" if second is not None else "as now")


def _line(project: Project, record: RunRecord) -> RunLine:
    change = data_change(project, record)
    return RunLine(
        record,
        title_of(record.recipe),
        (change if change in ("as now", "of another project") else f"{change} since")
        + ", changed on the way" * bool(record.mixed)
        + ", leaks" * bool(record.leaks),
        _parameters(record),
        ScoreLine.of(record.validation),
        ScoreLine.of(record.test),
    )


def title_of(recipe: str) -> str:
    """Of a recipe; its name where this program does not know it."""
    return recipes[recipe].title if recipe in recipes.names else recipe


def _parameters(record: RunRecord) -> str:
    shipped: Mapping[str, Any] = {}
    if record.recipe in recipes.names:
        shipped = recipes[record.recipe].load().parameters().model_dump(mode="json")
    other = [
        (name, value) for name, value in record.parameters.items() if name not in shipped or shipped[name] != value
    ]
    return ", ".join(f"{name.replace('_', ' ')} {written(value)}" for name, value in other) or "as shipped"


def written(value: Any) -> str:  # noqa: ANN401 - of any parameter
    """A parameter's value, as people write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _own(project: Project, record: RunRecord) -> bool:
    return record.project == project.id and record.history <= project.position


def _differences(first: Predictions, second: Predictions) -> dict[str, Difference]:
    splits: Sequence[tuple[str, Predictions, Predictions]] = [
        (split, first.of_split(split), second.of_split(split)) for split in JUDGED
    ]
    return {split: difference(one, two) for split, one, two in splits if len(one) and len(two)}
