"""Checkpoints: all that a training needs to go on as if nothing had happened. Tensors and JSON, no pickle."""

from __future__ import annotations

import os
import random
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from studio.core.errors import InputError
from studio.core.files import sha256_of
from studio.core.runs import EpochLine
from studio.ml.backbones.weights import read_safetensors
from studio.ml.training.steps import Stepper

FOLDER, INDEX = "checkpoint", "checkpoint.json"
Tensors = dict[str, torch.Tensor]
_NETWORK, _OPTIMIZER, _RANDOM, _CUDA = "network:", "optimizer:", "random:", "random:cuda:"


class Best(BaseModel):
    """The epoch whose weights are kept.

    Attributes:
        epoch: from 1.
        score: of the objective.
        loss: of the validation; it tells equal scores apart.
    """

    model_config = ConfigDict(frozen=True)

    epoch: int
    score: float
    loss: float

    def beats(self, other: Best | None) -> bool:
        return other is None or (self.score, -self.loss) > (other.score, -other.loss)


class Place(BaseModel):
    """Where a training is.

    Attributes:
        phase, epoch, batch: from 0; what is done of the epoch, which is counted within its phase.
        loss, hits, crops: sums over these batches.
        waited: epochs without a better validation.
        seconds: that the training took.
        history: the epochs that are done, of all phases.
        best: of them; None before the first.
        notes: sentences for the user.
    """

    phase: int = 0
    epoch: int = 0
    batch: int = 0
    loss: float = 0.0
    hits: float = 0.0
    crops: int = 0
    waited: int = 0
    seconds: float = 0.0
    history: list[EpochLine] = Field(default_factory=list)
    best: Best | None = None
    notes: list[str] = Field(default_factory=list)


class _File(BaseModel):
    name: str = Field(pattern=r"^(state|best)-\d+\.safetensors$")
    sha256: str


class _Index(BaseModel):
    """The JSON; writing it makes a checkpoint count, so the files it names are whole by then."""

    training: str
    place: Place | None = None
    state: _File | None = None
    scaler: dict[str, Any] = Field(default_factory=dict)
    random: dict[str, Any] = Field(default_factory=dict)
    best: Best | None = None
    best_weights: _File | None = None


@dataclass(frozen=True, eq=False)
class Resumed:
    """A checkpoint that was read, of which the network and the random numbers have been restored.

    Attributes:
        place: where the training was.
        best: the best epoch and its weights; it may be later than `place`, and is then done again.
        tensors, scaler: for `restore_optimizer`.
    """

    place: Place
    best: tuple[Best, Tensors] | None
    tensors: Tensors
    scaler: dict[str, Any]

    def restore_optimizer(self, network: nn.Module, stepper: Stepper) -> None:
        """Momentum and the like, by the names of parameters, and the scale of the loss."""
        parameters = dict(network.named_parameters())
        for name, tensor in self.tensors.items():
            if name.startswith(_OPTIMIZER):
                _, parameter, key = name.split(":")
                owner = parameters[parameter]
                # With the strides of the parameter, as fused optimizers go through both as they lie in memory.
                like = torch.empty_like(owner, dtype=tensor.dtype) if tensor.shape == owner.shape else tensor
                stepper.optimizer.state[owner][key] = like.copy_(tensor).to(owner.device)
        if self.scaler:
            stepper.scaler.load_state_dict(self.scaler)


@dataclass(frozen=True, eq=False)
class State:
    """All that a training needs to go on, at one moment.

    Attributes:
        place: where it is.
        tensors: of the network, its optimizer and the generators of random numbers; those of the training itself, which
            change with its next step, unless they are `copied`.
        scaler, random: the scale of the loss, and the other generators.
    """

    place: Place
    tensors: Tensors
    scaler: dict[str, Any]
    random: dict[str, Any]

    def copied(self) -> State:
        """One that stays as it is, in the processor's memory."""
        return replace(self, tensors={key: each.detach().to("cpu", copy=True) for key, each in self.tensors.items()})


def state_of(place: Place, network: nn.Module, stepper: Stepper) -> State:
    """The state of a training between two steps."""
    tensors = {_NETWORK + name: tensor for name, tensor in network.state_dict().items()}
    names = {id(each): name for name, each in network.named_parameters()}
    for owner, state in stepper.optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                tensors[f"{_OPTIMIZER}{names[id(owner)]}:{key}"] = value
    drawn, numbers = _random_state()
    return State(place.model_copy(deep=True), tensors | drawn, stepper.scaler.state_dict(), numbers)


