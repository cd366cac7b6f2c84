"""Reading crops of many media into a file: in the order of their frames, here or in several processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.opening import source_of
from studio.core.training.examples import Examples
from studio.ml.crops import ROOM
from studio.ml.training.cutting import PLAN, Cutter, Part, Unreadable, Wide
from studio.ml.training.workers import CannotStart, Workers

FEW = 2_000  # crops that are cut at once here: other processes take a second to start
PICTURES = 256  # of a folder, that one process is given at once


def read_crops_into(
    project: Project,
    examples: Examples,
    rows: NDArray[np.intp],
    folder: Path,
    wide: Wide,
    control: Control,
    *,
    alone: bool = False,
) -> Unreadable:
    """Cut some rows of `examples`, and say which cannot be read, and why.

    Args:
        project: whose media are read.
        examples: what is to be cut.
        rows: of the examples, and of the file.
        folder: with the file "wide"; for the plan of other processes.
        wide: the file, mapped for writing.
        control: progress and cancelling; within a second nothing is left of any process.
        alone: in this process, however many there are.
    """
    plan = _planned(examples, rows)
    unreadable, parts = _parts(project, examples, plan)
    cut, total = len(unreadable), max(len(rows), 1)

    def done(number: int) -> None:
        nonlocal cut
        cut += number
        control.progress(min(cut / total, 1.0), f"reading crops: {cut:,} of {total:,}")

    if len(rows) > FEW and parts and not alone:
        np.save(folder / "plan.npy", plan, allow_pickle=False)
        side = wide.shape[1] // ROOM
        with suppress(CannotStart), Workers(folder, plan["row"], len(examples), side, project.cache) as workers:
            return sorted(unreadable + workers.cut(parts, done, control))
        cut = len(unreadable)
    cutter = Cutter(plan, wide, project.cache)
    try:
        for part in parts:
            unreadable += cutter.cut(part, done)
    finally:
        cutter.close()
    return sorted(unreadable)


def _planned(examples: Examples, rows: NDArray[np.intp]) -> NDArray[np.void]:
    order = rows[np.lexsort((examples.frames[rows], examples.media[rows]))]
    plan = np.zeros(len(order), PLAN)
    plan["row"], plan["frame"] = order, examples.frames[order]
    for at, name in enumerate(("x", "y", "side")):
        plan[name] = examples.windows[order, at]
    return plan


def _parts(project: Project, examples: Examples, plan: NDArray[np.void]) -> tuple[Unreadable, list[Part]]:
    """What is cut at once: videos whole, so that each is decoded once; pictures in portions."""
    unreadable: Unreadable = []
    parts: list[Part] = []
    media = examples.media[plan["row"]]
    known = {row.id: row for row in project.media()}
    for first, end in _runs(media):
        row = known[int(media[first])]
        try:
            source, pictures = source_of(project, row)
        except (InputError, OSError) as error:
            unreadable += [(line, str(error)) for line in plan["row"][first:end].tolist()]
            continue
        step = PICTURES if row.kind == "stills" else max(end - first, 1)
        more = str(pictures or "")
        parts += [Part(str(source), start, min(start + step, end), more) for start in range(first, end, step)]
    return unreadable, parts


def _runs(values: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return ((a, b) for a, b in pairwise(edges) if b > a)
