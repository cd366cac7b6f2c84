"""What the parts of the gallery dock share: the crops, which of them are shown, and what is measured. Never saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from studio.core.gallery.crops import Crops
from studio.core.gallery.measures import KINDS, Measure
from studio.state.shown import Shown


@dataclass(frozen=True)
class Listed:
    """Crops that a part wants shown alone, in its own order, instead of what the filter line finds.

    Attributes:
        regions: their ids.
        title: what they are, as "4 near-duplicates".
        crops: those of another moment of the history, which can only be looked at; None: those of now.
    """

    regions: tuple[int, ...]
    title: str
    crops: Crops | None = None


class GalleryState(QObject):
    """The crops and how they are looked at; the selection is the session's.

    Attributes:
        query: what the filter line finds by; "" for all crops.
        order: one of `studio.core.gallery.orders.ORDERS`.
        backwards: whether the order is the other way round than usual.
        like: id of the region whose likeness orders the crops; 0 for none.
        listed: what is shown instead, or None.
        crops: everything that is known; None before it was read. Set it by `set_crops` and `set_measure`.
        shown: intp `(m,)`: rows of `seen` in the order shown. Set it by `set_shown`.
        crops_changed, shown_changed: emitted after either was set.
        measure_wanted: emitted with the name of a measure that somebody looks at.
        unwanted: emitted with the name of a measure that nobody looks at any more.
        refusals: why measures could not be made when it was tried last, by name. Set it by `set_refusal`.
        refused: emitted when that changed.
        part_wanted: emitted with the name of the part of the dock that should come forward.
    """

    query = Shown("")
    query_changed = Signal(object)
    order = Shown("frame")
    order_changed = Signal(object)
    backwards = Shown(False)
    backwards_changed = Signal(object)
    like = Shown(0)
    like_changed = Signal(object)
    listed = Shown[Listed | None](None)
    listed_changed = Signal(object)
    crops_changed = Signal()
    shown_changed = Signal()
    measure_wanted = Signal(str)
    unwanted = Signal(str)
    refused = Signal()
    part_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.crops: Crops | None = None
        self.shown: NDArray[np.intp] = np.zeros(0, np.intp)
        self.refusals: dict[str, str] = {}
        self._wanted: dict[str, set[str]] = {}

    @property
    def seen(self) -> Crops | None:
        """The crops that `shown` are rows of: all of now, or those of another moment that are listed."""
        return self.crops if self.listed is None or self.listed.crops is None else self.listed.crops

    @property
    def past(self) -> bool:
        """Whether what is shown is of another moment, and cannot be changed."""
        return self.seen is not self.crops

    def set_crops(self, crops: Crops) -> None:
        """The regions, their labels, media or splits are other ones now; what was measured stays known."""
        before = self.crops
        for measure in before.measures.values() if before is not None else ():
            crops = crops.measured(measure)
        self.crops = crops
        self.crops_changed.emit()

    def set_measure(self, measure: Measure) -> None:
        if self.crops is not None:
            self.crops = self.crops.measured(measure)
            self.crops_changed.emit()

    def set_refusal(self, name: str, why: str) -> None:
        """Say why a measure could not be made; "" where it is tried again."""
        if self.refusals.get(name, "") != why:
            self.refusals[name] = why
            self.refused.emit()

    def set_shown(self, rows: NDArray[np.intp]) -> None:
        self.shown = rows
        self.shown_changed.emit()

    def want(self, who: str, names: Iterable[str]) -> None:
        """Somebody, `who`, looks at these measures now and at no others; those that need no work are left out."""
        names = {name for name in names if KINDS[name].needs != "box"}
        before, self._wanted[who] = self.wanted, names
        for name in sorted(self.wanted - before):
            self.measure_wanted.emit(name)
        for name in sorted(before - self.wanted):
            self.unwanted.emit(name)

    @property
    def wanted(self) -> frozenset[str]:
        """The measures that anybody looks at."""
        return frozenset().union(*self._wanted.values())
