"""`studio runs`: what was trained, how good it is, whether one run is better than another; and its deletion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.manners import JsonFlag, print_json, say
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.row_checks import printable
from studio.core.run_files import delete_run, deletion_of
from studio.core.run_lock import state_of, was_killed
from studio.core.runs import PREDICTIONS, RunRecord, damaged_runs, read_run, run_folder, runs_of

if TYPE_CHECKING:
    from studio.core.judging import Judgement
    from studio.core.judging.run_lines import RunLine, RunsCompared

SPLITS = {"val": "validation", "test": "test"}
MOST_PAIRS = 10  # of labels that are confused, that are printed


def runs(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    run: Annotated[str | None, typer.Option("--run", help="The judgement of this run.")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option("--compare", help="Whether the second of two runs is better.")
    ] = None,
    delete: Annotated[
        str | None, typer.Option("--delete", help="Delete the files of this run; its head stays.")
    ] = None,
    sure: Annotated[bool, typer.Option("--yes", help="There is no undo for files; say that you mean it.")] = False,
    json: JsonFlag = False,
) -> None:
    """List the trainings of a project, show how good one is, compare two, or delete one."""
    if sum(wish is not None for wish in (run, compare, delete)) > 1:
        raise InputError("--run shows one run, --compare two, --delete deletes one; say one of them")
    with Project.open(project, write=delete is not None) as opened:
        if delete is not None:
            _delete(opened, delete, sure)
        elif run is not None:
            _show_one(run_folder(opened, run), json)
        elif compare is not None:
            first, second = (read_run(run_folder(opened, name)) for name in compare)
            _compare(opened, first, second, json)
        else:
            _list(opened, json)


def _delete(project: Project, name: str, sure: bool) -> None:
    what = deletion_of(project, name)
    if not sure:
        raise InputError(f"deleting {name} cannot be undone: {what} Say --yes")
    gone = delete_run(project, name)
    say(f"deleted {name}: {what}" + f" Files of others stay in {project.runs / name}" * (not gone))


def _list(project: Project, json: bool) -> None:
    records = runs_of(project)
    damaged = damaged_runs(project)
    for problem in damaged.values():
        say(f"left out: {problem}; its folder is kept")
    if json:
        print_json([_said(project.runs / record.name, record) for record in records])
        return
    if not records:
        if not damaged:
            say(f"no runs yet; train one: studio train {project.folder}")
        return
    from studio.core.judging.run_lines import run_lines

    rows = [HEADER, *(_cells(project, line) for line in run_lines(project, records))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _said(folder: Path, record: RunRecord) -> dict[str, Any]:
    """The record, and whether it says "running" of a run that was killed."""
    return record.model_dump(mode="json") | {"interrupted": was_killed(folder, record)}


HEADER = ("run", "state", "head", "validation", "test", "ms", "data", "parameters")


def _cells(project: Project, line: RunLine) -> tuple[str, ...]:
    record = line.record
    state = state_of(project.runs / record.name, record)
    milliseconds = f"{record.milliseconds:.1f}" if record.milliseconds else "–"
    said = [str(score) if score else "–" for score in (line.validation, line.test)]
    texts = (record.name, state, record.head or "–", *said, milliseconds, line.data, line.parameters)
    return tuple(printable(text) for text in texts)


def _show_one(folder: Path, json: bool) -> None:
    record = read_run(folder)
    if json:
        print_json(_said(folder, record))
        return
    from studio.core.judging import read_predictions
    from studio.core.judging.run_lines import title_of

    judged_at_all = record.state == "done" or (folder / PREDICTIONS).exists()
    predictions = read_predictions(folder / PREDICTIONS) if judged_at_all else None
    print(printable(f"{record.name}: {title_of(record.recipe)}, {state_of(folder, record)}"))
    for note in (*record.notes, *([record.error] if record.error else [])):
        print(printable(note))
    if predictions is None:
        say("it was not judged")
        return
    for split, name in SPLITS.items():
        judged = predictions.of_split(split).judged()
        print(f"\n{name}: {judged.headline() if judged else 'no crops'}")
        if judged:
            _print_judgement(judged)


def _print_judgement(judged: Judgement) -> None:
    scored = [each for each in judged.scores if each.count]
    width = max(len(each.label) for each in scored)
    print(f"{'':{width}}   crops  precision  recall     AP     F1  within")
    for each in scored:
        numbers = f"{each.precision:>9.2f}  {each.recall:>6.2f}  {each.average_precision:>5.2f}  {each.f1:>5.2f}"
        print(printable(f"{each.label:{width}}  {each.count:>6,}  {numbers}  {each.interval or '–'}"))
    print(f"macro F1 {judged.f1:.2f}, calibration error {judged.calibration.error:.2f}")
    for true, said, count in judged.confused()[:MOST_PAIRS]:
        print(printable(f"{count:>8,} {judged.labels[true]} taken for {judged.labels[said]}"))
    for note in judged.notes:
        print(printable(note))


def _compare(project: Project, first: RunRecord, second: RunRecord, json: bool) -> None:
    from studio.core.judging.run_lines import compare_runs, written

    found = compare_runs(project, first, second)
    if json:
        print_json(_document(found))
        return
    if found.problem:
        raise InputError(found.problem)
    print(f"data: {found.data}")
    for name, one, two in found.parameters:
        print(printable(f"{name}: {written(one)} → {written(two)}"))
    for split, each in found.differences.items():
        print(f"{SPLITS[split]}: {each.accuracies[0]:.2f} → {each.accuracies[1]:.2f}. {each.says}")


def _document(found: RunsCompared) -> dict[str, Any]:
    return {
        "runs": [found.first, found.second],
        "data": found.data,
        "parameters": {name: [one, two] for name, one, two in found.parameters},
        **dict.fromkeys(SPLITS.values()),
        **{SPLITS[split]: each.document() for split, each in found.differences.items()},
        "problem": found.problem,
    }
