"""Heads as files: kept under a name, renamed, deleted, written to one file, brought from another project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.enough import missing_head
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.files import size_text
from studio.core.head_files import export_head, import_head, name_in
from studio.core.project import Project
from studio.core.project.heads import head_folder, head_names, is_head_name
from studio.core.run_files import delete_named_head, rename_named_head
from studio.state.jobs import Job
from studio.state.session import ActiveHead
from studio.views.name_dialog import NameDialog, Verdict
from studio.views.plan_dialog import PlanDialog

KIND = "Heads (*.zip)"
ONNX = "ONNX for other programs (*.onnx)"
SAID = "A head with a name never changes; the live head goes on learning."
RENAMED = "It stays active, and its run says the new name."
NAMELESS = "The live head has no name: choose another one in the training dock first, or keep it under a name."
LIVE_THEN = "The live head, which follows the project, is active then."
DELETED = "Files do not come back: undo knows nothing of them. Export the head first to keep it."
TAKEN = "There is a head of this name already; heads do not change."
WRONG = "Use letters, digits, '_', '-' and '.', no '.' first or last, and none of the system's own names."


def keep(project: Path, head: Any, name: str, control: Control) -> str:  # noqa: ANN401 - only ml looks inside
    """Keep a head under `name`, for good."""
    from studio.ml.heads.head import save_head

    control.checkpoint()
    with Project.open(project, write=True) as opened:
        save_head(head, head_folder(opened, name))
    return name


def rename(project: Path, name: str, new: str, control: Control) -> str:
    """Call a head something else, as `studio heads rename`."""
    control.checkpoint()
    with Project.open(project, write=True) as opened:
        rename_named_head(opened, name, new)
    return new


def delete(project: Path, name: str, control: Control) -> str:
    """Delete a head, as `studio heads delete`."""
    control.checkpoint()
    with Project.open(project, write=True) as opened:
        delete_named_head(opened, name)
    return name


def write(head: Any, file: Path, control: Control) -> Path:  # noqa: ANN401
    """Write a head to one file; with the ending .onnx as ONNX and what belongs to it.

    Raises:
        StudioError: the file was written, but a runtime does not compute with it what the head says.
    """
    from studio.ml.heads.head import save_head

    control.checkpoint()
    if file.suffix == ".onnx":
        from studio.ml.head_export import export_onnx

        exported = export_onnx(head, file, control)
        if exported.problems:
            raise StudioError(f"{file} was written, but {'; '.join(exported.problems)}")
        return file
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / file.stem
        save_head(head, place)
        export_head(place, file)
    return file


def bring(project: Path, file: Path, control: Control) -> str:
    """Take a head from a file into the project; returns its name here: another one where that is taken."""
    from studio.ml.heads.head import load_head

    control.checkpoint()
    with Project.open(project, write=True) as opened:
        name, taken = name_in(file), head_names(opened)
        names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
        return import_head(opened, file, next(each for each in names if each not in taken), verify=load_head)


class HeadFiles(QObject):
    """The actions `head.name`, `head.rename`, `head.delete`, `head.export` and `head.import`."""

    def __init__(self, context: Context, on_new: Callable[[], None]) -> None:
        """`on_new` is called when there is another head."""
        super().__init__()
        self._context, self._on_new = context, on_new
        self._wires = Wires()
        slots = {"name": self._name, "export": self._export, "import": self._import}
        for name, slot in (slots | {"rename": self._rename, "delete": self._delete}).items():
            self._wires.connect(context.actions[f"head.{name}"].triggered, slot)

    def close(self) -> None:
        self._wires.cut()

    def _head(self) -> ActiveHead | None:
        head = self._context.session.head
        if head is None:
            self._context.board.say(missing_head(self._context), "problem")
        return head

    def _name(self, _: bool = False) -> None:
        head = self._head()
        if head is None or refuse_read_only(self._context, "keeping the head"):
            return
        taken = head_names(self._context.project.project)
        judge = partial(_judge, frozenset(taken))
        dialog = NameDialog(self._context.window, "Keep the head under a name", "Keep", _free_name(head, taken), judge)
        dialog.named.connect(partial(self._keep, head))
        dialog.open()

    def _keep(self, head: ActiveHead, name: str) -> None:
        job = Job(f"keeping the head {name}", keep, self._context.project.folder, head.head, name)
        job.succeeded.connect(lambda _: self._on_new())
        job.succeeded.connect(lambda _: self._context.board.say(f"The head is kept as {name}.", "good"))
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _chosen(self, doing: str) -> str:
        """The name of the chosen head where it may be renamed or deleted; else "", and why not is said."""
        name = self._context.session.head_name
        if refuse_read_only(self._context, doing):
            return ""
        if name not in head_names(self._context.project.project):
            self._context.board.say(NAMELESS, "problem")
            return ""
        return name

    def _rename(self, _: bool = False) -> None:
        if name := self._chosen("renaming the head"):
            others = frozenset(head_names(self._context.project.project)) - {name}
            judge = partial(_judge_other, others, name)
            dialog = NameDialog(self._context.window, f"Rename the head {name}", "Rename", name, judge)
            dialog.named.connect(lambda new: self._change(f"renaming the head {name}", rename, name, new))
            dialog.open()

    def _delete(self, _: bool = False) -> None:
        if name := self._chosen("deleting the head"):
            title = f"Delete the head {name}?"
            dialog = PlanDialog(self._context.window, "head.delete_dialog", title, "Delete", undo=DELETED)
            size = sum(file.stat().st_size for file in head_folder(self._context.project.project, name).glob("*.*"))
            dialog.set_sentence(f"{name}, {size_text(size)}, goes. {LIVE_THEN}")
            dialog.agreed.connect(lambda: self._change(f"deleting the head {name}", delete, name))
            dialog.open()

    def _change(self, title: str, change: Callable[..., str], *names: str) -> None:
        job = Job(title, change, self._context.project.folder, *names)
        job.succeeded.connect(lambda _: self._changed(names))
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _changed(self, names: tuple[str, ...]) -> None:
        session = self._context.session
        session.heads_came.emit()  # the chosen one is what the project says now
        session.runs_came.emit()
        was, *now = names
        what = f"is called {now[0]} now" if now else "is deleted"
        self._context.board.say(f"The head {was} {what}.", "good")

    def _export(self, _: bool = False) -> None:
        head = self._head()
        if head is None:
            return
        dialog = self._dialog("head.export_dialog", "Export the head")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # nothing is overwritten: it would be said
        dialog.setNameFilters([KIND, ONNX])
        dialog.filterSelected.connect(partial(_suggest, dialog, _free_name(head, [])))
        _suggest(dialog, _free_name(head, []), KIND)
        dialog.fileSelected.connect(partial(self._write, head))
        dialog.open()

    def _write(self, head: ActiveHead, file: str) -> None:
        onnx = file.endswith(".onnx")  # takes seconds, and computes
        job = Job("exporting the head", write, head.head, Path(file))
        job.succeeded.connect(lambda path: self._context.board.say(f"The head is in {path}", "good"))
        self._context.board.run(self._context.lanes.batch if onnx else self._context.lanes.disk, job, shown=onnx)

    def _import(self, _: bool = False) -> None:
        if refuse_read_only(self._context, "importing a head"):
            return
        dialog = self._dialog("head.import_dialog", "Import a head")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._bring)
        dialog.open()

    def _bring(self, file: str) -> None:
        job = Job("importing the head", bring, self._context.project.folder, Path(file))
        job.succeeded.connect(self._brought)
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _brought(self, name: str) -> None:
        self._on_new()
        self._context.session.head_name = name
        self._context.board.say(f"The head {name} is here, and active.", "good")

    def _dialog(self, name: str, title: str) -> QFileDialog:
        dialog = QFileDialog(self._context.window, title)
        dialog.setObjectName(name)
        dialog.setNameFilter(KIND)
        dialog.finished.connect(dialog.deleteLater)
        return dialog


def _suggest(dialog: QFileDialog, name: str, kind: str) -> None:
    """A name with the ending of the kind of file that is chosen."""
    ending = "onnx" if kind == ONNX else "zip"
    dialog.setDefaultSuffix(ending)
    dialog.selectFile(f"{name}.{ending}")


def _judge_other(taken: frozenset[str], before: str, name: str) -> Verdict:
    """Whether the head `before` can be called `name`."""
    return _judge(taken, name, RENAMED) if name != before else Verdict(False, RENAMED)


def _judge(taken: frozenset[str], name: str, said: str = SAID) -> Verdict:
    """Whether a head can be kept under `name`; `said` is what stands below one that fits."""
    problem = TAKEN if name in taken else WRONG if name and not is_head_name(name) else ""
    return Verdict(bool(name) and not problem, problem or said, "bad" if problem else "dim")


def _free_name(head: ActiveHead, taken: list[str]) -> str:
    """A name that is not taken: that of the label, as far as files can be called so."""
    label = "".join(letter for letter in head.labels[0] if letter.isascii() and (letter.isalnum() or letter in "-_"))
    stem = label or "head"
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}") not in taken)
