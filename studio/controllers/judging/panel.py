"""The runs dock: reads runs while somebody looks, compares two, opens what is confused in the gallery."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDockWidget

from studio.controllers.context import Context
from studio.controllers.edits import apply_edit
from studio.controllers.judging.deleting import Deleting
from studio.controllers.judging.mistakes import Mistakes
from studio.controllers.judging.work import ReadRun, compare, read_one, read_rows
from studio.controllers.wires import Wires
from studio.core.errors import said
from studio.core.project import BACKGROUND, Keys
from studio.core.project.labels import set_threshold
from studio.state.gallery import Listed
from studio.state.jobs import Job
from studio.views.judging.runs_table import RunRow
from studio.views.judging.shown import LabelOfProject
from studio.views.judging.view import RunsView

PAUSE = 400  # milliseconds after a change of the regions, until what differs is counted anew


class RunsController:
    """Binds the dock to the project's runs."""

    def __init__(self, context: Context, view: RunsView) -> None:
        self._context, self._view = context, view
        self._run: ReadRun | None = None
        self._name = ""  # of the run that is looked at, or on its way
        self._pair = ("", "")
        self._looked_at = False
        self._reading: Job | None = None
        self._listing: Job | None = None
        self._comparing: Job | None = None
        self._timer = QTimer(singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self._list)
        self._mistakes = Mistakes(context, view.run)
        self._wires = wires = Wires()
        self._deleting = Deleting(context, lambda: view.table.selected, self._on_deleted)
        view.set_actions(context.actions["run.prepare"], context.actions["run.delete"])
        wires.connect(context.actions["run.delete"].triggered, self._deleting.ask)
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.table.run_chosen, self._choose)
        wires.connect(view.table.pair_chosen, self._compare)
        wires.connect(view.run.cell_chosen, self._show_cell)
        wires.connect(view.run.threshold_wanted, self._set_threshold)
        wires.connect(view.run.headline.resume.clicked, lambda: context.session.resume_wanted.emit(self._name))
        wires.connect(view.run.split_chosen, lambda _: self._mistakes.show(self._run))
        wires.connect(context.session.run_wanted, self.open_run)
        wires.connect(context.session.runs_came, self._on_runs)
        wires.connect(context.project.changed, self._on_changed)

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()
        self._mistakes.close()

    def open_run(self, name: str) -> None:
        """Bring the dock forward, and show the run of this name there."""
        dock = self._view.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.show()
            dock.raise_()
        self._choose(name)
        self._list()

    # What there is ---------------------------------------------------------------------------------------------------

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        if looked_at:
            self._list()

    def _on_runs(self) -> None:
        """There are new ones, or what is looked at went on."""
        if self._looked_at:
            self._list()
            self._read(self._name)

    def _on_deleted(self) -> None:
        """What is looked at may be gone: the newest comes in its place."""
        if self._name in self._view.table.selected:
            self._name, self._run = "", None
            self._view.run.set_run(None, {})
        self._context.session.runs_came.emit()

    def _on_changed(self, keys: Keys) -> None:
        if "labels" in keys.tables:
            self._view.run.set_labels(self._labels())
        if self._looked_at and keys.tables & {"regions", "labels", "media"}:
            self._timer.start()

    def _list(self) -> None:
        self._timer.stop()
        self._listing = self._ask(self._listing, Job("reading runs", read_rows, self._context.project.folder))
        self._listing.succeeded.connect(self._show_rows)

    def _show_rows(self, rows: list[RunRow]) -> None:
        self._listing = None
        self._view.set_runs(rows)
        names = [row.name for row in rows]
        if self._name not in names and rows:
            self._choose(names[0])
        elif not self._view.table.selected:
            self._view.table.select([self._name])

    def _ask(self, before: Job | None, job: Job) -> Job:
        """On the disk lane, instead of what was asked before."""
        if before is not None:
            before.cancel()
        return self._context.board.run(self._context.lanes.disk, job, shown=False)

    # One run ---------------------------------------------------------------------------------------------------------

    def _choose(self, name: str) -> None:
        self._view.set_difference("")
        self._pair = ("", "")
        if self._view.table.selected != [name]:
            self._view.table.blockSignals(True)
            self._view.table.select([name])
            self._view.table.blockSignals(False)
        if name != self._name or self._run is None:
            self._read(name)

    def _read(self, name: str) -> None:
        self._name = name
        if not name:
            return
        self._view.run.set_reading()
        self._reading = self._ask(self._reading, Job("reading a run", read_one, self._context.project.folder, name))
        self._reading.succeeded.connect(self._show_run)
        self._reading.failed.connect(partial(self._cannot_read, name))

    def _cannot_read(self, name: str, error: Exception) -> None:
        """It is gone, or damaged: what was shown before is another run."""
        if name == self._name:
            self._run = None
            self._view.run.set_unreadable(said(error))
            self._list()

    def _show_run(self, run: ReadRun) -> None:
        self._reading = None
        if run.shown.name == self._name:
            self._run = run
            self._view.run.set_run(run.shown, self._labels())

    def _labels(self) -> dict[str, LabelOfProject]:
        """Of the project, by the names that the run knows them by."""
        project = self._context.project
        known = {row.name: row for row in project.labels.values() if row.name != BACKGROUND}
        for judgement in self._run.shown.judgements.values() if self._run else ():
            for name in judgement.labels:
                row = project.label_called(name)
                if row is not None and row.name != BACKGROUND:
                    known[name] = row
        return {name: LabelOfProject(row.color, row.threshold) for name, row in known.items()}

    def _set_threshold(self, name: str, threshold: float) -> None:
        if (label := self._context.project.label_called(name)) is not None:
            apply_edit(self._context, set_threshold(label, round(threshold, 2)).edit)

    def _show_cell(self, true: int, said: int) -> None:
        judgement = self._view.run.judgement
        if self._run is None or judgement is None:
            return
        rows = np.flatnonzero((judgement.targets == true) & (judgement.predicted == said))
        ids = self._run.ids[self._view.run.split][rows].tolist()
        names = judgement.labels
        what = f"{names[true]} recognised" if true == said else f"{names[true]} taken for {names[said]}"
        self._context.session.crops_wanted.emit(Listed(tuple(ids), f"{len(ids):,} {what}"))

    # Two runs --------------------------------------------------------------------------------------------------------

    def _compare(self, first: str, second: str) -> None:
        self._pair = (first, second)
        self._view.set_difference("Comparing…")
        job = Job("comparing runs", compare, self._context.project.folder, first, second)
        self._comparing = self._ask(self._comparing, job)
        self._comparing.succeeded.connect(lambda found: self._show_difference((first, second), found))

    def _show_difference(self, pair: tuple[str, str], found: tuple[str, str]) -> None:
        self._comparing = None
        if pair == self._pair:
            self._view.set_difference(*found)
