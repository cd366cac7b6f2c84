"""A run of the head over whole clips: asked for in a dialog, done on the batch lane, stopped when the user likes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.enough import missing_for_a_fit, missing_head
from studio.controllers.found_work import Asked, Hits, Kept, run_over
from studio.controllers.wires import Wires
from studio.core.clip_found import FoundInMedium
from studio.core.errors import StudioError
from studio.core.plugins import search_modes
from studio.core.project import Keys, MediumRow
from studio.state.jobs import Job
from studio.state.session import ActiveHead
from studio.views.dialogs import choose_path
from studio.views.found_dialog import ClipDialog, ClipWish

DEFAULT_THRESHOLD = 0.5  # of a label that the project does not have any more


@dataclass(frozen=True, eq=False)
class ClipRun:
    """What a run found, and what made it.

    Attributes:
        found: in each medium that was searched, as far as it was.
    """

    head: ActiveHead
    mode: str
    found: tuple[FoundInMedium, ...]


class Runner(QObject):
    """Opens the dialog and runs; one run at a time.

    Attributes:
        began: emitted with the `Job`.
        hit: emitted with `Hits`, while it runs.
        ended: emitted with the `ClipRun`, or None where nothing was searched.
        running: whether one does.
    """

    began = Signal(object)
    hit = Signal(object)
    ended = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._dialog: ClipDialog | None = None
        self._marked: dict[int, tuple[int, int | None]] = {}  # when it was asked, frames between marks, by medium
        self._closed = False
        self.running = False
        self._wires = Wires()
        self._wires.connect(context.actions["detect.clip"].triggered, self._ask)
        self._wires.connect(context.session.head_changed, self._show_head)
        self._wires.connect(context.session.fitting_changed, self._show_head)
        self._wires.connect(context.project.changed, self._on_project)

    def close(self) -> None:
        self._closed = True
        self._wires.cut()
        if self._dialog is not None:
            self._dialog.close()

    # Asking ----------------------------------------------------------------------------------------------------------

    def _ask(self, _: bool = False) -> None:
        context = self._context
        if self.running:
            context.board.say("The head is running over clips already; stop that first, or wait for it.")
        elif self._dialog is not None:
            self._dialog.activateWindow()
        elif not context.project.media:
            context.board.say("There is no medium to run over yet: open a video first.", "problem")
        elif context.session.head is not None or self._fit_first():
            self._open()

    def _fit_first(self) -> bool:
        """No head yet: one is fitted while the dialog is open, or what is missing is said."""
        context = self._context
        try:
            missing = missing_for_a_fit(context.project.project)
        except StudioError as error:
            context.board.problem(error, "looking for what to fit")
            return False
        if missing:
            context.board.say(missing, "problem")
        elif not context.session.fitting:
            context.actions["head.fit"].trigger()
        return not missing

    def _open(self) -> None:
        session = self._context.session
        modes = [(entry.name, entry.title) for entry in search_modes]
        if session.medium is not None:
            self._marked = {session.medium.id: (session.in_mark or 0, session.out_mark)}
        self._dialog = ClipDialog(self._context.window, modes, session.mode, self._marks_in_words())
        self._dialog.agreed.connect(self._run)
        self._dialog.folder_wanted.connect(self._choose_folder)
        self._dialog.finished.connect(self._forget)
        self._show_media()
        self._show_head()
        self._dialog.open()

    def _forget(self, _: int) -> None:
        self._dialog = None

    def _show_media(self) -> None:
        if self._dialog is not None:
            rows = list(self._context.project.media.values())
            shown = self._context.session.medium
            first = shown.id if shown is not None and shown.id in self._context.project.media else rows[0].id
            self._dialog.set_media([(row.id, _name(row), _frames(row)) for row in rows], first)

    def _choose_folder(self) -> None:
        """Its media are added to the project, as all that is searched is, and come into the list with that."""
        if self._dialog is not None and not refuse_read_only(self._context, "adding media"):
            add = self._context.session.media_offered
            choose_path(
                self._dialog,
                "clip.folder",
                "Add the media of a folder",
                Path.home(),
                lambda path: add.emit([path]),
                "folder",
            )

    def _on_project(self, keys: Keys) -> None:
        if self._dialog is not None and "media" in keys.tables:
            if self._context.project.media:
                self._show_media()
            else:
                self._dialog.reject()

    def _show_head(self, _: object = None) -> None:
        if self._dialog is None:
            return
        head = self._context.session.head
        if head is not None:
            least = self._thresholds(head)
            labels = ", ".join(f"{label} from a score of {least[label]:.2f}" for label in head.labels)
            self._dialog.set_head(f"The head {head.name} looks for {labels}.", True)
        else:
            self._dialog.set_head(missing_head(self._context), False)

    def _marks_in_words(self) -> str:
        """Which frames the marks leave of the shown medium; "" without marks."""
        session = self._context.session
        if session.medium is None or (session.in_mark is None and session.out_mark is None):
            return ""
        last = session.last_frame if session.out_mark is None else session.out_mark
        return f"Of the shown medium only the marked frames, {session.in_mark or 0:,} to {last:,}"

    # Running ---------------------------------------------------------------------------------------------------------

    def _run(self, wish: ClipWish) -> None:
        context, session = self._context, self._context.session
        head = session.head
        if head is None or self.running:
            return
        limits = self._marked if wish.marked else {}
        asked = Asked(context.project.folder, head.head, wish.media, wish.mode, limits, self._thresholds(head))
        names = [_name(row) for id, row in context.project.media.items() if id in wish.media]
        title = f"searching {names[0]}" if len(names) == 1 else f"searching {len(wish.media)} media"
        kept = Kept([], [], [])
        job = Job(title, run_over, context.networks, asked, kept)
        job.published.connect(self._pass_on)
        job.finished.connect(partial(self._end, head, wish.mode, kept))
        self.running = True
        self.began.emit(context.board.run(context.lanes.batch, job))

    def _thresholds(self, head: ActiveHead) -> dict[str, float]:
        known = {row.name: row.threshold for row in self._context.project.labels.values()}
        return {label: known.get(label, DEFAULT_THRESHOLD) for label in head.labels}

    def _pass_on(self, hits: Hits) -> None:
        if not self._closed:
            self.hit.emit(hits)

    def _end(self, head: ActiveHead, mode: str, kept: Kept) -> None:
        if self._closed:
            return
        self.running = False
        if kept.found and kept.problems:  # where nothing was found the job failed, and said so
            count = len(kept.problems)
            text = kept.problems[0] if count == 1 else f"{count} media could not be searched to the end"
            self._context.board.say(text, "problem", "\n".join(kept.problems))
        for note in kept.notes:
            self._context.board.say(note, "problem")
        self.ended.emit(ClipRun(head, mode, tuple(kept.found)) if kept.found else None)


def _name(row: MediumRow) -> str:
    return row.path.rsplit("/", 1)[-1]


def _frames(row: MediumRow) -> str:
    unit = "picture" if row.kind == "stills" else "frame"
    return f"{row.frames:,} {unit}{'' if row.frames == 1 else 's'}" if row.frames else ""
