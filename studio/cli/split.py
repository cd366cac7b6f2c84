"""`studio split`: train, validation and test, and whether anything leaks between them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.manners import JsonFlag, Progress, SeedOption, print_json, say
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS, Crops, read_crops
from studio.core.project import Project
from studio.core.project.leaks import Leak, compared, find_leaks, leak_words, leaks_in_short
from studio.core.project.split_plan import (
    AS_IT_IS,
    WAYS,
    SplitPlan,
    SplitWish,
    clear_edit,
    plan_splits,
    read_rates,
    split_counts,
    split_edit,
)

MOST = 10  # leaks that are written out


def split(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    val: Annotated[float, typer.Option("--val", metavar="SHARE", help="For validation.")] = 0.2,
    test: Annotated[float, typer.Option("--test", metavar="SHARE", help="For the last test.")] = 0.2,
    by: Annotated[str, typer.Option("--by", help=f"One of: {', '.join(WAYS)}.")] = "auto",
    clear: Annotated[bool, typer.Option("--clear", help="Take all splits away instead.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Assign nothing, look for leaks only.")] = False,
    seed: SeedOption = 0,
    json: JsonFlag = False,
) -> None:
    """Split the regions by clip, by blocks of time or by track, never by single frames, and look for leaks."""
    if clear and check:
        raise InputError("--clear and --check say different things; give one of them")
    wish = SplitWish(val, test, by, seed)
    with Project.open(project, write=not check) as opened, Progress("split") as control:
        plan: SplitPlan | None = None
        changes = True
        if clear:
            opened.apply(clear_edit(opened))
        elif not check:
            crops = read_crops(opened)
            plan = plan_splits(crops, read_rates(opened, crops), wish)
            edit = split_edit(opened, plan)
            changes = edit.size > 0
            opened.apply(edit)
        crops = read_crops(opened)
        rates = read_rates(opened, crops)
        leaks = find_leaks(crops, rates, _hashes(opened, crops, control), control) if crops.splits.any() else []
    document = _document(crops, rates, plan, leaks)
    if json:
        print_json(document)
        return
    if plan is not None:
        say(plan.sentence if changes else f"{plan.sentence} {AS_IT_IS}")
    _show(document, leaks)


def _hashes(project: Project, crops: Crops, control: Control) -> Any:  # noqa: ANN401 - only numpy passes through
    from studio.ml.gallery.looks import read_looks

    needed = compared(crops) & (crops.splits > 0)
    return read_looks(project, crops.table, crops.media, control, needed).hashes


def _document(crops: Crops, rates: dict[int, float], plan: SplitPlan | None, leaks: list[Leak]) -> dict[str, Any]:
    counts = split_counts(crops)
    names = {label: crops.labels[label].name for label in counts}
    return {
        "by": plan.by if plan else None,
        "labels": {
            names[label]: {name or "none": int(row[place]) for place, name in enumerate(SPLITS)}
            for label, row in sorted(counts.items(), key=lambda pair: names[pair[0]])
        },
        "notes": list(plan.notes) if plan else [],
        "leaks": [_leak(crops, rates, leak) for leak in leaks],
    }


def _leak(crops: Crops, rates: dict[int, float], leak: Leak) -> dict[str, Any]:
    table = crops.table
    rows = crops.rows_of(leak[:2])
    return {
        "kind": leak.kind,
        "why": leak_words(leak, crops, rates),
        "regions": [
            {
                "id": int(table.ids[row]),
                "medium": crops.media[int(table.media[row])].path,
                "frame": int(table.frames[row]),
                "label": crops.labels[int(table.labels[row])].name,
                "split": SPLITS[crops.splits[row]],
            }
            for row in rows
        ],
    }


def _show(document: dict[str, Any], leaks: list[Leak]) -> None:
    wide = max([5, *map(len, document["labels"])])
    print(f"{'':{wide}}" + "".join(f"{name:>9}" for name in (*SPLITS[1:], "none")))
    for label, row in document["labels"].items():
        print(f"{label:{wide}}" + "".join(f"{row[name]:9,}" for name in (*SPLITS[1:], "none")))
    print(f"leaks: {leaks_in_short(leaks)}")
    for leak in document["leaks"][:MOST]:
        places = " and ".join(f"{each['medium']} frame {each['frame']}" for each in leak["regions"])
        print(f"  {leak['why']}: {places}")
    if len(leaks) > MOST:
        print(f"  and {len(leaks) - MOST:,} more; --json lists them all")
