"""What heads were trained on: listed, compared with today, shown in the grid, gone back to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QPushButton, QToolButton

from studio.controllers.gallery.history import DataSetsController
from studio.core.project import Edit
from studio.state.gallery import GalleryState
from studio.state.roles import Role
from studio.views.gallery.history import DataSetsView
from studio.views.plan_dialog import PlanDialog
from tests.controllers.gallery.material import add_clip, crop, draw, label_ids, make_card


@pytest.fixture
def rows(context, tmp_path):
    """Ten crops that `first` was trained on; since then two were removed, three relabelled, one moved, four added."""
    clip = add_clip(context, tmp_path)
    rows = [crop(context, clip, n) for n in range(14)]
    draw(context, rows[:10])
    make_card(context, "first")
    context.project.apply(Edit.removal("remove", rows[:2]))
    hand = label_ids(context)["hand"]
    draw(context, [replace(row, label=hand) for row in rows[2:5]], "relabel")
    draw(context, [replace(rows[5], x=3.0), *rows[10:]], "move")
    return rows


@pytest.fixture
def part(qtbot, context, rows):
    view, gallery = DataSetsView(), GalleryState()
    qtbot.addWidget(view)
    view.resize(320, 500)
    controller = DataSetsController(context, gallery, view)
    view.show()
    view.set_looked_at(True)
    qtbot.waitUntil(lambda: view.list.count() > 1)
    yield view, gallery
    controller.close()


def choose(qtbot, view, row):
    view.list.setCurrentRow(row)
    qtbot.waitUntil(lambda: bool(view.detail.findChildren(QToolButton)))


def lines(view):
    return {button.objectName(): button.accessibleName() for button in view.detail.findChildren(QToolButton)}


def test_heads_are_listed_with_what_changed_since(qtbot, context, part, rows):
    view, _ = part
    assert [view.list.item(row).text() for row in range(2)] == ["Now", "first"]
    assert view.list.item(0).data(Role.SIDE) == "12 crops" and view.list.item(1).data(Role.SIDE).startswith("10 crops")
    choose(qtbot, view, 1)
    assert lines(view) == {
        "data_sets.added": "4 added",
        "data_sets.removed": "2 removed",
        "data_sets.relabelled": "3 relabelled",
        "data_sets.turn.0": "cup → hand: 3",
        "data_sets.moved": "1 with another box",
    }


def test_what_changed_is_shown_in_the_grid_and_what_is_gone_as_it_was(qtbot, context, part, rows):
    view, gallery = part
    choose(qtbot, view, 1)
    view.detail.findChild(QToolButton, "data_sets.turn.0").click()
    assert gallery.listed.regions == tuple(row.id for row in rows[2:5]) and not gallery.past
    assert gallery.listed.title == "3 cup → hand since first"
    view.detail.findChild(QToolButton, "data_sets.removed").click()
    qtbot.waitUntil(lambda: gallery.past)
    assert gallery.listed.regions == tuple(row.id for row in rows[:2])
    view.detail.findChild(QPushButton, "data_sets.show").click()
    qtbot.waitUntil(lambda: len(gallery.listed.regions) == 10)
    assert gallery.seen.table.labels.tolist() == [label_ids(context)["cup"]] * 10
    view.list.setCurrentRow(0)
    view.detail.findChild(QPushButton, "data_sets.show").click()
    assert gallery.listed is None


def test_going_back_says_what_it_does_and_is_one_step(qtbot, context, part, rows, said):
    view, _ = part
    choose(qtbot, view, 1)
    now = context.project.project.regions()
    view.detail.findChild(QPushButton, "data_sets.restore").click()
    dialog = context.window.findChild(PlanDialog, "history.restore_dialog")
    button = dialog.findChild(QPushButton, "history.restore_dialog.do")
    qtbot.waitUntil(button.isEnabled)
    assert dialog._sentence.text() == "This brings back 2 crops, removes 4 crops and changes back 4 crops."
    with qtbot.waitSignal(context.project.changed):
        button.click()
    by_id = sorted(context.project.project.regions(), key=lambda row: row.id)
    assert by_id == rows[:10]
    qtbot.waitUntil(lambda: not view.detail.findChildren(QToolButton))  # nothing differs any more
    assert context.project.undo() == ["go back to the data of first"]
    assert context.project.project.regions() == now
    assert said[-1] == "Done: go back to the data of first"


def test_nothing_is_read_while_nobody_looks(qtbot, context, part):
    view, _ = part
    view.set_looked_at(False)
    make_card(context, "second")
    context.project.apply(Edit.removal("remove", context.project.project.regions()[:1]))
    qtbot.wait(600)
    assert view.list.count() == 2
    view.set_looked_at(True)
    qtbot.waitUntil(lambda: view.list.count() == 3)


def test_a_head_from_elsewhere_says_so_and_without_heads_the_first_step_is_offered(qtbot, context, tmp_path):
    view, gallery = DataSetsView(), GalleryState()
    qtbot.addWidget(view)
    controller = DataSetsController(context, gallery, view)
    view.set_looked_at(True)
    view.show()
    assert view.findChild(QPushButton, "empty.head.name").isVisible()
    make_card(context, "foreign", project="another")
    view.set_looked_at(True)
    qtbot.waitUntil(lambda: view.list.count() == 2)
    view.list.setCurrentRow(1)
    qtbot.wait(50)
    assert not view.detail.findChild(QPushButton, "data_sets.show").isVisible()
    assert view.list.item(1).data(Role.PROBLEM) == "another project"
    controller.close()
