"""What if: a change of the selected crops is tried before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import Asking, refuse_read_only
from studio.controllers.gallery.acting import Acting
from studio.controllers.gallery.acts import Relabelling, Removal
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import BACKGROUND, LabelRow, Project
from studio.core.project.edits import Planned, counted
from studio.state.gallery import GalleryState
from studio.state.jobs import Job
from studio.views.gallery.what_if import ShownEffect, WhatIfDialog

if TYPE_CHECKING:
    from studio.ml.gallery.what_if import WhatIf

REMOVE = 0  # the choice; others are ids of labels
DOING = "what if"


class WhatIfController:
    """Answers the action."""

    def __init__(self, context: Context, gallery: GalleryState) -> None:
        self._context, self._gallery = context, gallery
        self._acting = Acting(context, gallery)
        self._dialog: WhatIfDialog | None = None
        self._wires = Wires()
        self._wires.connect(context.actions["gallery.what_if"].triggered, self._ask)

    def close(self) -> None:
        self._wires.cut()
        self._acting.close()
        if self._dialog is not None:
            self._dialog.close()

    def _ask(self, _: bool = False) -> None:
        if self._dialog is not None:
            self._dialog.activateWindow()
        elif not refuse_read_only(self._context, DOING) and (regions := self._acting.begin()):
            self._open(regions)

    def _open(self, regions: frozenset[int]) -> None:
        labels = self._context.project.labels
        choices: list[tuple[str, object]] = [
            (f"Relabel to {row.name}", row.id)
            for row in sorted(labels.values(), key=lambda row: (row.name == BACKGROUND, row.id))
            if row.id != self._only_label(regions)
        ]
        choices.append(("Remove", REMOVE))
        dialog = WhatIfDialog(self._context.window, f"What if: {counted(len(regions), 'crop')}", choices)
        Asking(self._context, dialog, _Act(regions, dict(labels)))
        _Trial(self._context, dialog, regions)
        dialog.agreed.connect(lambda: self._acting.leave(regions) if dialog.choice == REMOVE else None)
        dialog.closed.connect(self._forget)
        self._dialog = dialog
        dialog.open()

    def _forget(self) -> None:
        self._dialog = None

    def _only_label(self, regions: frozenset[int]) -> int:
        """That which all of them have already; 0 for several."""
        crops = self._gallery.crops
        labels = set(crops.table.labels[crops.rows_of(regions)].tolist()) if crops is not None else set()
        return int(labels.pop()) if len(labels) == 1 else 0


@dataclass(frozen=True)
class _Act:
    """The edit for a choice; called on a worker."""

    regions: frozenset[int]
    labels: dict[int, LabelRow]

    def __call__(self, project: Project, choice: object) -> Planned:
        assert isinstance(choice, int)
        act = Removal(self.regions) if choice == REMOVE else Relabelling(self.regions, self.labels[choice])
        planned = act(project)
        return Planned(planned.edit, f"{planned.sentence[:1].upper()}{planned.sentence[1:]}.")


class _Trial(QObject):
    """Tries what is chosen in a dialog, as long as it lives."""

    def __init__(self, context: Context, dialog: WhatIfDialog, regions: frozenset[int]) -> None:
        super().__init__(dialog)
        self._context, self._dialog, self._regions = context, dialog, regions
        self._job: Job | None = None
        dialog.choice_changed.connect(self._try)
        dialog.closed.connect(self._cancel)
        self._try(dialog.choice)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _try(self, choice: object) -> None:
        self._cancel()
        self._dialog.set_trying(0.0)
        asked = self._context.project.folder, self._regions, choice
        job = Job("try a change", tried, self._context.networks, *asked)
        job.progressed.connect(self._on_progress)
        job.succeeded.connect(self._show)
        job.failed.connect(self._say_problem)
        self._job = self._context.lanes.compute.submit(job)

    def _on_progress(self, fraction: float, _: str) -> None:
        self._dialog.set_trying(fraction)

    def _show(self, found: WhatIf) -> None:
        self._job = None
        labels = self._context.project.labels
        shown = [
            ShownEffect(
                labels[each.label].name,
                labels[each.label].color,
                each.before,
                each.after,
                each.low,
                each.high,
                0 if not each.certain else 1 if each.low > 0 else -1,
            )
            for each in found.effects
            if each.label in labels
        ]
        self._dialog.set_effects(shown, [labels[label].name for label in found.untold if label in labels])

    def _say_problem(self, error: Exception) -> None:
        self._job = None
        if isinstance(error, StudioError):
            self._dialog.set_no_effect(f"What it would do cannot be measured: {error}")
        else:
            self._dialog.set_no_effect("What it would do could not be measured.")
            self._context.board.problem(error, DOING)


def tried(
    networks: LaneNetworks, folder: Path, regions: frozenset[int], choice: object, control: Control
) -> WhatIf:  # fmt: skip
    """On the compute lane: what a choice would do."""
    control.progress(0.0, "reading the crops")
    from studio.ml.gallery.what_if import Change, try_change

    assert isinstance(choice, int)
    change = Change(regions, None if choice == REMOVE else choice)
    return try_change(folder, change, networks.on("compute"), control)
