"""The labels dock: the label of the next box, and everything that can be done to labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog

from studio.controllers.context import Context
from studio.controllers.edits import Asking, apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import BACKGROUND, Edit, Keys, LabelRow, Project
from studio.core.project.counts import counts
from studio.core.project.edits import Planned
from studio.core.project.labels import (
    delete_label,
    make_label,
    merge_labels,
    recolor,
    rename_label,
    set_key,
    set_threshold,
)
from studio.state.jobs import Job
from studio.state.label_list import LabelList
from studio.views.labels import LabelsView
from studio.views.plan_dialog import PlanDialog

_PAUSE = 300  # milliseconds at least between two counts


class LabelsController:
    """`session.label` is the selected row, both ways."""

    def __init__(self, context: Context, view: LabelsView) -> None:
        self._context, self._view = context, view
        self._model = LabelList()
        self._wires = Wires()
        self._counting: Job | None = None
        self._timer = QTimer(singleShot=True)
        self._timer.timeout.connect(self._count)
        view.set_model(self._model)
        self._connect()
        self._show_rows()
        self._timer.start(0)

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()

    def _connect(self) -> None:
        context, view, wires = self._context, self._view, self._wires
        wires.connect(view.chosen, self._choose)
        wires.connect(view.color_wanted, self._ask_color)
        wires.connect(view.key_wanted, lambda label, key: self._plan(label, lambda p, row: set_key(p, row, key)))
        wires.connect(view.merge_wanted, self._ask_to_merge)
        wires.connect(view.delete_wanted, self._ask_to_delete)
        wires.connect(view.added, self._add)
        wires.connect(
            self._model.renaming, lambda label, name: self._plan(label, lambda p, r: rename_label(p, r, name))
        )
        wires.connect(
            self._model.threshold_wanted, lambda label, score: self._plan(label, lambda p, r: set_threshold(r, score))
        )
        wires.connect(context.project.changed, self._on_project_changed)
        wires.connect(context.session.label_changed, view.set_current)
        actions = context.actions
        wires.connect(actions["label.new"].triggered, self._new)
        wires.connect(actions["label.rename"].triggered, view.edit_name)
        wires.connect(actions["label.merge"].triggered, lambda: self._ask_to_merge(context.session.label, None))
        wires.connect(actions["label.delete"].triggered, lambda: self._ask_to_delete(context.session.label))

    # What is shown ---------------------------------------------------------------------------------------------------

    def _show_rows(self) -> None:
        chosen = self._context.session.label
        self._model.set_rows(self._context.project.labels.values())
        if self._model.row_of(chosen) < 0:
            chosen = next((row.id for row in self._model.rows if row.name != BACKGROUND), None)
        self._context.session.label = chosen
        self._view.set_current(chosen)

    def _on_project_changed(self, keys: Keys) -> None:
        tables = keys.tables
        if "labels" in tables:
            self._show_rows()
        if tables & {"labels", "regions"} and not self._timer.isActive():
            self._timer.start(_PAUSE)

    def _count(self) -> None:
        if self._counting is not None:
            self._timer.start(_PAUSE)
            return
        job = Job("count regions", _counted, self._context.project.folder)
        job.succeeded.connect(self._model.set_counts)
        job.finished.connect(self._on_counted)
        self._counting = self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _on_counted(self) -> None:
        self._counting = None

    def _choose(self, label: int) -> None:
        self._context.session.label = label

    # Changes ---------------------------------------------------------------------------------------------------------

    def _row(self, label: int | None) -> LabelRow | None:
        return self._context.project.labels.get(label) if label is not None else None

    def _plan(self, label: int, plan: Callable[[Project, LabelRow], Planned]) -> None:
        """Do at once what touches only rows of labels."""
        row = self._row(label)
        if row is None:
            return
        try:
            planned = plan(self._context.project.project, row)
        except StudioError as error:
            self._context.board.problem(error)
            return
        apply_edit(self._context, planned.edit)

    def _rename(self, label: int, name: str) -> None:
        row = self._row(label)
        if row is not None and not refuse_read_only(self._context, "renaming"):
            plan_and_apply(self._context, f"rename {row.name}", _Renaming(label), name)

    def _new(self) -> None:
        self._view.name.setFocus()

    def _add(self, name: str) -> None:
        known = next((row for row in self._model.rows if row.name == name), None)
        if known is not None:
            self._context.session.label = known.id
            return
        try:
            row = make_label(self._context.project.project, name)
        except StudioError as error:
            self._context.board.problem(error)
            return
        apply_edit(self._context, Edit.rows(f"new label {name}", [row]))
        if row.id in self._context.project.labels:
            self._context.session.label = row.id

    def _ask_color(self, label: int) -> None:
        row = self._row(label)
        if row is None or refuse_read_only(self._context, "colours"):
            return
        dialog = QColorDialog(QColor(row.color), self._context.window)
        dialog.setObjectName("labels.color")
        dialog.setWindowTitle(f"Colour of {row.name}")
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(lambda color: self._plan(label, lambda _, r: recolor(r, color.name())))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_to_merge(self, label: int | None, target: int | None) -> None:
        row = self._own(label, "merged")
        others = [each for each in self._model.rows if each.name != BACKGROUND and row and each.id != row.id]
        if row is None or not others:
            return
        choices = [(f"into {each.name}", each.id) for each in others]
        dialog = PlanDialog(
            self._context.window, "labels.merge", f"Merge {row.name} into another label?", "Merge", choices
        )
        if target is not None:
            dialog.choose(target)
        Asking(self._context, dialog, _Merging(row.id))
        dialog.open()

    def _ask_to_delete(self, label: int | None) -> None:
        row = self._own(label, "deleted")
        if row is None:
            return
        choices = [("Delete its regions too", "delete"), ("Make negatives of its regions", "background")]
        dialog = PlanDialog(self._context.window, "labels.delete", f"Delete the label {row.name}?", "Delete", choices)
        Asking(self._context, dialog, _Deleting(row.id))
        dialog.open()

    def _own(self, label: int | None, doing: str) -> LabelRow | None:
        """The row of a label that may be merged or deleted; why not is said."""
        row = self._row(label)
        if row is None or refuse_read_only(self._context, "labels"):
            return None
        if row.name == BACKGROUND:
            self._context.board.say(f"The label {BACKGROUND} is for negatives and cannot be {doing}", "problem")
            return None
        return row


class _Renaming:
    """Plans another name, on a worker, for it counts what the label has; the choice is the name."""

    def __init__(self, label: int) -> None:
        self._label = label

    def __call__(self, project: Project, choice: str) -> Planned:
        return rename_label(project, next(row for row in project.labels() if row.id == self._label), choice)


class _Merging:
    """Plans a merge, on a worker; the choice is the id of the label that stays."""

    def __init__(self, source: int) -> None:
        self._source = source

    def __call__(self, project: Project, choice: int) -> Planned:
        rows = {row.id: row for row in project.labels()}
        return merge_labels(project, rows[self._source], rows[choice])


class _Deleting:
    """Plans the deletion of a label, on a worker; the choice says what happens to its regions."""

    def __init__(self, label: int) -> None:
        self._label = label

    def __call__(self, project: Project, choice: str) -> Planned:
        row = next(row for row in project.labels() if row.id == self._label)
        return delete_label(project, row, "background" if choice == "background" else "delete")


def _counted(folder: Path, control: Control) -> dict[str, int]:
    with Project.open(folder) as project:
        return counts(project).labels
