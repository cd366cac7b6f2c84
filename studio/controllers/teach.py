"""Teaching: a detection is confirmed or rejected, a missed object drawn, and the head learns it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from studio.controllers import learner
from studio.controllers.camera_edits import row_of, with_medium
from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.learner import LIVE, Corrected, Learned, Wanted
from studio.controllers.live import search_area
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, OBJECT_STATES, Edit, Keys, LabelRow, Project, RegionRow
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.corrections import confirm, reject
from studio.core.project.labels import make_label
from studio.state.jobs import Job
from studio.state.session import LiveShown, PickedDetection, ShownFrame, Taught

Correct = Callable[[Project, int, int, int, Box, float | None], Edit]


class TeachController(QObject):
    """C, X and boxes drawn while live: an edit, and a head that knows it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._own: set[int] = set()  # regions of corrections from here that are being written, or wait to be
        actions = context.actions
        self._wires = Wires()
        self._wires.connect(actions["detect.confirm"].triggered, partial(self._correct, confirm, True))
        self._wires.connect(actions["detect.reject"].triggered, partial(self._correct, reject, False))
        context.project.changed.connect(self._on_project)

    def close(self) -> None:
        self._wires.cut()

    # Correcting ------------------------------------------------------------------------------------------------------

    def _correct(self, correct: Correct, right: bool, _: bool = False) -> None:
        context, session = self._context, self._context.session
        picked = session.picked or self._best()
        if picked is None:
            context.board.say("There is no detection on this frame.", "problem")
            return
        if refuse_read_only(context, "correcting"):
            return
        shown, found = picked.result.frame, picked.result.detections
        session.playing = False
        medium = row_of(context, shown.medium, shown.number)
        if medium is None:
            return
        session.go(shown.medium, shown.number)
        box = Box(*map(float, found.boxes[picked.index]))
        name = picked.result.labels[int(found.label_ids[picked.index])]
        try:
            group = context.project.project.new_group()
            label = self._label(name, group)
            score = float(found.scores[picked.index])
            edit = correct(context.project.project, shown.medium, shown.number, label.id, box, score)
            self._apply(with_medium(context, edit, medium), group, partial(self._teach, shown, label, box, right))
        except StudioError as error:
            context.board.problem(error, "correcting")
            return
        session.picked = None

    def _best(self) -> PickedDetection | None:
        """The best detection of the frame that is seen, or of the newest searched frame while the video plays."""
        session = self._context.session
        result, shown = session.result, session.shown
        if result is None or shown is None:
            return None
        if not session.playing and (result.frame.medium, result.frame.number) != (shown.medium, shown.number):
            return None
        there = self._said(result)
        return PickedDetection(result, there[0]) if there else None

    def _said(self, result: LiveShown) -> list[int]:
        """The detections of a result that are shown: those that reach the threshold of their label, best first."""
        found = result.detections
        rows = [self._context.project.label_called(name) for name in result.labels]
        least = [row.threshold if (row := rows[int(label)]) else 0.5 for label in found.label_ids]
        return [index for index in range(len(found)) if found.scores[index] >= least[index]]

    def _label(self, name: str, group: int) -> LabelRow:
        """The row of a label; a head from elsewhere may bring a new one."""
        project = self._context.project
        known = project.label_called(name)
        if known is None:
            known = make_label(project.project, name)
            project.apply(Edit.rows(f"new label {name}", [known]), group=group)
        return known

    def _apply(self, edit: Edit, group: int, teach: Callable[[], None]) -> None:
        """Write a correction, and learn it when it is written: it may have to wait."""
        regions = {key.id for key in edit.changes if key.table == "regions"}
        self._own |= regions
        try:
            self._context.project.apply(edit, group=group, then=partial(self._written, regions, teach))
        except StudioError:
            self._own -= regions
            raise

    def _written(self, regions: set[int], teach: Callable[[], None]) -> None:
        self._own -= regions
        teach()

    def _on_project(self, keys: Keys) -> None:
        """A box that a person drew on the searched frame while live is a correction too."""
        session = self._context.session
        shown = session.shown
        if not session.live or session.following or session.head is None or shown is None:
            return
        project = self._context.project
        ids = keys.of("regions") - self._own
        here = project.regions_on(shown.medium, shown.number) if ids else []
        drawn = [row for row in here if row.id in ids and _is_drawn(row)]
        if not drawn or project.project.next_redo():  # an undo: the head of then is looked up
            return
        place = {"medium": shown.medium, "first": shown.number, "last": shown.number}
        before = {row.id for row in project.project.regions(**place, at=project.project.position - 1)}
        for row in drawn:
            label = project.labels.get(row.label)
            if row.id not in before and label and label.name != BACKGROUND:
                self._teach(shown, label, Box(row.x, row.y, row.width, row.height), True)

    # Learning --------------------------------------------------------------------------------------------------------

    def _teach(self, shown: ShownFrame, label: LabelRow, box: Box, right: bool) -> None:
        context, session = self._context, self._context.session
        head = session.head
        if head is None:
            return
        if session.head_name != LIVE:
            trained = head.head is not None and head.head.layers is not None
            learns = "learns it when it is trained again" if trained else "does not change"
            context.board.say(f"Stored. The head {head.name} {learns}; the live head learns from it at once.")
            return
        if session.learning == "frozen":
            context.board.say("Stored. The head is frozen: Update once lets it learn.")
            return
        # A label that was renamed since is still called by its old name in the head.
        said = next((name for name in head.labels if context.project.label_called(name) == label), label.name)
        here = context.project.regions_on(shown.medium, shown.number)
        objects = [(r.x, r.y, r.width, r.height) for r in here if r.label == label.id and r.state in OBJECT_STATES]
        project = context.project.project
        correction = Corrected(
            Wanted(project.folder, session.kernel, chosen_backbone(project)), project.position, head, shown, right,
            said, box, search_area(project, shown.medium),
            np.array(objects, np.float64).reshape(-1, 4),
        )  # fmt: skip
        job = Job("learning the correction", learner.corrected, context.networks, correction)
        job.succeeded.connect(partial(self._on_learned, correction.position))
        context.board.run(context.lanes.live, job, shown=False)
        taught = session.taught
        if taught is None or not taught.measuring:
            taught = Taught(0, 0, head.f1)
        positives, negatives = taught.positives + right, taught.negatives + (not right)
        session.taught = replace(taught, positives=positives, negatives=negatives)

    def _on_learned(self, position: int, learned: Learned | None) -> None:
        context, session = self._context, self._context.session
        if learned is None or not context.project.project.still_holds(position):
            return  # taken back meanwhile: the head of before is looked up
        if session.head_name == LIVE and session.learning != "frozen":
            session.head = learned.head
        if learned.note:
            context.board.say(learned.note)


def _is_drawn(row: RegionRow) -> bool:
    return row.author == "human" and row.keyframe and row.state == "visible"
