"""The searches that the user kept: edits as any other, undone as any other."""

from __future__ import annotations

from collections.abc import Callable

from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.gallery.searches import delete_search, rename_search, save_search
from studio.core.project import Edit, Keys, Project, SearchRow
from studio.views.gallery.find_bar import FindBar
from studio.views.name_dialog import NameDialog, Verdict

SAVE, RENAME = "Save this search", "Rename the search"
_TAKEN = "There is a search of this name; it becomes this one."
_TAKEN_BY_OTHER = "There is another search of this name."


class SearchesController:
    """The menu beside the filter line."""

    def __init__(self, context: Context, view: FindBar) -> None:
        self._context, self._view = context, view
        self._wires = wires = Wires()
        wires.connect(view.searches.save_wanted, self._ask_to_save)
        wires.connect(view.searches.rename_wanted, self._ask_to_rename)
        wires.connect(view.searches.delete_wanted, lambda row: self._do(lambda project: delete_search(project, row.id)))
        wires.connect(context.project.changed, self._on_changed)
        self._show()

    def close(self) -> None:
        self._wires.cut()

    def _on_changed(self, keys: Keys) -> None:
        if "searches" in keys.tables:
            self._show()

    def _show(self) -> None:
        try:
            self._view.set_searches(self._context.project.project.searches())
        except StudioError as error:
            self._context.board.problem(error, "saved searches")

    def _ask_to_save(self) -> None:
        text = self._view.query.strip()
        self._ask(SAVE, "", text, _TAKEN, lambda name: self._do(lambda project: save_search(project, name, text)))

    def _ask_to_rename(self, row: SearchRow) -> None:
        def rename(name: str) -> None:
            self._do(lambda project: rename_search(project, row.id, name))

        self._ask(RENAME, row.name, row.text, _TAKEN_BY_OTHER, rename)

    def _ask(self, title: str, name: str, text: str, taken_says: str, then: Callable[[str], None]) -> None:
        if refuse_read_only(self._context, title.lower()):
            return
        taken = {row.name for row in self._view.searches.rows if row.name != name}

        def judge(new: str) -> Verdict:
            return Verdict(True, taken_says, "doubtful") if new in taken else Verdict(bool(new), text)

        dialog = NameDialog(self._context.window, title, "Save", name, judge)
        dialog.named.connect(then)
        dialog.open()

    def _do(self, plan: Callable[[Project], Edit]) -> None:
        try:
            edit = plan(self._context.project.project)
        except StudioError as error:
            self._context.board.problem(error, "saved searches")
            return
        apply_edit(self._context, edit)
