"""Edits from the window: whole or not at all, and what stops them is said in one line."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from studio.controllers.edits import apply_edit
from studio.controllers.history import HistoryController
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import Edit, LabelRow, Project, database, new_id
from studio.state.project import write_late
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


@pytest.fixture
def other(folder):
    """A worker's project that is writing."""
    with Project.open(folder, write=True) as other:
        other.connection.execute("BEGIN IMMEDIATE")
        yield other


def test_edits_wait_in_order_for_who_else_writes_and_freeze_nothing(qtbot, context, said, other):
    cup, mug = labels(2)
    started = time.monotonic()
    apply_edit(context, Edit.rows("new label", [cup]))
    apply_edit(context, Edit.rows("rename", [replace(cup, name="bowl")]))
    apply_edit(context, Edit.rows("new label too", [replace(mug, name="bowl")]))  # cannot be: the name is taken
    assert time.monotonic() - started < 1.0
    assert said == ["new label: waits until others have written"]
    other.connection.execute("COMMIT")
    qtbot.waitUntil(lambda: cup.id in context.project.labels and len(said) == 2)
    assert context.project.labels[cup.id].name == "bowl" and mug.id not in context.project.labels
    assert said[1].startswith("new label too: ") and not context.project.waiting


def test_what_waits_when_the_project_is_closed_is_handed_over_and_written_in_order(qtbot, context, folder, other):
    row, same = labels(1)[0], labels(1)[0]  # the second one cannot be: the name is taken
    changed = replace(row, name="bowl")
    for text, each in (("new label", row), ("the same", same), ("rename", changed)):
        apply_edit(context, Edit.rows(text, [each]))
    started = time.monotonic()
    late = context.project.close()
    assert time.monotonic() - started < 1.0
    other.connection.execute("COMMIT")
    with pytest.raises(StudioError, match=r"^the same: "):
        write_late(folder, late, Control())
    with Project.open(folder) as project:
        assert changed in project.labels() and len(project.labels()) == 4


def test_where_others_go_on_writing_it_is_said_which_edits_were_not_saved(context, folder, other, monkeypatch):
    monkeypatch.setattr(database, "LOCK_WAIT_S", 0.1)
    for row in labels(3):
        apply_edit(context, Edit.rows(row.name, [row]))
    with pytest.raises(StudioError, match=r"^label 0, label 1, label 2: another process is writing"):
        write_late(folder, context.project.close(), Control())


def test_undo_waits_for_who_else_writes_and_for_edits_before_it(qtbot, context, said, other):
    view = HistoryView()
    qtbot.addWidget(view)
    controller = HistoryController(context, view)
    undo = context.actions["edit.undo"]
    qtbot.waitUntil(undo.isEnabled)
    (row,) = labels(1)
    apply_edit(context, Edit.rows("new label", [row]))
    undo.trigger()
    assert said[-1] == "new label: is still to be written; undo after it"
    other.connection.execute("COMMIT")
    qtbot.waitUntil(lambda: undo.text() == "Undo new label")
    other.connection.execute("BEGIN IMMEDIATE")
    undo.trigger()
    qtbot.wait(200)
    assert row.id in context.project.labels
    other.connection.execute("COMMIT")
    qtbot.waitUntil(lambda: said[-1] == "Undid: new label" and row.id not in context.project.labels)
    controller.close()
