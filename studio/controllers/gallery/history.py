"""Data sets: reads what heads were trained on, compares it with the present, shows its crops in the grid."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.restoring import ask_to_restore
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.gallery.crops import Crops
from studio.core.gallery.data_set_diff import DataSetDiff, diff
from studio.core.gallery.data_sets import DataSet, crops_at, data_sets
from studio.core.project import Project
from studio.state.gallery import GalleryState, Listed
from studio.state.jobs import Job
from studio.views.gallery.history import DataSetsView, ShownDataSet
from studio.views.gallery.history_detail import ChangeLine, LabelCount

PAUSE = 400  # milliseconds after a change, until what differs is counted anew
KINDS = {
    "added": "mdi6.plus",
    "removed": "mdi6.minus",
    "relabelled": "mdi6.tag-outline",
    "moved": "mdi6.arrow-all",
    "changed": "mdi6.pencil-outline",
}
_TITLES = {"moved": "with another box", "changed": "changed otherwise"}


class DataSetsController:
    """Reads only while somebody looks."""

    def __init__(self, context: Context, gallery: GalleryState, view: DataSetsView) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._sets: dict[str, DataSet] = {}
        self._diff: DataSetDiff | None = None
        self._chosen = ""
        self._looked_at = False
        self._job: Job | None = None
        self._timer = QTimer(singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self._read)
        self._wires = wires = Wires()
        wires.connect(context.project.changed, self._on_changed)
        wires.connect(context.session.head_name_changed, self._on_changed)
        wires.connect(context.session.head_changed, self._on_changed)
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.chosen, self._choose)
        wires.connect(view.detail.show_wanted, self._show)
        wires.connect(view.detail.change_wanted, self._show_change)
        wires.connect(view.detail.restore_wanted, self._restore)
        view.set_actions(context.actions["head.name"], context.actions["head.compare"])

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()

    # What there is ---------------------------------------------------------------------------------------------------

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        if looked_at:
            self._read()

    def _on_changed(self, _: object = None) -> None:
        if self._looked_at:
            self._timer.start()

    def _read(self) -> None:
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        job = Job("read data sets", _compared, self._context.project.folder, self._chosen, tuple(self._sets.values()))
        job.succeeded.connect(self._take)
        self._job = self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _take(self, read: tuple[list[DataSet], DataSetDiff | None]) -> None:
        self._job = None
        sets, self._diff = read
        self._sets = {each.head: each for each in sets}
        if self._chosen not in self._sets:
            self._chosen = ""
        self._view.set_data_sets([_line(each) for each in sets], self._chosen)
        self._describe()

    def _choose(self, head: str) -> None:
        self._chosen, self._diff = head, None
        self._describe()
        self._read()

    # About the chosen one --------------------------------------------------------------------------------------------

    def _describe(self) -> None:
        detail, chosen = self._view.detail, self._sets.get(self._chosen)
        if chosen is None:
            detail.set_nothing()
            return
        labels = {**chosen.labels, **self._context.project.labels}
        known = [(labels[label], count) for label, count in chosen.counts if label in labels]
        counts = [LabelCount(row.name, row.color, count) for row, count in known]
        detail.set_data_set(_title(chosen), counts, chosen.position is not None)
        if chosen.position is None:
            note = "This head was trained on another project: its crops are not here."
            detail.set_changes(note, (), False)
        elif not chosen.head:
            detail.set_changes("This is what the next head will be trained on.", (), False)
        elif self._diff is None:
            detail.set_changes("Comparing with today…", (), False)
        elif not len(self._diff):
            detail.set_changes("Nothing has changed since.", (), False)
        else:
            detail.set_changes("Since then:", self._changes(self._diff), True)

    def _changes(self, found: DataSetDiff) -> list[ChangeLine]:
        lines = []
        for kind, picture in KINDS.items():
            count = len(getattr(found, kind))
            if count:
                lines.append(ChangeLine(kind, f"{count:,} {_TITLES.get(kind, kind)}", picture))
            if kind == "relabelled" and count:
                lines += [
                    ChangeLine(f"turn.{at}", f"{self._name(old)} → {self._name(new)}: {len(ids):,}", inner=True)
                    for at, (old, new, ids) in enumerate(found.turns)
                ]
        return lines

    def _name(self, label: int) -> str:
        known = {**self._sets[self._chosen].labels, **self._context.project.labels}
        return known[label].name if label in known else "?"

    # In the grid -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        chosen = self._sets[self._chosen]
        if not chosen.head:
            self._gallery.listed = None
        else:
            self._list_past(None, f"{_title(chosen)}: {chosen.regions:,} crops")

    def _show_change(self, key: str) -> None:
        found, head = self._diff, self._chosen
        if found is None:
            return
        if key == "removed":
            self._list_past(found.removed.tolist(), f"{len(found.removed):,} removed since {head}")
            return
        if key.startswith("turn."):
            old, new, ids = found.turns[int(key.removeprefix("turn."))]
            what = f"{self._name(old)} → {self._name(new)}"
        else:
            ids, what = getattr(found, key), _TITLES.get(key, key)
        self._gallery.listed = Listed(tuple(ids.tolist()), f"{len(ids):,} {what} since {head}")

    def _list_past(self, regions: list[int] | None, title: str) -> None:
        """Crops as they were then, all of them or some."""
        position = self._sets[self._chosen].position
        job = Job("read earlier crops", _crops_of, self._context.project.folder, position)
        gallery = self._gallery

        def take(read: tuple[Crops, tuple[int, ...]]) -> None:
            crops, everything = read
            now = gallery.crops is not None and crops.table.same_as(gallery.crops.table)
            gallery.listed = Listed(everything if regions is None else tuple(regions), title, None if now else crops)

        job.succeeded.connect(take)
        self._context.board.run(self._context.lanes.disk, job)

    def _restore(self) -> None:
        chosen = self._sets[self._chosen]
        if chosen.position is not None:
            title = f"Go back to what {chosen.head} was trained on?"
            ask_to_restore(self._context, chosen.position, title, f"the data of {chosen.head}")


def _compared(
    folder: Path, head: str, known: tuple[DataSet, ...], control: Control
) -> tuple[list[DataSet], DataSetDiff | None]:
    """All data sets, and what differs of that of `head` from the present."""
    with Project.open(folder) as project:
        found = data_sets(project, known)
        control.checkpoint()
        chosen = next((each for each in found if each.head == head), None)
        if not head or chosen is None or chosen.position is None:
            return found, None
        return found, diff(project, chosen.position)


def _crops_of(folder: Path, position: int, control: Control) -> tuple[Crops, tuple[int, ...]]:
    """The crops of then, and their ids in the order of media and frames."""
    control.checkpoint()
    with Project.open(folder) as project:
        crops = crops_at(project, position)
    order = np.lexsort((crops.table.frames, crops.table.media))
    return crops, tuple(crops.table.ids[order].tolist())


def _line(each: DataSet) -> ShownDataSet:
    if not each.head:
        return ShownDataSet("", "Now", f"{each.regions:,} crops")
    if each.position is None:
        return ShownDataSet(each.head, each.head, "another project", "another project")
    named = (f"{each.labels[n].name if n in each.labels else '?'} {count:,}" for n, count in each.counts)
    tip = f"{each.head}: position {each.position:,} of the history\n{', '.join(named)}"
    return ShownDataSet(each.head, each.head, f"{each.regions:,} crops{_when(each, ' · ')}", tip=tip)


def _title(each: DataSet) -> str:
    return f"{each.head}{_when(each, ', ')}" if each.head else "Now"


def _when(each: DataSet, before: str) -> str:
    try:
        return f"{before}{datetime.fromisoformat(each.time).astimezone():%d %b %Y}"
    except (ValueError, OverflowError, OSError):  # a foreign project may claim anything
        return ""
