"""The filter line and its chips with real keys: they are the same thing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QToolButton

from studio.core.gallery.completion import Names
from studio.core.gallery.orders import ORDERS
from studio.core.project import SearchRow
from studio.views.gallery.find_bar import FindBar

KEY = Qt.Key
NAMES = Names({"cup": "#4c9aff", "tea pot": "#f0883e", "background": "#777777"}, ("garden 1.mp4", "clip.mp4"))


@pytest.fixture
def bar(qtbot):
    made = FindBar()
    made.set_names(NAMES)
    qtbot.addWidget(made)
    made.resize(640, 80)
    made.show()
    made.activateWindow()
    made.line.setFocus()
    qtbot.waitUntil(made.line.hasFocus)
    return made


def collect(signal):
    seen = []
    signal.connect(lambda *values: seen.append(values[0] if len(values) == 1 else values))
    return seen


def chips(bar):
    return [chip.text.text() for chip in bar.chips.chips]


def listed(qtbot, bar):
    qtbot.waitUntil(bar.line.list.isVisible)
    return [bar.line.list.item(row).text() for row in range(bar.line.list.count())]


def test_what_is_typed_is_told_and_shown_as_chips(qtbot, bar):
    wanted = collect(bar.query_wanted)
    qtbot.keyClicks(bar.line, "cup -reviewed")
    assert wanted[-1] == "cup -reviewed" and chips(bar) == ["cup", "not reviewed"]
    bar.set_query("label:cup")
    assert wanted[-1] == "cup -reviewed" and bar.line.text() == "label:cup" and chips(bar) == ["label: cup"]


def test_a_chip_goes_by_its_cross_and_is_edited_by_a_click(qtbot, bar):
    bar.set_query("label:cup doubt>0.3 reviewed")
    wanted = collect(bar.query_wanted)
    qtbot.mouseClick(bar.chips.chips[1].text, Qt.MouseButton.LeftButton)
    assert bar.line.selectedText() == "doubt>0.3" and wanted == []
    qtbot.mouseClick(bar.chips.chips[1].cross, Qt.MouseButton.LeftButton)
    assert wanted == ["label:cup reviewed"] and bar.line.text() == "label:cup reviewed"
    assert chips(bar) == ["label: cup", "reviewed"]


def test_chips_take_no_room_where_there_are_none_and_wrap_where_there_are_many(qtbot, bar):
    assert bar.chips.isHidden()
    bar.resize(320, 200)
    bar.set_query('label:cup doubt>0.3 reviewed medium:"garden*" source:tracker')
    qtbot.waitUntil(lambda: len({chip.y() for chip in bar.chips.chips}) > 1)
    assert all(chip.geometry().right() <= bar.chips.width() for chip in bar.chips.chips)
    assert bar.minimumSizeHint().width() <= 320


def test_completion_by_keys(qtbot, bar):
    qtbot.keyClicks(bar.line, "lab")
    assert listed(qtbot, bar)[0] == "label:"
    qtbot.keyClick(bar.line, KEY.Key_Tab)
    assert bar.line.text() == "label:" and listed(qtbot, bar) == ["cup", '"tea pot"', "background"]
    qtbot.keyClick(bar.line, KEY.Key_Down)
    qtbot.keyClick(bar.line, KEY.Key_Down)
    qtbot.keyClick(bar.line, KEY.Key_Return)
    assert bar.line.text() == 'label:"tea pot" ' and bar.line.hasFocus()
    assert not bar.line.list.isVisible()
    qtbot.keyClick(bar.line, KEY.Key_Down)
    assert "doubt>" in listed(qtbot, bar)


def test_escape_closes_the_list_first_and_enter_ends(qtbot, bar):
    left, entered = collect(bar.left), collect(bar.query_entered)
    qtbot.keyClicks(bar.line, "re")
    listed(qtbot, bar)
    qtbot.keyClick(bar.line, KEY.Key_Escape)
    assert not bar.line.list.isVisible() and left == [] and bar.line.text() == "re"
    qtbot.keyClick(bar.line, KEY.Key_Escape)
    assert len(left) == 1
    qtbot.keyClicks(bar.line, "v")
    listed(qtbot, bar)
    qtbot.keyClick(bar.line, KEY.Key_Return)  # nothing was chosen in the list
    assert bar.line.text() == "rev" and len(entered) == 1 and not bar.line.list.isVisible()


def test_the_list_follows_the_cursor(qtbot, bar):
    bar.set_query("split: reviewed")
    qtbot.keyClick(bar.line, KEY.Key_Home)
    for _ in range(6):
        qtbot.keyClick(bar.line, KEY.Key_Right)
    qtbot.keyClick(bar.line, KEY.Key_Down)
    assert listed(qtbot, bar) == ["none", "train", "val", "test"]
    qtbot.keyClick(bar.line, KEY.Key_Home)
    qtbot.waitUntil(lambda: "label:" in listed(qtbot, bar))
    qtbot.keyClick(bar.line, KEY.Key_End)
    qtbot.waitUntil(lambda: not bar.line.list.isVisible())


def test_a_click_takes_a_line_of_the_list(qtbot, bar):
    qtbot.keyClicks(bar.line, "label:te")
    listed(qtbot, bar)
    place = bar.line.list.visualItemRect(bar.line.list.item(0)).center()
    qtbot.mouseClick(bar.line.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bar.line.text() == 'label:"tea pot" '


def test_the_palettes_key_is_left_to_it(qtbot, bar):
    action = QAction(bar)
    action.setShortcut("Ctrl+K")
    bar.addAction(action)
    asked = collect(action.triggered)
    bar.set_query("label:cup reviewed")
    bar.line.setCursorPosition(0)
    qtbot.keyClicks(bar.line, "d")
    listed(qtbot, bar)
    qtbot.keyClick(bar.line, KEY.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert len(asked) == 1 and bar.line.text() == "dlabel:cup reviewed"


def menu_line(bar, button, name):
    menu = bar.findChild(QToolButton, button).menu()
    menu.aboutToShow.emit()
    return menu.findChild(QAction, name)


def test_one_label_is_a_click_away_and_takes_the_place_of_others(bar):
    wanted = collect(bar.query_wanted)
    bar.set_query("doubt>0.3 label:cup")
    assert menu_line(bar, "gallery.label", "gallery.label_cup").isChecked()
    menu_line(bar, "gallery.label", "gallery.label_tea pot").trigger()
    menu_line(bar, "gallery.label", "gallery.label_all").trigger()
    assert wanted == ['doubt>0.3 label:"tea pot"', "doubt>0.3"]


def submenu(menu, title):
    return next(action.menu() for action in menu.actions() if action.text() == title)


def line(menu, text):
    return next(action for action in menu.actions() if action.text() == text)


def test_conditions_are_added_without_typing(qtbot, bar):
    wanted = collect(bar.query_wanted)
    line(submenu(bar._adding, "Split"), "val").trigger()
    line(submenu(bar._adding, "Reviewed"), "not reviewed").trigger()
    line(submenu(bar._adding, "Medium"), "garden 1.mp4").trigger()
    assert wanted[-1] == 'split:val -reviewed medium:"garden 1.mp4"'
    line(submenu(bar._adding, "Label"), "cup").trigger()
    line(bar._adding, "Doubt…").trigger()
    assert bar.line.text().endswith(" label:cup doubt>") and bar.line.hasFocus()


def test_orders_both_ways(bar):
    orders, backwards = collect(bar.order_wanted), collect(bar.backwards_wanted)
    for name in ORDERS:
        menu_line(bar, "gallery.order", f"gallery.order_{name}").trigger()
    assert orders == list(ORDERS)
    bar.set_order("doubt", False)
    turn = bar.findChild(QToolButton, "gallery.backwards")
    assert menu_line(bar, "gallery.order", "gallery.order_doubt").isChecked() and "Most doubtful" in turn.toolTip()
    turn.click()
    bar.set_order("doubt", True)
    turn.click()
    assert backwards == [True, False] and "Surest" in turn.toolTip()
    assert len(orders) == len(ORDERS)


def test_a_list_shown_alone_is_a_chip_that_ends_it(qtbot, bar):
    ended = collect(bar.listed_ended)
    bar.set_query("label:cup")
    bar.set_listed("4 near-duplicates")
    assert chips(bar) == ["4 near-duplicates"] and not bar.order.isEnabled()
    qtbot.mouseClick(bar.chips.chips[0].cross, Qt.MouseButton.LeftButton)
    bar.set_listed("")
    assert len(ended) == 1 and chips(bar) == ["label: cup"] and bar.order.isEnabled()


def test_what_is_wrong_stands_under_the_line_before_what_is_to_come(bar):
    said = bar.findChild(QLabel, "gallery.said")
    assert said.isHidden()
    bar.set_note("Measuring doubt…")
    bar.set_problem("there is no label 'cups'")
    assert said.text() == "There is no label 'cups'" and said.property("role") == "bad"
    bar.set_problem("")
    assert said.text() == "Measuring doubt…" and said.property("role") == "dim"
    bar.set_note("")
    assert said.isHidden()


def test_saved_searches_in_their_menu(bar):
    chosen, renamed, deleted = (
        collect(signal) for signal in (bar.query_wanted, bar.searches.rename_wanted, bar.searches.delete_wanted)
    )
    saved, menu = collect(bar.searches.save_wanted), bar.searches.menu()
    assert not menu_line(bar, "gallery.searches", "gallery.save_search").isEnabled()
    rows = [SearchRow(1, "to look at", "doubt>0.3"), SearchRow(2, "Cups & pots", "label:cup")]
    bar.set_searches(rows)
    menu_line(bar, "gallery.searches", "gallery.search_1").trigger()
    assert chosen == ["doubt>0.3"] and bar.line.text() == "doubt>0.3"
    assert menu_line(bar, "gallery.searches", "gallery.search_1").isChecked()
    menu_line(bar, "gallery.searches", "gallery.save_search").trigger()
    line(submenu(menu, "Rename"), "Cups && pots").trigger()
    line(submenu(menu, "Delete"), "to look at").trigger()
    assert len(saved) == 1 and renamed == [rows[1]] and deleted == [rows[0]]
