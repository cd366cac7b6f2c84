"""What becomes of what a run found: accepted as regions, saved as tables, rendered as a video."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers import found_work
from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.found_run import ClipRun
from studio.core.clip_found import FoundInMedium
from studio.core.counting import CountedTrack
from studio.state.jobs import Job
from studio.views.dialogs import choose_path
from studio.views.found import FoundView


class FoundUses(QObject):
    """Answers the buttons of the found dock.

    Attributes:
        result: what is shown, or None.
    """

    def __init__(self, context: Context, view: FoundView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self.result: ClipRun | None = None
        view.accept_wanted.connect(self._accept)
        view.csv_wanted.connect(self._ask_csv)
        view.video_wanted.connect(self._ask_video)

    def _accept(self, selected: bool) -> None:
        if refuse_read_only(self._context, "accepting"):
            return
        lines = self._view.model.lines
        by_medium: dict[int, tuple[FoundInMedium, list[CountedTrack]]] = {}
        for line in [lines[row] for row in self._view.chosen()] if selected else lines:
            by_medium.setdefault(line.found.medium.id, (line.found, []))[1].append(line.track)
        if by_medium:
            job = Job("accepting", found_work.accept, self._context.project.folder, list(by_medium.values()), kept=True)
            job.succeeded.connect(self._on_accepted)
            self._context.board.run(self._context.lanes.disk, job)

    def _on_accepted(self, regions: int) -> None:
        self._context.project.refresh()
        if regions:
            unit = "region" if regions == 1 else "regions"
            self._context.board.say(f"{regions:,} {unit} accepted; undo takes them back as one step", "good")
        else:
            self._context.board.say("Nothing new to accept: there are regions on all of these already")

    def _ask_csv(self) -> None:
        if self.result is not None:
            start = Path.home() / f"{self._stem()}-found.csv"
            choose_path(self._context.window, "found.csv_dialog", "Save the tables", start, self._save_csv, "new")

    def _save_csv(self, path: Path) -> None:
        if self.result is None:
            return
        path = path if path.suffix else path.with_suffix(".csv")
        job = Job(f"saving {path.name}", found_work.save_csv, path, self.result.found)
        job.succeeded.connect(lambda files: self._say_saved(*files))
        self._context.board.run(self._context.lanes.disk, job)

    def _ask_video(self) -> None:
        found = self._one()
        if found is not None:
            start = Path.home() / f"{Path(found.name).stem}-found.mp4"
            save = partial(self._save_video, found)
            choose_path(self._context.window, "found.video_dialog", f"Save a video of {found.name}", start, save, "new")

    def _save_video(self, found: FoundInMedium, path: Path) -> None:
        path = path if path.suffix else path.with_suffix(".mp4")
        folder = self._context.project.folder
        colors = {row.name: row.color for row in self._context.project.labels.values()}
        job = Job(f"rendering {path.name}", found_work.save_video, folder, found, path, colors)
        job.succeeded.connect(self._say_saved)
        self._context.board.run(self._context.lanes.batch, job)

    def _one(self) -> FoundInMedium | None:
        """The medium a video is made of: that of the selected row, else the shown one, else the first."""
        if self.result is None:
            return None
        rows, shown = self._view.chosen(), self._context.session.medium
        if rows:
            return self._view.model.lines[rows[0]].found
        there = [each for each in self.result.found if shown is not None and each.medium.id == shown.id]
        return (there or list(self.result.found))[0]

    def _stem(self) -> str:
        found = self.result.found if self.result else ()
        return Path(found[0].name).stem if len(found) == 1 else self._context.project.folder.name

    def _say_saved(self, *files: Path) -> None:
        names = " and ".join(path.name for path in files)
        self._context.board.say(f"saved {names} in {files[0].parent}", "good")
