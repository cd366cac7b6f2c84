"""Keys: real ones, on any layout of the keyboard; found, shown and changed."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialogButtonBox

from studio.core.fuzzy import ranked
from studio.core.settings import Settings, settings_file
from studio.state.actions import ACTIONS
from studio.state.keys import conflicts, differing, effective
from studio.views.about import About
from studio.views.cheat_sheet import CheatSheet, in_columns
from studio.views.icons import glyphs
from studio.views.keys_dialog import KeysDialog
from studio.views.palette import Palette

SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def test_the_table_has_no_key_twice_and_only_real_icons():
    assert conflicts(effective({})) == {}
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    assert not [spec.id for spec in ACTIONS if spec.icon and spec.icon.removeprefix("mdi6.") not in glyphs()]


def test_every_action_is_called_by_its_id(studio):
    for spec, action in studio.window.actions_by_id:
        assert action.objectName() == spec.id
        assert not spec.keys or action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) in action.toolTip()


@pytest.mark.parametrize(
    ("key", "modifier"), [(Qt.Key.Key_Question, SHIFT), (Qt.Key.Key_Question, NONE), (Qt.Key.Key_F1, NONE)]
)
def test_a_question_mark_shows_all_keys(studio, qtbot, key, modifier):
    qtbot.keyClick(studio.window, key, modifier)
    sheet = studio.window.findChild(CheatSheet)
    assert sheet is not None and sheet.isVisible()
    sheet.close()


def test_the_sheet_is_searched(studio, qtbot):
    studio.window.actions_by_id["help.keys"].trigger()
    sheet = studio.window.findChild(CheatSheet)
    qtbot.keyClicks(sheet.field, "Draw a box")
    shown = [what.text() for group in sheet.groups for what, _ in group._rows if not what.isHidden()]
    assert shown == ["Draw a box"]
    sheet.field.setText("w")
    shown = [what.text() for group in sheet.groups for what, _ in group._rows if not what.isHidden()]
    assert "Draw a box" in shown
    sheet.close()


def test_groups_are_shared_out_in_order():
    assert in_columns([5, 5, 5], 3) == [[0], [1], [2]]
    assert in_columns([1, 1, 1, 9], 2) == [[0, 1, 2], [3]]
    assert in_columns([], 2) == [[]]


def test_the_palette_does_what_is_typed(studio, qtbot):
    qtbot.keyClick(studio.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = studio.window.findChild(Palette)
    qtbot.keyClicks(palette.field, "abli")
    assert palette.list.currentItem().text() == "About and licences"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: studio.window.findChild(About) is not None, timeout=2000)
    studio.window.findChild(About).close()


def test_the_palette_offers_only_what_can_be_done(studio, opened, qtbot):
    from studio.views.palette import commands

    studio.close_project()
    without = {command.id for command in commands(studio.window.actions_by_id)}
    assert "project.open" in without and "head.fit" not in without


def test_arrows_move_in_the_palette_and_nothing_found_is_said(studio, qtbot):
    studio.window.actions_by_id["app.palette"].trigger()
    palette = studio.window.findChild(Palette)
    first = palette.list.currentItem().text()
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentItem().text() != first
    qtbot.keyClicks(palette.field, "zzzzqq")
    assert palette.list.count() == 0 and palette._none.isVisible()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    palette.close()


@pytest.mark.parametrize(
    ("query", "best"), [("fit", "Fit the head"), ("op", "Open project"), ("dwb", "Draw a box"), ("ie", "Live image")]
)
def test_the_best_answer_is_first(query, best):
    texts = ["Draw a box", "Open project", "Profit and loss", "Fit the head", "Live image", "Close"]
    assert texts[ranked(query, texts)[0]] == best
    assert ranked("", texts) == list(range(len(texts))) and ranked("xyz", texts) == []


def test_a_key_is_changed_and_kept(studio, qtbot):
    studio.window.actions_by_id["help.change_keys"].trigger()
    dialog = studio.window.findChild(KeysDialog)
    dialog.choose("head.fit")
    dialog.key.setKeySequence(QKeySequence("Ctrl+Shift+F"))
    assert dialog.warning.isHidden()
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()
    assert studio.window.actions_by_id["head.fit"].shortcut() == QKeySequence("Ctrl+Shift+F")
    assert json.loads(settings_file().read_text())["keys"] == {"head.fit": ["Ctrl+Shift+F"]}
    assert "Ctrl+Shift+F" in studio.window.actions_by_id["head.fit"].toolTip()


def test_a_search_for_an_action_leaves_its_group_alone(studio):
    studio.window.actions_by_id["help.change_keys"].trigger()
    dialog = studio.window.findChild(KeysDialog)
    dialog.field.setText("draw a box")
    groups = [dialog.tree.topLevelItem(place) for place in range(dialog.tree.topLevelItemCount())]
    assert [group.text(0) for group in groups if not group.isHidden()] == ["Label"]
    dialog.field.clear()
    assert not any(group.isHidden() for group in groups)
    dialog.close()


def test_a_key_that_does_two_things_is_refused(studio, qtbot):
    studio.window.actions_by_id["help.change_keys"].trigger()
    dialog = studio.window.findChild(KeysDialog)
    dialog.choose("head.fit")
    dialog.key.setKeySequence(QKeySequence("Ctrl+Z"))
    assert "Fit the head" in dialog.warning.text() and "Undo" in dialog.warning.text()
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.reset.click()
    assert dialog.warning.isHidden() and dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.close()


def test_own_keys_hold_after_a_project_was_closed(make_studio, folder):
    studio = make_studio(Settings(keys={"edit.undo": ("Ctrl+U",)}))
    studio.open(folder)
    studio.close_project()
    assert studio.window.actions_by_id["edit.undo"].shortcut() == QKeySequence("Ctrl+U")


def test_only_what_differs_is_kept():
    keys = effective({"edit.undo": ("ctrl+u",), "edit.redo": ()})
    assert differing(keys) == {"edit.undo": ("Ctrl+U",), "edit.redo": ()}
