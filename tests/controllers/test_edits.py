"""Edits from the window: whole or not at all, and what stops them is said in one line."""

from __future__ import annotations

from studio.controllers.edits import apply_edit
from studio.controllers.history import HistoryController
from studio.core.project import Edit, LabelRow, new_id
from studio.views.history import HistoryView


def labels(count):
    return [LabelRow(new_id(), f"label {number}", "#123456", "") for number in range(count)]


def test_a_full_disk_is_said_and_nothing_is_half_done(qtbot, context, said):
    connection = context.project.project.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    apply_edit(context, Edit.rows("many labels", labels(1900)))
    assert len(said) == 1 and said[0].startswith("many labels: the disk is full")
    assert len(context.project.project.labels()) == 3


def test_a_full_disk_is_said_by_undo_too(qtbot, context, said):
    view = HistoryView()
    qtbot.addWidget(view)
    controller = HistoryController(context, view)
    context.project.apply(Edit.rows("many labels", labels(1900)))
    connection = context.project.project.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for kind in ("undo", "redo") * 40:
        qtbot.waitUntil(lambda kind=kind: context.actions[f"edit.{kind}"].isEnabled())
        context.actions[f"edit.{kind}"].trigger()
        if any("the disk is full" in text for text in said):
            break
    assert "the disk is full" in said[-1]
    controller.close()
