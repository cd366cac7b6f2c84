"""What the runs dock asks of the disk lane: the table, one run, and two compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.controllers.training_work import can_go_on
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.region_table import RegionTable, read_regions
from studio.state.window_words import in_the_window
from studio.views.judging.runs_table import RunRow
from studio.views.judging.shown import SPLITS, ShownRun

if TYPE_CHECKING:
    from studio.core.judging.run_lines import RunLine, RunsCompared, ScoreLine
    from studio.core.runs import RunRecord

TITLE = 24  # letters, at most, of what a recipe is called in the table
DONE, AS_IS = "done", "as-is"
_NOT_THE_PROJECTS = (
    "Not judged: its classes are the network's own, not the labels of the project. The five likeliest of each crop are "
    "in top5.csv in the run's folder; live, they lie over the video."
)


@dataclass(frozen=True, eq=False)
class ReadRun:
    """A run with all that its file says.

    Attributes:
        shown: what people see.
        ids: by split the regions that it was judged by, int64 `(n,)` beside the judgement.
        table: those of the regions that are there now.
    """

    shown: ShownRun
    ids: Mapping[str, NDArray[np.int64]]
    table: RegionTable


def read_rows(folder: Path, control: Control) -> list[RunRow]:
    """The lines of the table, the newest first; those whose record is damaged last."""
    from studio.core.judging.run_lines import run_lines
    from studio.core.runs import damaged_runs, runs_of

    control.checkpoint()
    with Project.open(folder) as project:
        rows = [_row(line, _state(project, line.record)) for line in run_lines(project, runs_of(project))]
        return rows + [_damaged(name, problem) for name, problem in damaged_runs(project).items()]


def read_one(folder: Path, name: str, control: Control) -> ReadRun:
    """Read a run and judge it.

    Raises:
        InputError: it is gone, or its record damaged.
    """
    from studio.core.judging import read_predictions
    from studio.core.judging.run_lines import title_of
    from studio.core.runs import PREDICTIONS, read_run, run_folder

    control.checkpoint()
    judgements, ids, problem = {}, {}, ""
    with Project.open(folder) as project:
        place = run_folder(project, name)
        record = read_run(place)
        try:
            said = read_predictions(place / PREDICTIONS)
            for split in SPLITS:
                control.checkpoint()
                own = said.of_split(split)
                if (judged := own.judged()) is not None:
                    judgements[split], ids[split] = judged, own.ids
            table = read_regions(project, said.ids.tolist())
        except InputError as error:
            table = read_regions(project, ())
            problem = str(error) if record.state == DONE else ""
        unjudged = "" if judgements or record.error or problem else _unjudged(record, _state(project, record))
    notes = tuple(map(in_the_window, record.notes))
    problem = in_the_window(record.error or problem)
    title, facts, goes_on = title_of(record.recipe), _facts(record), can_go_on(place, record)
    shown = ShownRun(name, title, facts, notes, problem, unjudged, goes_on, judgements)
    return ReadRun(shown, ids, table)


def compare(folder: Path, first: str, second: str, control: Control) -> tuple[str, str]:
    """What two runs differ in, in words, and whether the second is "good" (better by more than chance), "bad" (worse),
    "doubtful" (that may be chance), or "dim": nothing can be told. The test says it where there is one.
    """
    from studio.core.judging.run_lines import compare_runs
    from studio.core.runs import read_run, run_folder

    control.checkpoint()
    with Project.open(folder) as project:
        try:
            one, two = (read_run(run_folder(project, name)) for name in (first, second))
        except InputError as error:
            return f"{error}.", "dim"
        found = compare_runs(project, one, two)
    return _compared(f"From {called(one)} to {called(two)}", found)


def _compared(title: str, found: RunsCompared) -> tuple[str, str]:
    from studio.core.judging.run_lines import written

    lines = [title, *(f"{SPLITS[split]}: {each.says}" for split, each in found.differences.items())]
    if found.problem:
        lines.append(f"{found.problem[:1].upper()}{found.problem[1:]}.")
    other = [f"{name.replace('_', ' ')} {written(one)} → {written(two)}" for name, one, two in found.parameters]
    lines.append(f"Parameters: {', '.join(other) or 'the same'}. Data: {found.data}.")
    told = list(found.differences.values())[-1:]
    role = "dim" if not told else "doubtful" if not told[0].real else "good" if told[0].value > 0 else "bad"
    return "\n".join(lines), role


def _row(line: RunLine, state: str) -> RunRow:
    record = line.record
    texts = (
        called(record),
        _score(line.validation) if line.validation or state == DONE else state,
        _score(line.test),
        _milliseconds(record) if record.milliseconds else "–",
        line.data,
        line.parameters,
        record.head or "–",
    )
    tip = "\n".join((texts[0], f"validation {texts[1]}, test {texts[2]}", *texts[4:], record.name))
    return RunRow(record.name, texts, tip, dim=line.validation is None and line.test is None)


def _damaged(name: str, problem: str) -> RunRow:
    return RunRow(name, (name, "damaged", *["–"] * 5), f"{problem}; its folder is kept", dim=True)


def called(record: RunRecord) -> str:
    """ "Warm-up, then fine-tune · 21 Nov, 22:37"."""
    from studio.core.judging.run_lines import title_of

    title = title_of(record.recipe)  # as long as a file says where the recipe is of another version
    return f"{title if len(title) <= TITLE else title[: TITLE - 1] + '…'} · {_when(record.started)}"


def _score(score: ScoreLine | None) -> str:
    return str(score) if score else "–"


def _facts(record: RunRecord) -> str:
    parts = [_when(record.started), record.backbone, f"{record.epochs:,} epochs" if record.epochs else ""]
    parts += [_spent(record.seconds), f"{_milliseconds(record)} ms a crop" if record.milliseconds else ""]
    parts.append(f"kept as {record.head}" if record.head else "")
    return " · ".join(part for part in parts if part)


def _milliseconds(record: RunRecord) -> str:
    return f"{record.milliseconds:.0f}" if record.milliseconds >= 10 else f"{record.milliseconds:.2g}"


def _state(project: Project, record: RunRecord) -> str:
    """In the words of the training dock: "done", "failed", "stopped", "training" or "interrupted"."""
    from studio.core.run_lock import was_killed
    from studio.core.runs import run_folder

    if record.state == "running":
        return "interrupted" if was_killed(run_folder(project, record.name), record) else "training"
    return "stopped" if record.state == "cancelled" else record.state


def _unjudged(record: RunRecord, state: str) -> str:
    """Why a run of which nothing went wrong has no scores."""
    if state == DONE:
        of_network = record.recipe == AS_IS
        return _NOT_THE_PROJECTS if of_network else "Not judged: there were no crops for validation or the test."
    if state == "training":
        return "It is being trained; it is judged at its end."
    return f"Not judged: it was {state} before its end."


def _spent(seconds: float) -> str:
    if seconds < 1:
        return ""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _when(time: str) -> str:
    """ "21 Nov, 09:00", here."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%d %b, %H:%M").lstrip("0")
    except (ValueError, OverflowError, OSError):  # a foreign project may claim anything
        return time
