"""`studio merge`: what another project holds, or some of its regions, into a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import Progress
from studio.core.errors import InputError
from studio.core.gallery.crops import read_crops
from studio.core.gallery.query import parse
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.core.project.merging import merge as carry_out_merge
from studio.core.project.merging import plan_merge
from studio.core.project.reuse import carry_out, plan_copy


def merge(
    target: Annotated[Path, typer.Argument(help="The folder of the project that takes it in.")],
    source: Annotated[Path, typer.Argument(help="The folder of the other project; it stays as it is.")],
    find: Annotated[
        str | None,
        typer.Option("--find", metavar="QUERY", help="Only the regions it finds, as 'label:cup split:val'."),
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy new media into the project's folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Take in another project: the same media and labels once, what is there already stays as it is."""
    with Project.open(target, write=not dry_run) as into, Project.open(source) as other, Progress("merge") as control:
        if find is not None:
            found = _found(other, find)
            plan = plan_copy(other, found, into)
            if not dry_run and not plan.empty:
                text = f"copy {counted(len(found), 'region')} from {other.name}"
                carry_out(into, plan, text, copy, control)
            print(plan.sentence)
            return
        whole = plan_merge(other, into)
        if not dry_run and not whole.empty:
            carry_out_merge(other, into, whole, copy, control)
        print(whole.sentence)


def _found(project: Project, text: str) -> frozenset[int]:
    """Ids of the regions that a query finds.

    Raises:
        InputError: it is none, needs what takes a network to know, or finds nothing.
    """
    query = parse(text)
    if query.needs:
        raise InputError(f"{', '.join(sorted(query.needs))} must be measured first; find by something else")
    crops = read_crops(project)
    ids = crops.table.ids[query.mask(crops)]
    if not len(ids):
        raise InputError(f"nothing in {project.name} is found by {text!r}")
    return frozenset(ids.tolist())
