"""Several processes that train one network, started by torchrun."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError
from studio.ml.device import Compute

# What gloo and NCCL say where another process is gone.
_LOST = ("closed by peer", "connection reset", "broken pipe", "gloo", "nccl", "socket")
_PATIENCE = timedelta(hours=1)  # with one that cuts crops or writes; one that has ended is noticed at once


class LostProcess(StudioError):
    """Another of the processes that train together is gone."""


@dataclass(frozen=True)
class Group:
    """The processes that train together; by itself: this one alone.

    Attributes:
        rank: of this one, from 0.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether it is the one that writes and speaks."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network to call, so that the gradients of all processes meet; after what learns was chosen."""
        if self.size == 1:
            return network
        with self.meeting():
            return DistributedDataParallel(network)

    @contextmanager
    def meeting(self) -> Iterator[None]:
        """Around what all processes do together.

        Raises:
            LostProcess: instead of what torch says where another one is gone.
        """
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not any(text in str(error).lower() for text in _LOST):
                raise
            raise LostProcess(
                f"another of the {self.size} processes ended, so process {self.rank} cannot go on; --resume goes on"
                " from the last checkpoint"
            ) from None

    def total(self, count: int, device: torch.device) -> int | torch.Tensor:
        """The sum of a number over all processes, without waiting for it."""
        return count if self.size == 1 else self.sum(torch.tensor(float(count), device=device))

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """Over all processes, the same in each."""
        if self.size > 1:
            values = values.clone()
            with self.meeting():
                distributed.all_reduce(values)
        return values

    def agreed(self, text: str) -> str:
        """What the first process says."""
        if self.size == 1:
            return text
        device = torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")
        said = torch.tensor(list(text.encode() if self.first else b""), dtype=torch.uint8, device=device)
        length = int(self.sum(torch.tensor([float(len(said))], device=device)))
        data = said if self.first else torch.zeros(length, dtype=torch.uint8, device=device)
        with self.meeting():
            distributed.broadcast(data, 0)
        return bytes(data.tolist()).decode()

    def gather(self, values: torch.Tensor) -> torch.Tensor:
        """Rows `(n, …)` of all processes, those of the first one first; n may differ."""
        if self.size == 1:
            return values
        counts = [torch.zeros(1, dtype=torch.int64, device=values.device) for _ in range(self.size)]
        with self.meeting():
            distributed.all_gather(counts, torch.tensor([len(values)], device=values.device))
        lengths = [int(count) for count in counts]
        padded = values.new_zeros((max(lengths), *values.shape[1:]))
        padded[: len(values)] = values
        parts = [torch.empty_like(padded) for _ in lengths]
        with self.meeting():
            distributed.all_gather(parts, padded)
        return torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)])


ALONE = Group()


def group_of_environment() -> Group:
    """What torchrun says in RANK and WORLD_SIZE; alone where it says nothing."""
    return Group(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))


def own_device(name: str) -> str:
    """Of the device a user asked for, the one of this process: its own GPU where there are several processes."""
    several = int(os.environ.get("WORLD_SIZE", 1)) > 1
    if several and (name == "cuda" or (name == "auto" and torch.cuda.is_available())):
        return f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
    return name


def without_cancelling(control: Control) -> Control:
    """Tells what is told to `control` and never stops: one of several processes must not leave the others waiting."""

    def progress(fraction: float, text: str) -> None:
        with suppress(Cancelled):
            control.progress(fraction, text)

    def publish(value: object) -> None:
        with suppress(Cancelled):
            control.publish(value)

    return Control(progress, publish)


@contextmanager
def joined(compute: Compute) -> Iterator[Group]:
    """Meet the other processes, and leave them at the end; alone where there are no others.

    Where one fails, it says why, and all end: the others leave without a word.

    Raises:
        InputError: the others do not come.
        SystemExit: another one failed and has said so.
    """
    group = group_of_environment()
    if group.size == 1:
        yield ALONE
        return
    backend = "nccl" if compute.device.type == "cuda" else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(compute.device)
    try:
        distributed.init_process_group(backend, timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"process {group.rank} cannot meet the others ({str(error).splitlines()[0]}); start all of them by torchrun"
        ) from None
    store = distributed.distributed_c10d._get_default_store()
    try:
        yield group
    except Cancelled:  # all of them are
        raise
    except BaseException as error:
        if not _is_first_to_fail(store):
            raise SystemExit(1) from error
        raise
    finally:
        with suppress(RuntimeError):  # of a connection that another one has left
            distributed.destroy_process_group()


def _is_first_to_fail(store: Any) -> bool:  # noqa: ANN401 - torch's, which it does not export
    try:
        return int(store.add("studio/failed", 1)) == 1
    except RuntimeError:  # it went with the process that failed
        return False
