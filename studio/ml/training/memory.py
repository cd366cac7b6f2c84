"""Full memory is met by smaller portions of a batch."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TypeVar

import torch

from studio.core.errors import InputError

_T = TypeVar("_T")
# As CUDA, torch on Linux and on Windows, the system and C++ put it.
_FULL = ("out of memory", "can't allocate memory", "not enough memory", "Cannot allocate memory", "bad_alloc")
# As oneDNN puts it where memory is full, and where it can do something not at all.
_MAYBE = ("could not create a primitive", "could not create a memory", "could not execute a primitive")


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
            except (RuntimeError, MemoryError, OSError) as error:
                if not is_full(error):
                    raise
                words = _words(error)
            # Outside of the except clause: the traceback would keep the tensors that fill the memory.
            self._halve(portion, words)

    def of(self, crops: int) -> int:
        """How many crops of a batch go through at once, 1 at least."""
        return min(self.most or crops, crops) or 1

    def limit(self, most: int) -> None:
        """Take no more at once than another process can; 0: as many as before."""
        if most and most != self.most:
            self.most = most
            self._say()

    def _halve(self, portion: int, words: str) -> None:
        """`words` of torch are told where one crop is too many: they may mean something else than memory."""
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        if portion == 1:
            raise InputError(
                "memory is full with one crop at a time: take a smaller network, a smaller input side, or --device cpu"
                f" (torch said: {words})"
            )
        self.most = (portion + 1) // 2
        self._say()

    def _say(self) -> None:
        self._says(f"memory was full: {self.most} crops at a time now, in batches as large as before")


def is_full(error: BaseException) -> bool:
    """Whether it says that memory is full, of a GPU or of the machine; of oneDNN, that this is the likeliest reason."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    known = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    return known or (isinstance(error, RuntimeError) and any(text in str(error) for text in (*_FULL, *_MAYBE)))


def when_full(error: BaseException) -> str:
    """A sentence for an error that `is_full`, wherever it came about, with what torch said where that may mean more."""
    words = _words(error)
    doubt = f" (torch said: {words})" if any(text in words for text in _MAYBE) else ""
    return (
        "the memory is full; end what else uses it, or use a smaller --batch, a smaller network or --device cpu" + doubt
    )


def _words(error: BaseException) -> str:
    """The first line of it: what follows is where in torch."""
    return (str(error) or type(error).__name__).splitlines()[0]


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
