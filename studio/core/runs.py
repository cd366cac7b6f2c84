"""Runs: the folders `runs/TIME-RECIPE/` that keep what a training was, how it went and what came of it."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.errors import InputError
from studio.core.files import MOST_CARD_BYTES
from studio.core.project import Project

RECORD, EPOCHS, PREDICTIONS = "run.json", "metrics.jsonl", "predictions.npz"
CHECKPOINT = Path("checkpoint") / "checkpoint.json"  # names the files of the last one
State = Literal["running", "done", "cancelled", "failed"]
_NAME = re.compile(r"\d{8}-\d{6}-[a-z-]+(-\d+)?")


class RunRecord(BaseModel):
    """What `run.json` says.

    Attributes:
        name: of the folder.
        recipe, parameters: what was trained, and how.
        backbone, backbone_sha256: what it stands on; "" for a network of its own.
        state: a run that says "running" while no process holds it was killed, and can be resumed.
        started: ISO 8601, UTC.
        seconds: that it took so far.
        project, history: id of the project, and the position of its history.
        labels: outputs in their order.
        counts: for each split how many crops of each label.
        device: the reason that says what computed.
        versions: of this program, torch and Python.
        epochs, best_epoch: done, and the one whose weights were kept; 0 where nothing goes in epochs.
        validation, test: what the judgement says, see `studio.core.judging`; None where there were no such crops.
        milliseconds: a crop takes in the network and head, one at a time; 0 where it was not measured.
        head: the name it is kept under in `models/`; "" before.
        head_wanted: what its head was to be called; "" for RECIPE-1, ….
        notes: sentences for the user, such as what could not be read.
        leaks: what of the splits makes the scores flatter, counted; "" where nothing does.
        mixed: how the regions changed while it was stopped, as "+12 −3": its first epochs learned from others; "" where
            they did not.
        error: why it failed; "" where it did not.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    recipe: str
    parameters: dict[str, Any]
    backbone: str = ""
    backbone_sha256: str = ""
    state: State = "running"
    started: str
    seconds: float = Field(0.0, ge=0)
    project: str = ""
    history: int = Field(0, ge=0)
    labels: list[str] = Field(default_factory=list)
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    device: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    epochs: int = Field(0, ge=0)
    best_epoch: int = Field(0, ge=0)
    validation: dict[str, Any] | None = None
    test: dict[str, Any] | None = None
    milliseconds: float = Field(0.0, ge=0)
    head: str = ""
    head_wanted: str = ""
    notes: list[str] = Field(default_factory=list)
    leaks: str = ""
    mixed: str = ""
    error: str = ""


class EpochLine(BaseModel):
    """A line of `metrics.jsonl`.

    Attributes:
        epoch: from 1.
        loss, validation_loss: mean of the epoch; None where there was nothing to validate with.
        accuracy, validation_accuracy: share that was right, in 0…1.
        learning_rate: at its end.
        images_per_second: trained.
        memory: bytes of the device, at most; of the process where that is the processor.
        seconds: since the run began.
    """

    model_config = ConfigDict(frozen=True)

    epoch: int = Field(ge=1)
    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    learning_rate: float
    images_per_second: float
    memory: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """What a running training publishes.

    Attributes:
        run: its folder.
        epoch, epochs: the one that runs, from 1, and how many there will be.
        batch, batches: of the epoch.
        loss: of the last batches.
        learning_rate: now.
        images_per_second: over the last batches.
        memory: as in `EpochLine`.
        seconds_left: at this speed; None before it is known.
        line: of the epoch that has just ended, if one has.
        says: a sentence such as "memory was full: batches of 32 now"; "" for none.
    """

    run: Path
    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    learning_rate: float
    images_per_second: float
    memory: int = 0
    seconds_left: float | None = None
    line: EpochLine | None = None
    says: str = ""


def new_run_folder(project: Project, recipe: str, now: datetime) -> Path:
    """Make `runs/TIME-RECIPE/`, TIME in UTC as 20261121-093000; a number behind it where that is taken.

    Raises:
        InputError: the project's folder cannot be written to.
    """
    stem = f"{now:%Y%m%d-%H%M%S}-{recipe}"
    number = 1
    while True:
        folder = project.runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            raise InputError(f"{project.folder} cannot be written to, and a training is kept there") from None
        else:
            return folder


def run_folder(project: Project, name: str) -> Path:
    """The folder of the run `name`.

    Raises:
        InputError: no run is called so; says which there are.
    """
    names = [folder.name for folder in _folders(project)]
    if name not in names:
        raise InputError(f"unknown run {name!r}; there are: {', '.join(names) or 'none'}")
    return project.runs / name


def runs_of(project: Project) -> list[RunRecord]:
    """The runs of a project, the newest first; those whose record cannot be read are `damaged_runs`."""
    found = []
    for folder in _folders(project):
        with suppress(InputError):
            found.append(read_run(folder))
    return sorted(found, key=lambda run: run.started, reverse=True)


def damaged_runs(project: Project) -> dict[str, str]:
    """What is wrong with the records that cannot be read, by the names of their runs, the newest first."""
    found = {}
    for folder in _folders(project):
        try:
            read_run(folder)
        except InputError as error:
            found[folder.name] = str(error)
    return dict(reversed(found.items()))


def read_run(folder: Path) -> RunRecord:
    """What the record of a run says; its name is its folder's.

    Raises:
        InputError: missing, too large, or not a record.
    """
    path = folder / RECORD
    try:
        if path.stat().st_size > MOST_CARD_BYTES:
            raise InputError(f"{path} is too large for the record of a run")
        return RunRecord.model_validate({**json.loads(path.read_text(encoding="utf-8")), "name": folder.name})
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError, RecursionError, ValidationError):
        raise InputError(f"{path} is not the record of a run, or is damaged") from None


def can_resume(folder: Path) -> bool:
    """Whether a run left a checkpoint from which it can go on."""
    return (folder / CHECKPOINT).is_file()


def write_run(folder: Path, record: RunRecord) -> None:
    """Write the record, whole or not at all, whoever is killed meanwhile and wherever the power ends."""
    partial = folder / f"{RECORD}.partial"
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(record.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / RECORD)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)  # a full disk needs the room
        raise


def forget_run(folder: Path) -> None:
    """Remove a run of which nothing came; its record goes first, so that it is no run from then on."""
    with suppress(OSError):
        (folder / RECORD).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def read_metrics(folder: Path) -> list[EpochLine]:
    """The epochs of a run, in order; what was cut off by a crash is left out."""
    try:
        lines = (folder / EPOCHS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found: dict[int, EpochLine] = {}
    for line in lines:
        with suppress(ValidationError):
            read = EpochLine.model_validate_json(line)
            found = {epoch: kept for epoch, kept in found.items() if epoch < read.epoch} | {read.epoch: read}
    return list(found.values())


def add_metrics(folder: Path, line: EpochLine) -> None:
    """Append an epoch; one that is told again, after a crash, replaces those from it on."""
    path = folder / EPOCHS
    cut = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")  # by a crash
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if cut else "") + line.model_dump_json() + "\n")


def _folders(project: Project) -> Iterator[Path]:
    if project.runs.is_dir():
        for folder in sorted(project.runs.iterdir()):
            if _NAME.fullmatch(folder.name) and not folder.is_symlink() and (folder / RECORD).exists():
                yield folder
