"""Full memory is met by smaller portions of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from studio.core.errors import InputError

_T = TypeVar("_T")
_FULL = ("out of memory", "can't allocate memory", "not enough memory")  # as CUDA, Linux and Windows put it


class Portions:
    """How many crops go through a network at once: a whole batch, until memory is full.

    Then it is half as many, which stays so. Gradients of a batch add up over its portions, so that the batch is the
    same; only batch norms see fewer crops at a time.

    Attributes:
        most: crops at once; 0 for whole batches.
    """

    def __init__(self, says: Callable[[str], None]) -> None:
        """`says` is told in a sentence when portions get smaller."""
        self._says = says
        self.most = 0

    def run(self, crops: int, work: Callable[[int], _T]) -> _T:
        """What `work` returns, given how many crops it may take at once; tried again with half where memory is full.

        Args:
            crops: of the batch.
            work: may be begun again; it must not have changed anything by the time it fails.

        Raises:
            InputError: not even one crop fits.
        """
        while True:
            portion = self.of(crops)
            try:
                return work(portion)
            except RuntimeError as error:  # torch.OutOfMemoryError is one
                if not is_full(error):
                    raise
            # Outside of the except clause: the traceback would keep the tensors that fill the memory.
            self._halve(portion)

    def of(self, crops: int) -> int:
        """How many crops of a batch go through at once, 1 at least."""
        return min(self.most or crops, crops) or 1

    def limit(self, most: int) -> None:
        """Take no more at once than another process can; 0: as many as before."""
        if most and most != self.most:
            self.most = most
            self._say()

    def _halve(self, portion: int) -> None:
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        if portion == 1:
            raise InputError(
                "memory is full with one crop at a time: take a smaller network, a smaller input side, or --device cpu"
            )
        self.most = (portion + 1) // 2
        self._say()

    def _say(self) -> None:
        self._says(f"memory was full: {self.most} crops at a time now, in batches as large as before")


def is_full(error: RuntimeError) -> bool:
    """Whether it says that memory is full, of a GPU or of the machine."""
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in _FULL)


def memory_of(device: torch.device) -> int:
    """Bytes in use at most so far: of the GPU; of the process where the processor computes; 0 where nobody knows."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    try:
        import resource
    except ImportError:  # Windows
        return 0
    import sys

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
