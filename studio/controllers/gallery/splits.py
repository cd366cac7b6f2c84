"""Splits: plans them while somebody looks, assigns them as one step, and shows what leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS, Crops, read_crops
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.project.edits import Planned
from studio.core.project.leaks import Leak, compared, find_leaks, is_grave, leak_words, leaks_in_short
from studio.core.project.split_plan import (
    AS_IT_IS,
    SplitPlan,
    SplitWish,
    clear_edit,
    plan_splits,
    read_rates,
    split_counts,
    split_edit,
)
from studio.state.gallery import GalleryState, Listed
from studio.state.jobs import Job
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.splits import SplitsView
from studio.views.gallery.splits_leaks import LeakLine

PAUSE = 300  # milliseconds without a change, after which it is planned anew
MOST = 300  # leaks that are listed
NOTHING_ASKED = "With no share for validation and none for the test there is nothing to split."
STALE = "The crops or their splits changed since: look again."
Rates = dict[int, float]


class SplitsController:
    """Nothing is planned or counted while nobody looks."""

    def __init__(self, context: Context, gallery: GalleryState, view: SplitsView) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._looked_at = False
        self._rates: Rates = {}
        self._planning: Job | None = None
        self._checked: Crops | None = None  # that the leaks are of
        self._seen: Crops | None = None  # that the numbers are of
        project = context.project
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only)
        self._timer = QTimer(singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self._plan)
        view.set_picture_of(self._thumbnails.picture)
        self._wires = wires = Wires()
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.wish_changed, self._plan_soon)
        wires.connect(view.assign_wanted, self._assign)
        wires.connect(view.clear_wanted, self._clear)
        wires.connect(view.check_wanted, self._check)
        wires.connect(view.leaks.wanted, self._thumbnails.want)
        wires.connect(view.leaks.chosen, self._show_pair)
        wires.connect(view.leaks.opened, self._open)
        wires.connect(self._thumbnails.came, view.leaks.refresh)
        wires.connect(gallery.crops_changed, self._on_crops)

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()
        self._thumbnails.close()

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        self._on_crops()

    def _on_crops(self) -> None:
        crops = self._gallery.crops
        if not self._looked_at or crops is None:
            return
        seen, self._seen = self._seen, crops
        if (
            seen is not None
            and seen.table is crops.table
            and seen.splits is crops.splits
            and seen.labels is crops.labels
        ):
            return  # another measure of the same
        counts = sorted(split_counts(crops).items(), key=lambda pair: -int(pair[1].sum()))
        labels = ((crops.labels[label], row) for label, row in counts if label in crops.labels)
        self._view.set_counts([(label.name, label.color, row.tolist()) for label, row in labels])
        if self._checked is not None and self._outdated(self._checked, crops):
            self._checked = None
            self._view.set_leaks(STALE, "dim")
        self._plan_soon()

    @staticmethod
    def _outdated(checked: Crops, now: Crops) -> bool:
        return len(checked) != len(now) or bool((checked.splits != now.splits).any())

    # Plans -----------------------------------------------------------------------------------------------------------

    def _plan_soon(self, _: object = None) -> None:
        if self._looked_at:
            self._timer.start()

    def _plan(self) -> None:
        wish = self._view.wish
        if wish is None:
            self._view.set_plan(NOTHING_ASKED, False)
            return
        if self._planning is not None:
            self._planning.cancel()
        self._planning = job = Job("plan splits", planned, self._context.project.folder, wish, self._rates)
        job.succeeded.connect(self._on_planned)
        job.failed.connect(self._on_refused)
        self._context.lanes.disk.submit(job)

    def _on_planned(self, result: tuple[SplitPlan, bool, Rates]) -> None:
        plan, changes, self._rates = result
        said = plan.sentence if changes else f"{plan.sentence} {AS_IT_IS}"
        self._view.set_plan(said, changes)

    def _on_refused(self, error: Exception) -> None:
        self._view.set_plan(str(error) if isinstance(error, InputError) else "", False)

    def _assign(self) -> None:
        wish = self._view.wish
        if wish is not None and not refuse_read_only(self._context, "splits"):
            plan_and_apply(self._context, "assign splits", Assignment(wish, self._rates), None)

    def _clear(self) -> None:
        if not refuse_read_only(self._context, "clear splits"):
            apply_edit(self._context, clear_edit(self._context.project.project))

    # Leaks -----------------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        self._view.set_checking(True)
        job = Job("look for leaks", checked, self._context.project.folder, self._rates)
        job.succeeded.connect(self._on_checked)
        job.finished.connect(self._on_check_ended)
        self._context.board.run(self._context.lanes.batch, job)

    def _on_check_ended(self) -> None:
        self._view.set_checking(False)

    def _on_checked(self, result: tuple[Crops, Rates, list[Leak]]) -> None:
        crops, self._rates, leaks = result
        self._checked = crops
        lines = [_line(leak, crops, self._rates) for leak in leaks[:MOST]]
        more = f"; the first {MOST:,} are shown" if len(leaks) > MOST else ""
        summary = f"{leaks_in_short(leaks)}{more}." if leaks else "Nothing leaks."
        self._view.set_leaks(summary, "bad" if is_grave(leaks) else "doubtful" if leaks else "good", lines)

    def _show_pair(self, number: int) -> None:
        line = self._view.leaks.lines[number]
        self._gallery.listed = Listed(line.regions, f"Leak: {line.words}")
        self._context.session.selection = frozenset(line.regions)

    def _open(self, number: int) -> None:
        crop = self._view.leaks.lines[number].crops[0]
        self._context.session.playing = False
        self._context.session.go(crop.medium, crop.frame)


@dataclass(frozen=True)
class Assignment:
    """Plans on a worker what is assigned."""

    wish: SplitWish
    rates: Mapping[int, float]

    def __call__(self, project: Project, choice: object = None) -> Planned:
        crops = read_crops(project)
        plan = plan_splits(crops, read_rates(project, crops, self.rates), self.wish)
        return Planned(split_edit(project, plan), plan.sentence)


def planned(folder: Path, wish: SplitWish, rates: Rates, control: Control) -> tuple[SplitPlan, bool, Rates]:
    """On the disk lane: what would be assigned, and whether anything would change."""
    with Project.open(folder) as project:
        crops = read_crops(project)
        control.checkpoint()
        rates = rates | read_rates(project, crops, rates)
        plan = plan_splits(crops, rates, wish)
        return plan, split_edit(project, plan).size > 0, rates


def checked(folder: Path, rates: Rates, control: Control) -> tuple[Crops, Rates, list[Leak]]:
    """On the batch lane: what leaks, also by how the crops look."""
    from studio.ml.gallery.looks import read_looks
    from studio.ml.gallery.reading import portion

    with Project.open(folder) as project:
        crops = read_crops(project)
        rates = rates | read_rates(project, crops, rates)
        needed = compared(crops) & (crops.splits > 0)
        looks = read_looks(project, crops.table, crops.media, portion(control, 0.0, 0.9), needed)
        return crops, rates, find_leaks(crops, rates, looks.hashes, portion(control, 0.9, 0.1))


def _line(leak: Leak, crops: Crops, rates: Rates) -> LeakLine:
    table = crops.table
    first, second = (int(row) for row in crops.rows_of(leak[:2]))
    names = [crops.media[int(table.media[row])].path.rsplit("/", 1)[-1] for row in (first, second)]
    frames = [int(table.frames[row]) for row in (first, second)]
    if names[0] == names[1]:
        place = f"{names[0]}, frames {frames[0]} and {frames[1]}"
    else:
        place = " and ".join(f"{name}, frame {frame}" for name, frame in zip(names, frames, strict=True))
    one, other = (
        Crop(int(table.media[row]), int(table.frames[row]), Box(*table.boxes[row].tolist())) for row in (first, second)
    )
    splits = SPLITS[crops.splits[first]], SPLITS[crops.splits[second]]
    words = leak_words(leak, crops, rates)
    return LeakLine(leak[:2], (one, other), splits, words[0].upper() + words[1:], place)
