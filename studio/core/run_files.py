"""Deleting runs, deleting and renaming heads: what stays says what is so, and nothing goes that others put there."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

from studio.core.errors import InputError
from studio.core.files import MOST_CARD_BYTES, size_text
from studio.core.project import Project
from studio.core.project.heads import delete_head, head_names, known_head, rename_head
from studio.core.run_lock import NAME as LOCK
from studio.core.run_lock import hold_run
from studio.core.runs import (
    CHECKPOINT,
    EPOCHS,
    PREDICTIONS,
    RECORD,
    can_resume,
    read_run,
    run_folder,
    runs_of,
    write_run,
)

CARD, WEIGHTS = "card.json", "weights.safetensors"
LISTS = ("top5.csv", "unreadable.csv")
_OF_CHECKPOINT = re.compile(r"(checkpoint\.json|(state|best)-\d+\.safetensors)(\.partial)?")


def deletion_of(project: Project, name: str) -> str:
    """What deleting the run `name` does, in a sentence or three: how much goes, and what becomes of its head.

    Raises:
        InputError: no run is called so, or it is being trained.
    """
    folder = run_folder(project, name)
    hold_run(folder).release()
    parts = [f"{size_text(sum(file.stat().st_size for file in _files(folder)))} with all that is known of it."]
    with suppress(InputError):  # a record that is damaged says nothing
        record = read_run(folder)
        if (folder / WEIGHTS).is_file():
            here = record.head in head_names(project) and _weights(project.models / record.head) == _weights(folder)
            parts.append(f"The head {record.head} stays." if here else "Its head is kept nowhere else and goes too.")
        if can_resume(folder):
            parts.append("It cannot go on then.")
    return " ".join(parts)


def delete_run(project: Project, name: str) -> bool:
    """Delete the files that a training left in the folder of a run. There is no undo.

    Returns:
        Whether the folder is gone too; else there are files of others in it.

    Raises:
        InputError: no run is called so, it is being trained, one of its files is a link, or the project is read-only.
    """
    folder = run_folder(project, name)
    with project.writing(), hold_run(folder):
        files = _files(folder)
        if link := next((path for path in [*files, folder / CHECKPOINT.parent] if path.is_symlink()), None):
            raise InputError(f"{link} is a link; remove it by hand")
        for file in files:
            file.unlink(missing_ok=True)
    (folder / LOCK).unlink(missing_ok=True)  # by now, for elsewhere nobody can delete what is open
    with suppress(OSError):
        (folder / CHECKPOINT.parent).rmdir()
    with suppress(OSError):  # somebody else's files are in it
        folder.rmdir()
    return not folder.exists()


def _files(folder: Path) -> list[Path]:
    """Those that a training writes; its record last, so that a deletion that was cut off can be repeated."""
    kinds = (EPOCHS, PREDICTIONS, WEIGHTS, CARD, *LISTS, RECORD)
    names = [name for kind in kinds for name in (f"{kind}.partial", kind)]
    inside = folder / CHECKPOINT.parent
    checkpoint = [path for path in inside.iterdir() if _OF_CHECKPOINT.fullmatch(path.name)] if inside.is_dir() else []
    return checkpoint + [path for name in names if (path := folder / name).is_symlink() or path.is_file()]


def rename_named_head(project: Project, name: str, new: str) -> None:
    """Call a head something else, as `rename_head` does; the run that made it says so too.

    Raises:
        InputError: as `rename_head`.
    """
    weights = _weights(known_head(project, name))
    rename_head(project, name, new)
    for run in runs_of(project):
        if run.head == name and _weights(project.runs / run.name) == weights:
            _tell(project.runs / run.name, new)


def delete_named_head(project: Project, name: str) -> None:
    """Delete a head, as `delete_head` does; no run says any more that it is kept as that. A run keeps its weights.

    Raises:
        InputError: as `delete_head`.
    """
    delete_head(project, name)
    for run in runs_of(project):
        if run.head == name:
            _tell(project.runs / run.name, "")


def _tell(folder: Path, head: str) -> None:
    """Write into the record of a run how its head is called now; a run that is being trained says it at its end."""
    with suppress(InputError), hold_run(folder):
        write_run(folder, read_run(folder).model_copy(update={"head": head}))


def _weights(folder: Path) -> str:
    """The sha256 of a head's weights, as its card says; "" where there is no card."""
    path = folder / CARD
    try:
        small = path.stat().st_size <= MOST_CARD_BYTES
        return str(json.loads(path.read_text(encoding="utf-8"))["sha256"]) if small else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
