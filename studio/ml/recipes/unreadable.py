"""Crops that a training leaves out because their frames cannot be read: counted, and each listed with its reason."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import suppress

from studio.core.project.edits import counted
from studio.core.runs import RECORD
from studio.ml.recipes.task import Task

LIST = "unreadable.csv"  # in the run: the id of each region, and why
LISTED = 3  # reasons that a sentence names


def leave_out(task: Task, unreadable: Mapping[int, str]) -> None:
    """Tell of crops that cannot be read, in one note and in a list in the run; each once, however often it is met.

    Args:
        task: that does without them.
        unreadable: by the ids of their regions, why.
    """
    told = _sentence(task)
    before = len(task.unreadable)
    for region, why in unreadable.items():
        task.unreadable.setdefault(region, why)
    if len(task.unreadable) == before:
        return
    task.notes[:] = [note for note in task.notes if note != told] + [_sentence(task)]
    if task.group.first and (task.run / RECORD).is_file():
        with suppress(OSError), (task.run / LIST).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("region", "why"), *task.unreadable.items()])


def _sentence(task: Task) -> str:
    reasons = list(dict.fromkeys(task.unreadable.values()))
    count = len(task.unreadable)
    many = f"{counted(count, 'crop')} cannot be read and {'is' if count == 1 else 'are'} left out"
    more = f"; and {counted(len(reasons) - LISTED, 'more reason')}, all in {LIST}" if len(reasons) > LISTED else ""
    return f"{many}: {'; '.join(reasons[:LISTED])}{more}."
