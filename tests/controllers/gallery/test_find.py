"""Which crops are shown: by the line, by others' lists, while measures are still to come; saved searches."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from studio.controllers.gallery import find
from studio.controllers.gallery.find import CROP_GONE, NO_CROP, FindController
from studio.controllers.gallery.reading import CropsReader
from studio.controllers.gallery.searches import RENAME, SAVE
from studio.core.gallery.crops import read_crops
from studio.core.gallery.measures import Measure
from studio.core.project import Edit, MediumRow, RegionRow, new_id
from studio.core.project.labels import rename_label
from studio.state.gallery import GalleryState, Listed
from studio.state.session import ActiveHead
from studio.views.gallery.find_bar import FindBar
from studio.views.name_dialog import NameDialog


@pytest.fixture
def regions(context):
    """Ids of crops on frames 0…9, by turns cup and hand."""
    medium = MediumRow(new_id(), "media/clip.mp4", "video", 4, "0" * 64, 100, 64, 48)
    labels = [row.id for row in context.project.labels.values() if row.name in ("cup", "hand")]
    rows = [
        RegionRow(new_id(), medium.id, frame, labels[frame % 2], None, 1.0, 2.0, 8.0 + frame, 9.0, "human", True, None,
                  False, "visible")
        for frame in range(10)
    ]  # fmt: skip
    context.project.apply(Edit.rows("draw", [medium, *rows]))
    return [row.id for row in rows]


@pytest.fixture
def gallery(context, regions):
    return GalleryState()


@pytest.fixture
def bar(qtbot, context, gallery):
    made = FindBar()
    qtbot.addWidget(made)
    made.show()
    controller = FindController(context, gallery, made)
    gallery.set_crops(read_crops(context.project.project))
    yield made
    controller.close()


def shown(gallery):
    return gallery.crops.table.ids[gallery.shown].tolist()


def said(bar):
    return bar.findChild(QLabel, "gallery.said").text()


def type_in(qtbot, bar, gallery, text):
    line = bar.findChild(QLineEdit, "gallery.filter")
    line.clear()
    qtbot.keyClicks(line, text)
    qtbot.waitUntil(lambda: gallery.query == text)


def measured(gallery, name, values):
    ids = gallery.crops.table.ids
    gallery.set_measure(Measure(name, ids, np.array(values, np.float32)))


def give_head(context):
    context.session.head = ActiveHead("a head", "live", ("cup",), None)


def test_the_line_and_the_state_both_ways(qtbot, context, bar, gallery, regions):
    assert shown(gallery) == regions
    type_in(qtbot, bar, gallery, "label:cup frame:3..")
    assert shown(gallery) == regions[4::2]
    gallery.query = "hand"
    assert bar.query == "hand" and shown(gallery) == regions[1::2]


def test_crops_that_come_and_go_are_found_too(context, bar, gallery, regions):
    gallery.query = "label:cup"
    row = next(row for row in context.project.project.regions() if row.id == regions[0])
    context.project.apply(Edit.removal("remove", [row]))
    gallery.set_crops(read_crops(context.project.project))
    assert shown(gallery) == regions[2::2]


def test_what_is_wrong_is_said_late_and_what_was_found_stays(qtbot, monkeypatch, bar, gallery, regions):
    gallery.query = "label:cup"
    type_in(qtbot, bar, gallery, "label:cups")
    assert shown(gallery) == regions[::2] and said(bar) == ""
    qtbot.waitUntil(lambda: said(bar) == "There is no label 'cups'; is it 'cup'?")
    gallery.set_crops(gallery.crops)  # crops come; the line is still wrong
    assert said(bar) and shown(gallery) == regions[::2]
    type_in(qtbot, bar, gallery, "label:hand")
    assert said(bar) == "" and shown(gallery) == regions[1::2]
    type_in(qtbot, bar, gallery, "frame:x")
    qtbot.keyClick(bar.findChild(QLineEdit, "gallery.filter"), Qt.Key.Key_Return)
    assert said(bar) == "In frame:x: 'x' is not a number" and shown(gallery) == regions[1::2]


def test_a_label_that_goes_takes_its_search_with_it(context, bar, gallery, regions):
    gallery.query = "label:cup"
    crops = gallery.crops
    cup = next(label for label, row in crops.labels.items() if row.name == "cup")
    gallery.set_crops(type(crops)(crops.table, crops.splits, {k: v for k, v in crops.labels.items() if k != cup}, {}))
    assert shown(gallery) == []


def rename(context, old, new):
    project = context.project
    project.apply(rename_label(project.project, project.label_called(old), new).edit)


@pytest.fixture
def followed(qtbot, context, bar, gallery):
    """The crops follow the project."""
    reader = CropsReader(context, gallery)
    qtbot.waitUntil(lambda: not context.lanes.disk.jobs)
    yield
    reader.close()


def test_a_label_that_is_renamed_is_asked_for_on(context, bar, gallery, regions, followed):
    gallery.query = "-label:CUP"
    rename(context, "cup", "tea cup")
    assert bar.query == '-label:"tea cup"' and shown(gallery) == regions[1::2]
    rename(context, "hand", "cup")
    assert bar.query == '-label:"tea cup"' and shown(gallery) == regions[1::2]
    context.project.undo()
    context.project.undo()
    assert bar.query == "-label:cup" and shown(gallery) == regions[1::2] and said(bar) == ""


def test_a_saved_search_holds_after_its_label_was_renamed(context, bar, gallery, regions, followed):
    rename(context, "cup", "tea cup")
    bar.searches.chosen.emit("label:cup")
    assert bar.query == "label:cup"
    gallery.query = "label:cup"
    assert shown(gallery) == regions[::2] and said(bar) == ""


def test_orders_and_their_measures(context, bar, gallery, regions):
    wanted = []
    gallery.measure_wanted.connect(wanted.append)
    bar.order_wanted.emit("size")
    assert shown(gallery) == regions and wanted == []
    bar.backwards_wanted.emit(True)
    assert shown(gallery) == regions[::-1]
    bar.order_wanted.emit("uniqueness")
    assert wanted == ["uniqueness"] and not gallery.backwards and said(bar) == "Measuring uniqueness…"
    measured(gallery, "uniqueness", [0.1, np.nan, 0.9, 0.3, *[np.nan] * 6])
    first = [regions[2], regions[3], regions[0]]
    assert said(bar) == "" and shown(gallery) == first + [each for each in regions if each not in first]


def test_measures_are_wanted_while_somebody_looks(context, bar, gallery, regions):
    gallery.query = "sharpness<2"
    assert gallery.wanted == {"sharpness"} and shown(gallery) == []
    bar.set_looked_at(False)
    assert gallery.wanted == set()
    bar.set_looked_at(True)
    assert gallery.wanted == {"sharpness"} and said(bar) == "Measuring sharpness…"
    measured(gallery, "sharpness", [1.0, 3.0] * 5)
    assert shown(gallery) == regions[::2]


def test_what_could_not_be_measured_is_said_until_it_is_tried_again(context, bar, gallery, regions):
    gallery.query = "sharpness<2"
    gallery.set_refusal("sharpness", "no picture can be read")
    assert said(bar) == "Sharpness could not be measured: no picture can be read."
    gallery.set_refusal("sharpness", "")
    assert said(bar) == "Measuring sharpness…"


def test_without_a_head_nothing_is_measured_and_it_is_said(context, bar, gallery, regions):
    gallery.query = "doubt>0.3 score>0.5"
    assert gallery.wanted == set() and said(bar) == "Doubt needs a head: fit one first."
    give_head(context)
    assert gallery.wanted == {"doubt", "score"} and said(bar) == "Measuring doubt and score…"


def test_more_like_this(context, bar, gallery, regions):
    texts = []
    context.board.said.connect(lambda message: texts.append(message.text))
    action = context.actions["gallery.like"]
    action.trigger()
    assert texts == [NO_CROP] and gallery.order == "frame"
    context.session.selection = frozenset({regions[3]})
    action.trigger()
    assert (gallery.order, gallery.like) == ("likeness", regions[3]) and gallery.wanted == {"likeness"}
    measured(gallery, "likeness", np.arange(10) / 10)
    assert shown(gallery) == regions[::-1] and said(bar) == ""
    context.session.selection = frozenset({regions[5]})
    action.trigger()
    assert said(bar) == "Measuring likeness…"  # the numbers are still those of the other crop
    measured(gallery, "likeness", -np.arange(10) / 10)
    assert shown(gallery) == regions and said(bar) == ""


def test_crops_like_one_that_is_gone_stay_in_their_order(context, bar, gallery, regions):
    texts = []
    context.board.said.connect(lambda message: texts.append(message.text))
    action = context.actions["gallery.like"]
    context.session.selection = frozenset({regions[3]})
    action.trigger()
    measured(gallery, "likeness", np.arange(10) / 10)
    row = next(row for row in context.project.project.regions() if row.id == regions[3])
    context.project.apply(Edit.removal("remove", [row]))
    gallery.set_crops(read_crops(context.project.project))
    assert shown(gallery) == [each for each in regions[::-1] if each != regions[3]]
    assert gallery.wanted == set() and said(bar) == CROP_GONE
    action.trigger()
    assert texts == [NO_CROP]


def test_a_list_of_a_part_goes_before_the_line_until_it_is_ended(qtbot, bar, gallery, regions):
    gallery.query = "label:cup"
    gallery.listed = Listed((regions[5], regions[1]), "2 near-duplicates")
    assert shown(gallery) == [regions[5], regions[1]]
    bar.listed_ended.emit()
    assert gallery.listed is None and shown(gallery) == regions[::2]
    gallery.listed = Listed((regions[5],), "1 crop")
    type_in(qtbot, bar, gallery, "label:hand")
    assert gallery.listed is None and shown(gallery) == regions[1::2]


def test_many_crops_are_found_behind_the_window(qtbot, monkeypatch, context, bar, gallery, regions):
    monkeypatch.setattr(find, "MANY", 5)
    gallery.query = "label:cup"
    assert shown(gallery) == regions
    qtbot.waitUntil(lambda: shown(gallery) == regions[::2])
    gallery.query = "label:nobody"
    qtbot.waitUntil(lambda: said(bar) != "")
    gallery.query = "label:hand"
    gallery.set_crops(gallery.crops)  # sooner than the answer
    assert shown(gallery) == regions[1::2] and said(bar) == ""
    qtbot.waitUntil(lambda: not context.lanes.live.jobs)
    assert shown(gallery) == regions[1::2]


def test_the_key_leads_to_the_line(qtbot, context, bar):
    context.actions["gallery.find"].trigger()
    qtbot.waitUntil(bar.line.hasFocus)


def dialog(context, title):
    found = next(each for each in context.window.findChildren(NameDialog) if each.windowTitle() == title)
    assert found.isVisible()
    return found


def name_it(qtbot, context, title, name):
    asked = dialog(context, title)
    field = asked.findChild(QLineEdit, "name.field")
    field.clear()
    qtbot.keyClicks(field, name)
    hint = asked.findChild(QLabel, "name.hint").text()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not context.window.findChildren(NameDialog))
    return hint


def kept(context):
    return {row.name: row.text for row in context.project.project.searches()}


def test_searches_are_saved_renamed_deleted_and_undone(qtbot, context, bar, gallery):
    gallery.query = "label:cup"
    bar.searches.save_wanted.emit()
    assert name_it(qtbot, context, SAVE, "cups") == "label:cup"
    assert kept(context) == {"cups": "label:cup"} and [row.name for row in bar.searches.rows] == ["cups"]
    gallery.query = "label:cup -reviewed"
    bar.searches.save_wanted.emit()
    assert "becomes this one" in name_it(qtbot, context, SAVE, "cups")
    assert kept(context) == {"cups": "label:cup -reviewed"}
    bar.searches.rename_wanted.emit(bar.searches.rows[0])
    name_it(qtbot, context, RENAME, "cups to look at")
    assert [row.name for row in bar.searches.rows] == ["cups to look at"]
    bar.searches.delete_wanted.emit(bar.searches.rows[0])
    assert kept(context) == {} and bar.searches.rows == ()
    context.project.undo()
    assert [row.name for row in bar.searches.rows] == ["cups to look at"]
    assert context.project.project.next_undo().text == "rename search cups to cups to look at"