class Checkpoints:
    """The checkpoint of a run, in `RUN/checkpoint/`; only the newest is kept."""

    def __init__(self, run: Path, training: str) -> None:
        """`training` says what is trained and how: a checkpoint of another training is refused."""
        self._folder = run / FOLDER
        self._index = _Index(training=training)

    def save(self, state: State) -> None:
        """Write the newest state; the old one counts until the new one is whole."""
        number = _number(self._index.state) + 1
        self._index.state = self._write(f"state-{number}.safetensors", state.tensors)
        self._index.place, self._index.random, self._index.scaler = state.place, state.random, state.scaler
        self._commit()

    def keep_best(self, best: Best, weights: Tensors) -> None:
        """Write the best weights so far, in `network.state_dict()`'s names, for whatever comes next."""
        if best != self._index.best:
            self._index.best_weights = self._write(f"best-{best.epoch}.safetensors", weights)
            self._index.best = best
            self._commit()

    def load(self, network: nn.Module) -> Resumed | None:
        """Read the checkpoint into `network` and the generators of random numbers; None where there is none.

        Raises:
            InputError: damaged, or of another training.
        """
        index = _read(self._folder)
        if index is None:
            return None
        if index.training != self._index.training:
            raise InputError(f"the checkpoint {self._folder} is of another training; start this one anew")
        self._index = index
        best = best_weights(self._folder.parent)
        if index.place is None or index.state is None:  # best weights alone: it starts anew and finds them again
            self._index.best = None
            return None
        tensors = _tensors(self._folder, index.state)
        own = {name.removeprefix(_NETWORK): each for name, each in tensors.items() if name.startswith(_NETWORK)}
        try:
            network.load_state_dict(own)
        except RuntimeError:
            raise InputError(f"the checkpoint {self._folder} is of another network; start this one anew") from None
        _restore_random(tensors, index.random)
        return Resumed(index.place.model_copy(deep=True), best, tensors, index.scaler)

    def _write(self, name: str, tensors: Tensors) -> _File:
        self._folder.mkdir(exist_ok=True)
        partial = self._folder / f"{name}.partial"
        try:
            # Into the file: safetensors ends the program where memory for a copy of all is missing.
            save_file({key: each.detach().cpu().contiguous() for key, each in tensors.items()}, partial)
            sha256 = sha256_of(partial)
            partial.replace(self._folder / name)
        except (OSError, SafetensorError) as error:
            partial.unlink(missing_ok=True)  # a full disk needs the room
            raise _of_system(error, partial) from None
        return _File(name=name, sha256=sha256)

    def _commit(self) -> None:
        partial = self._folder / f"{INDEX}.partial"
        partial.write_text(self._index.model_dump_json(indent=1) + "\n", encoding="utf-8")
        partial.replace(self._folder / INDEX)
        named = {file.name for file in (self._index.state, self._index.best_weights) if file}
        for path in self._folder.glob("*-*.safetensors*"):
            if path.name not in named:
                path.unlink(missing_ok=True)


def best_weights(run: Path) -> tuple[Best, Tensors] | None:
    """The best epoch of a run that did not come to its end, and its weights; None where no epoch was done.

    Raises:
        InputError: damaged.
    """
    index = _read(run / FOLDER)
    if index is None or index.best is None or index.best_weights is None:
        return None
    return index.best, _tensors(run / FOLDER, index.best_weights)


def remove_checkpoint(run: Path) -> None:
    """Of a run whose head is saved."""
    shutil.rmtree(run / FOLDER, ignore_errors=True)


def seed_all(seed: int) -> None:
    """Begin all generators of random numbers that a checkpoint keeps."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def _read(folder: Path) -> _Index | None:
    path = folder / INDEX
    try:
        return _Index.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValidationError, UnicodeDecodeError):
        raise InputError(f"the checkpoint {path} is damaged; start the training anew") from None


def _tensors(folder: Path, file: _File) -> Tensors:
    try:
        return read_safetensors(folder / file.name, file.sha256)
    except InputError:
        raise InputError(
            f"the checkpoint {folder / file.name} is missing or damaged; start the training anew"
        ) from None


def _of_system(error: OSError | SafetensorError, path: Path) -> OSError:
    """What the system said of a file; safetensors tells its number in words alone."""
    if isinstance(error, OSError):
        return error
    number = re.search(r"os error (\d+)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1])), str(path)) if number else OSError(str(error))


def _number(file: _File | None) -> int:
    return int(file.name.removesuffix(".safetensors").partition("-")[2]) if file else 0


def _random_state() -> tuple[Tensors, dict[str, Any]]:
    tensors = {_RANDOM + "torch": torch.get_rng_state()}
    if torch.cuda.is_initialized():
        for number, state in enumerate(torch.cuda.get_rng_state_all()):
            tensors[f"{_CUDA}{number}"] = state
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    numpy = [kind, np.asarray(keys).tolist(), position, has_gauss, gauss]
    version, numbers, following = random.getstate()
    return tensors, {"numpy": numpy, "python": [version, list(numbers), following]}


def _restore_random(tensors: Tensors, numbers: dict[str, Any]) -> None:
    torch.set_rng_state(tensors[_RANDOM + "torch"])
    cuda = {int(name.rpartition(":")[2]): state for name, state in tensors.items() if name.startswith(_CUDA)}
    if len(cuda) == torch.cuda.device_count():  # else it goes on on another machine
        torch.cuda.set_rng_state_all([cuda[number] for number in sorted(cuda)])
    kind, keys, position, has_gauss, gauss = numbers["numpy"]
    np.random.set_state((kind, np.array(keys, np.uint32), position, has_gauss, gauss))
    version, state, following = numbers["python"]
    random.setstate((version, tuple(state), following))
