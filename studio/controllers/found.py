"""The found dock: shows what runs over whole clips found, and accepts or saves it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget

from studio.controllers.context import Context
from studio.controllers.found_run import ClipRun, Runner
from studio.controllers.found_uses import FoundUses
from studio.controllers.found_work import Hits
from studio.controllers.wires import Wires
from studio.core.clip_found import FoundInMedium, found_frames, summary
from studio.core.project import Keys
from studio.state.jobs import Job
from studio.state.session import FoundFrames
from studio.views.found import FoundView

STALE = "The head has changed since: run it again to see what it finds now."
MOST_PROBLEMS = 3  # that are shown; all are said when the run ends


class FoundController(QObject):
    """Keeps the table, the time line and the shown frame together."""

    def __init__(self, context: Context, view: FoundView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._uses = FoundUses(context, view)
        self._hits: dict[int, list[NDArray[np.int32]]] | None = None  # of a run that goes on, by medium
        self._runner = Runner(context)
        view.set_action(context.actions["detect.clip"])
        self._connect()
        self._show_colors()
        self._show_place()

    def _connect(self) -> None:
        view, session, wires = self._view, self._context.session, Wires()
        self._wires = wires
        wires.connect(session.frame_changed, self._show_place)
        wires.connect(session.medium_changed, self._on_medium)
        wires.connect(session.head_changed, self._show_notes)
        wires.connect(self._context.project.changed, self._on_project)
        self._runner.began.connect(self._on_began)
        self._runner.hit.connect(self._on_hits)
        self._runner.ended.connect(self._on_ended)
        view.went_to.connect(self._go)
        view.chosen_changed.connect(self._show_on_time_line)
        view.clear_wanted.connect(self._clear)

    def close(self) -> None:
        self._wires.cut()
        self._runner.close()

    # Runs ------------------------------------------------------------------------------------------------------------

    def _on_began(self, job: Job) -> None:
        self._hits = {}
        self._view.set_job(job)
        self._raise_dock()
        self._show_on_time_line()

    def _on_hits(self, hits: Hits) -> None:
        if self._hits is not None:
            self._hits.setdefault(hits.medium, []).append(hits.frames)
            self._show_on_time_line()

    def _on_ended(self, result: ClipRun | None) -> None:
        """What was found before stays where a run was stopped before its first frame."""
        self._hits = None
        self._view.set_job(None)
        if result is not None:
            self._uses.result = result
            self._show_result()
        self._show_on_time_line()

    def _raise_dock(self) -> None:
        parent = self._view.parentWidget()
        if isinstance(parent, QDockWidget):
            parent.show()
            parent.raise_()

    def _clear(self) -> None:
        self._uses.result = None
        self._view.model.set_found(())
        self._view.show_nothing()
        self._show_on_time_line()

    # What is shown ---------------------------------------------------------------------------------------------------

    def _show_result(self) -> None:
        result = self._uses.result
        if result is None:
            return
        self._view.model.set_found(result.found)
        several = len(result.found) > 1
        where = f"{len(result.found):,} media" if several else _where(result.found[0])
        stopped = "" if all(each.report.complete for each in result.found) else " · stopped before the end"
        self._view.show_found(
            summary(result.found), f"{where} · head {result.head.name} · {result.mode}{stopped}", several
        )  # fmt: skip
        self._show_notes()
        self._show_place()

    def _show_notes(self, _: object = None) -> None:
        head, result = self._context.session.head, self._uses.result
        stale = result is not None and head is not None and head.key != result.head.key
        parts = [each for each in result.found if each.report.problem] if result else []
        problems = [f"{each.name}: {each.report.problem}" for each in parts]
        self._view.set_notes([*problems[:MOST_PROBLEMS], *([STALE] if stale else [])])

    def _show_place(self, _: object = None) -> None:
        session = self._context.session
        self._view.model.set_playhead(session.medium.id if session.medium else 0, session.frame)

    def _on_medium(self, _: object) -> None:
        self._show_place()
        self._show_on_time_line()

    def _on_project(self, keys: Keys) -> None:
        if "labels" in keys.tables:
            self._show_colors()

    def _show_colors(self) -> None:
        self._view.model.set_colors({row.name: row.color for row in self._context.project.labels.values()})

    def _show_on_time_line(self) -> None:
        """What was found in the open medium: so far, where a run goes on."""
        session = self._context.session
        medium = session.medium.id if session.medium else 0
        none, result = np.zeros(0, np.int32), self._uses.result
        if self._hits is not None and (self._hits or result is None):
            frames, chosen = np.concatenate([none, *self._hits.get(medium, ())]), none
        else:
            there = [each for each in (result.found if result else ()) if each.medium.id == medium]
            frames = found_frames(track for each in there for track in each.report.tracks)
            lines = (self._view.model.lines[row] for row in self._view.chosen())
            chosen = found_frames(line.track for line in lines if line.found.medium.id == medium)
        session.found = FoundFrames(medium, frames, chosen) if len(frames) else None

    def _go(self, row: int) -> None:
        line = self._view.model.lines[row]
        self._context.session.playing = False
        self._context.session.go(line.found.medium.id, line.row.first)


def _where(found: FoundInMedium) -> str:
    if found.first == 0 and found.report.frames == found.medium.frames:
        return f"{found.name}, all {found.report.frames:,} frames"
    return f"{found.name}, frames {found.first:,} to {found.last:,}"
