"""The history dock and undo: what was done, what is undone, and large steps behind the window."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from studio.controllers.history import HistoryController
from studio.core.errors import StudioError
from studio.core.project import Edit, LabelRow, MediumRow, Project, RegionRow, new_id
from studio.core.project.past import Past, PastStep
from studio.state.history_list import HistoryList
from studio.state.jobs import Job
from studio.state.roles import Role
from studio.views.history import HistoryView
from studio.views.plan_dialog import PlanDialog
from tests.controllers.gallery.material import add_clip, crop, draw, number_of


@pytest.fixture
def view(qtbot, context):
    view = HistoryView()
    qtbot.addWidget(view)
    controller = HistoryController(context, view)
    view.resize(240, 200)
    view.show()
    yield view
    controller.close()


def texts(view):
    model = view.list.model()
    return [model.index(row).data() for row in range(model.rowCount())]


def dim(view):
    model = view.list.model()
    return [model.index(row).data(Role.DIM) for row in range(model.rowCount())]


def label(name):
    return Edit.rows(f"new label {name}", [LabelRow(new_id(), name, "#123456", "")])


def regions(context, count):
    medium = MediumRow(new_id(), "media/clip.mp4", "video", 4, "0" * 64, 100_000, 64, 48)
    cup = next(row.id for row in context.project.labels.values() if row.name == "cup")
    box = (1.0, 2.0, 10.0, 12.0)
    rows = [
        RegionRow(new_id(), medium.id, n, cup, None, *box, "tracker", False, 0.9, False, "visible")
        for n in range(count)
    ]
    return Edit.rows("follow cup in clip.mp4", [medium, *rows])


def test_a_line_for_each_step_and_undone_ones_greyed(qtbot, context, view):
    context.project.apply(label("mug"))
    assert texts(view) == ["New labels cup and hand", "New label mug"] and dim(view) == [False, False]
    context.project.undo()
    assert texts(view) == ["New labels cup and hand", "New label mug"] and dim(view) == [False, True]
    context.project.redo()
    assert dim(view) == [False, False]


def test_a_group_of_many_transactions_is_one_line(qtbot, context, view):
    context.project.apply(regions(context, 1500), who="tracker")
    assert texts(view)[1:] == ["Follow cup in clip.mp4"]
    assert view.list.model().index(1).data(Role.SIDE).startswith("tracker · ")
    assert "in 2 parts" in view.list.model().index(1).data(Qt.ItemDataRole.ToolTipRole)


def test_the_edit_menu_names_the_next_step(qtbot, context, view):
    undo, redo = context.actions["edit.undo"], context.actions["edit.redo"]
    qtbot.waitUntil(lambda: undo.text() == "Undo new labels cup and hand" and not redo.isEnabled())
    context.project.apply(label("mug"))
    qtbot.waitUntil(lambda: undo.text() == "Undo new label mug")
    undo.trigger()
    qtbot.waitUntil(lambda: redo.text() == "Redo new label mug" and redo.isEnabled())
    redo.trigger()
    assert any(row.name == "mug" for row in context.project.labels.values())


def test_undo_and_redo_say_what_they_did(qtbot, context, view, said):
    context.actions["edit.undo"].trigger()
    assert said == ["Undid: new labels cup and hand"]
    context.actions["edit.redo"].trigger()
    assert said[-1] == "Redid: new labels cup and hand"


def test_a_large_step_is_undone_behind_the_window(qtbot, context, view, said):
    edit = regions(context, 5000)
    context.project.apply(edit, who="tracker")
    added = []
    context.board.job_added.connect(added.append)
    context.actions["edit.undo"].trigger()
    assert [job.title for job in added] == ["undo follow cup in clip.mp4"]
    assert not context.actions["edit.undo"].isEnabled()
    context.actions["edit.undo"].trigger()
    qtbot.waitUntil(lambda: dim(view)[-1] and said == ["Undid: follow cup in clip.mp4"])
    assert not context.project.project.regions() and not context.project.media
    qtbot.waitUntil(lambda: context.actions["edit.redo"].text() == "Redo follow cup in clip.mp4")
    context.actions["edit.redo"].trigger()
    qtbot.waitUntil(lambda: len(context.project.project.regions()) == 5000)


@pytest.mark.parametrize("kind", ["undo", "redo"])
def test_a_large_step_that_is_no_longer_the_next_one_is_left_and_said(qtbot, context, view, said, kind):
    context.project.apply(regions(context, 3000), who="tracker")
    if kind == "redo":
        context.project.undo()
    qtbot.waitUntil(lambda: context.actions[f"edit.{kind}"].isEnabled())
    before, turn = len(context.project.project.regions()), threading.Event()
    context.board.run(context.lanes.disk, Job("import", lambda control: turn.wait(10)))
    context.actions[f"edit.{kind}"].trigger()
    context.project.apply(label("mug"))
    turn.set()
    qtbot.waitUntil(lambda: any("nothing changed" in text for text in said))
    assert "follow cup in clip.mp4" in said[-1]
    assert len(context.project.project.regions()) == before
    assert any(row.name == "mug" for row in context.project.labels.values())
    qtbot.waitUntil(lambda: context.actions["edit.undo"].text() == "Undo new label mug")
    assert context.actions["edit.undo"].isEnabled()


def test_what_another_process_did_appears(qtbot, context, view, folder):
    with Project.open(folder, write=True) as other:
        other.apply(label("mug"))
    context.project.look()
    assert texts(view)[-1] == "New label mug"


def test_the_dock_goes_on_after_a_reading_that_failed(qtbot, context, view, said, monkeypatch):
    def fail(folder, control):
        raise StudioError("the disk could not be read")

    monkeypatch.setattr("studio.controllers.history._read_past", fail)
    monkeypatch.setattr("studio.controllers.history.LARGE", 1)
    context.project.apply(label("mug"))
    qtbot.waitUntil(lambda: any("could not be read" in text for text in said))
    monkeypatch.undo()
    context.project.apply(label("bowl"))
    qtbot.waitUntil(lambda: texts(view)[1:] == ["New label mug", "New label bowl"])


def test_a_long_history_is_read_behind_the_window_and_its_end_is_in_view(qtbot, context, folder):
    with Project.open(folder, write=True) as other:
        rows = [(position, position, f"edit {position}", "2026-01-02T03:04:05+00:00", "human", "edit", position)
                for position in range(10, 100_010)]  # fmt: skip
        other.connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    view = HistoryView()
    qtbot.addWidget(view)
    view.show()
    controller = HistoryController(context, view)
    qtbot.waitUntil(lambda: view.list.model().rowCount() == 100_001, timeout=20_000)
    last = view.list.model().index(100_000)
    qtbot.waitUntil(lambda: view.list.viewport().rect().intersects(view.list.visualRect(last)))
    assert last.data(Role.SIDE) == "02 Jan"
    controller.close()


def test_steps_show_the_pixels_of_what_they_changed(qtbot, context, view, tmp_path):
    clip = add_clip(context, tmp_path)
    rows = [crop(context, clip, n) for n in (5, 9)]
    draw(context, rows)
    context.project.apply(label("mug"))
    context.project.apply(Edit.removal("remove", rows[:1]))
    model = view.list.model()

    def pictures(row):
        return [each for each in model.index(row).data(Role.PICTURES) if each is not None]

    last = model.rowCount() - 1
    qtbot.waitUntil(lambda: len(pictures(last)) == 1 and len(pictures(last - 2)) == 2, timeout=15_000)
    assert model.index(last - 1).data(Role.PICTURES) == []
    shown = [number_of(picture) for picture in (*pictures(last - 2), *pictures(last))]
    assert shown == [5, 9, 5]
    view.grab()


def test_a_row_goes_back_to_its_step(qtbot, context, view):
    for name in ("mug", "pen", "jar"):
        context.project.apply(label(name))
    place = view.list.visualRect(view.list.model().index(1)).center()
    qtbot.mouseClick(view.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    view.restore.click()
    dialog = context.window.findChild(PlanDialog, "history.restore_dialog")
    button = dialog.findChild(QPushButton, "history.restore_dialog.do")
    qtbot.waitUntil(button.isEnabled)
    with qtbot.waitSignal(context.project.changed):
        button.click()
    assert {row.name for row in context.project.labels.values()} == {"background", "cup", "hand", "mug"}
    assert texts(view)[-1] == "Go back to after new label mug"
    context.project.undo()
    assert "jar" in {row.name for row in context.project.labels.values()}


def test_of_a_hundred_thousand_steps_only_those_in_view_are_asked_for(qtbot):
    steps = [PastStep(n, f"draw {n}", "2026-10-12T09:00:00+00:00", "human", position=n) for n in range(100_000)]
    model, view = HistoryList(), HistoryView()
    qtbot.addWidget(view)
    view.resize(300, 400)
    view.set_model(model)
    asked = []
    view.looked_at.connect(asked.append)
    view.show()
    model.set_past(Past(steps, 100_000))
    qtbot.waitUntil(lambda: bool(asked) and 99_999 in asked[-1], timeout=15_000)
    assert len(asked[-1]) < 30
    view.list.scrollToTop()
    qtbot.waitUntil(lambda: 0 in asked[-1])
    assert len(asked[-1]) < 30 and len(asked) < 10


def test_a_window_that_only_reads_says_why_it_undoes_nothing(qtbot, context, view, said):
    qtbot.waitUntil(lambda: context.actions["edit.undo"].text() != "Undo")
    context.project.why_read_only = "read-only: the disk is full"
    context.actions["edit.undo"].trigger()
    assert said == ["undo: the disk is full"] and len(context.project.labels) == 3
