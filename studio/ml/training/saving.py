"""When a training writes its checkpoints: as often as their cost allows, and once more where it stops."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from torch import nn

from studio.core.errors import said
from studio.ml.training.checkpoint import Best, Checkpoints, Place, State, Tensors, state_of
from studio.ml.training.steps import Stepper

_SHARE = 50  # a checkpoint may cost one part in so many of the time
_QUICK = 1.0  # seconds that a checkpoint may take where somebody waits who cancelled


class Saver:
    """Writes what a training needs to go on, and its best weights.

    Epochs that are shorter than a checkpoint is worth are remembered in memory: who stops then loses none of them.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        network: nn.Module,
        clock: Callable[[], float],
        says: Callable[[str], None],
        *,
        writes: bool = True,
    ) -> None:
        """`clock` gives seconds; `says` is told where the disk is full; of several processes one `writes`."""
        self._checkpoints, self._network, self._clock, self._says = checkpoints, network, clock, says
        self._writes, self._full = writes, False
        self._remembered: State | None = None
        self._saved, self._cost = clock(), 0.0  # when there was a checkpoint, and what it took

    @property
    def is_quick(self) -> bool:
        """Whether somebody who cancels can wait for a checkpoint; not before the first one was written."""
        return self._writes and 0 < self._cost < _QUICK

    def is_due(self, seconds: float) -> bool:
        """Whether a checkpoint is due, if there should be so many seconds between two."""
        return self._writes and self._clock() - self._saved >= max(seconds, _SHARE * self._cost)

    def save(self, place: Place, stepper: Stepper, best: tuple[Best, Tensors] | None) -> None:
        """Write where the training is now."""
        began = self._clock()
        self._remembered = None
        try:
            self._checkpoints.save(state_of(place, self._network, stepper))
            self.keep_best(best)
        except OSError as error:  # a full disk: the training itself needs none
            if not self._full:
                self._says(f"no checkpoint could be written ({said(error)}), so after a crash it would start anew")
            self._full = True
        self._saved = self._clock()
        self._cost = self._saved - began

    def end_epoch(self, place: Place, stepper: Stepper, best: tuple[Best, Tensors] | None) -> None:
        """Write the end of an epoch where that is due, else remember it."""
        if self.is_due(0.0):
            self.save(place, stepper, best)
        elif self.is_quick:
            self._remembered = state_of(place, self._network, stepper).copied()

    def stop(self, best: tuple[Best, Tensors] | None) -> None:
        """Write the best weights, and what was remembered since the last checkpoint; without what the disk refuses."""
        with suppress(OSError, MemoryError):
            self.keep_best(best)
            if self._remembered is not None:
                self._checkpoints.save(self._remembered)

    def keep_best(self, best: tuple[Best, Tensors] | None) -> None:
        """Write the best weights so far, where there are any."""
        if best and self._writes:
            self._checkpoints.keep_best(*best)
