"""The labels dock: both ways with the session, and changes that say what happens to regions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QMenu, QPushButton

from studio.controllers.labels import LabelsController
from studio.core.project import Edit, MediumRow, RegionRow, new_id
from studio.state.label_list import COUNT, KEY, NAME, THRESHOLD
from studio.views.labels import LabelsView


@pytest.fixture
def view(qtbot, context):
    view = LabelsView()
    qtbot.addWidget(view)
    controller = LabelsController(context, view)
    view.resize(240, 300)
    view.show()
    yield view
    controller.close()


def column(view, number):
    model = view.table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def ids(context):
    return {row.name: row.id for row in context.project.labels.values()}


def add_regions(context, count, label="cup"):
    medium = MediumRow(new_id(), "media/clip.mp4", "video", 4, "0" * 64, 1000, 64, 48)
    box = (1.0, 2.0, 10.0, 12.0)
    rows = [
        RegionRow(new_id(), medium.id, n, ids(context)[label], None, *box, "human", True, None, False, "visible")
        for n in range(count)
    ]
    context.project.apply(Edit.rows("draw", [medium, *rows]))


def test_labels_with_keys_and_counts_the_background_last(qtbot, context, view):
    assert column(view, NAME) == ["cup", "hand", "background"] and column(view, KEY) == ["1", "2", "0"]
    add_regions(context, 1200)
    qtbot.waitUntil(lambda: column(view, COUNT) == ["1,200", "0", "0"])


def test_the_selected_row_is_the_label_of_the_session_both_ways(qtbot, context, view):
    assert context.session.label == ids(context)["cup"]
    context.session.label = ids(context)["background"]
    assert view.table.currentIndex().row() == 2
    place = view.table.visualRect(view.table.model().index(1, NAME)).center()
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert context.session.label == ids(context)["hand"]


def test_f2_renames_in_place(qtbot, context, view):
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_F2)
    editor = view.findChild(QLineEdit, "labels.rename")
    editor.setText("mug")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: column(view, NAME)[0] == "mug")
    assert context.project.project.next_undo().text == "rename cup to mug"
    context.project.undo()
    assert column(view, NAME)[0] == "cup"


def test_a_name_that_is_taken_is_refused_and_said(qtbot, context, view, said):
    view.table.model().setData(view.table.model().index(0, NAME), "hand")
    qtbot.waitUntil(lambda: bool(said))
    assert "there is a label 'hand' already" in said[0] and column(view, NAME)[0] == "cup"


def test_the_threshold_has_its_own_editor(qtbot, context, view):
    index = view.table.model().index(0, THRESHOLD)
    view.table.edit(index)
    box = view.findChild(QDoubleSpinBox, "labels.threshold")
    assert box.value() == 0.5
    box.setValue(0.8)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: column(view, THRESHOLD) == ["≥ 0.80", "≥ 0.50", ""])
    assert context.project.labels[ids(context)["cup"]].threshold == 0.8


def test_new_labels_are_typed_and_chosen(qtbot, context, view):
    context.actions["label.new"].trigger()
    qtbot.keyClicks(view.name, "racket")
    qtbot.keyClick(view.name, Qt.Key.Key_Return)
    assert column(view, NAME) == ["cup", "hand", "racket", "background"]
    assert context.session.label == ids(context)["racket"] and view.table.currentIndex().row() == 2


def test_keys_and_colours_by_menu(qtbot, context, view):
    menu = view.menu_for(1)
    keys = next(each for each in menu.findChildren(QMenu) if each.title() == "Key")
    assert keys.actions()[0].text() == "1  (cup)"
    keys.actions()[0].trigger()
    assert column(view, KEY) == ["", "1", "0"]
    view.color_wanted.emit(ids(context)["cup"])
    dialog = context.window.findChild(QColorDialog, "labels.color")
    dialog.colorSelected.emit(QColor("#123456"))
    dialog.close()
    assert context.project.labels[ids(context)["cup"]].color == "#123456"


def test_merging_says_what_moves(qtbot, context, view):
    add_regions(context, 30)
    view.merge_wanted.emit(ids(context)["cup"], ids(context)["hand"])
    sentence = context.window.findChild(QLabel, "labels.merge.sentence")
    qtbot.waitUntil(lambda: "30 regions" in sentence.text())
    context.window.findChild(QPushButton, "labels.merge.do").click()
    assert column(view, NAME) == ["hand", "background"]
    qtbot.waitUntil(lambda: column(view, COUNT)[0] == "30")
    assert context.session.label == ids(context)["hand"]


def test_what_was_added_since_the_question_is_deleted_too(qtbot, context, view):
    add_regions(context, 30)
    context.session.label = ids(context)["cup"]
    context.actions["label.delete"].trigger()
    sentence = context.window.findChild(QLabel, "labels.delete.sentence")
    qtbot.waitUntil(lambda: "30 regions" in sentence.text())
    region = context.project.project.regions()[0]
    context.project.apply(Edit.rows("follow cup", [replace(region, id=new_id())]), who="tracker")
    context.window.findChild(QPushButton, "labels.delete.do").click()
    qtbot.waitUntil(lambda: column(view, NAME) == ["hand", "background"])
    assert not context.project.project.regions()


def test_deleting_a_large_label_runs_behind_and_undo_brings_it_back(qtbot, context, view):
    add_regions(context, 3000)
    context.session.label = ids(context)["cup"]
    context.actions["label.delete"].trigger()
    sentence = context.window.findChild(QLabel, "labels.delete.sentence")
    qtbot.waitUntil(lambda: "3,000 regions" in sentence.text())
    choice = context.window.findChild(QComboBox, "labels.delete.choice")
    choice.setCurrentIndex(1)
    assert not context.window.findChild(QPushButton, "labels.delete.do").isEnabled()
    qtbot.waitUntil(lambda: sentence.text().startswith("Makes 3,000 regions of cup negatives"))
    context.window.findChild(QPushButton, "labels.delete.do").click()
    qtbot.waitUntil(lambda: column(view, NAME) == ["hand", "background"])
    qtbot.waitUntil(lambda: column(view, COUNT) == ["0", "3,000"])
    context.project.undo()
    assert column(view, NAME) == ["cup", "hand", "background"]


def test_the_background_stays(qtbot, context, view, said):
    view.delete_wanted.emit(ids(context)["background"])
    assert "cannot be deleted" in said[0]
    assert not view.table.model().flags(view.table.model().index(2, NAME)) & Qt.ItemFlag.ItemIsEditable
    assert view.table.indexAt(QPoint(5, 5)).row() == 0
