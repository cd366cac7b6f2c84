"""Where the docks stand and which colours they have: chosen, remembered, and nothing cut off."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from studio.core.settings import read_settings
from studio.views.layouts import LAYOUTS, LEFT, arrange, docks_of
from studio.views.theme import DARK, LIGHT, current

NAMES = ("media", "labels", "history", "video", "gallery", "features", "training", "later")


@pytest.fixture
def docked(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    for name in NAMES:
        dock = QDockWidget(name, window)
        dock.setObjectName(f"dock.{name}")
        dock.setWidget(QWidget())
        window.addDockWidget(LEFT, dock)
    window.resize(1280, 720)
    window.show()
    qtbot.waitExposed(window)
    return window


def places(window):
    QApplication.processEvents()
    return {name: dock.geometry() for name, dock in docks_of(window).items() if not dock.isHidden()}


def test_the_first_arrangement_is_the_sketch(docked):
    arrange(docked, "default")
    at = places(docked)
    assert at["media"].bottom() < at["labels"].top() and at["labels"].bottom() < at["history"].top()
    assert at["labels"].right() < at["video"].left() and at["video"].bottom() < at["gallery"].top()
    assert at["video"].right() < at["training"].left() and at["training"].bottom() < at["features"].top()
    assert at["video"].width() > 0.5 * docked.width() and at["video"].height() > 0.55 * docked.height()
    assert docks_of(docked)["later"] in docked.tabifiedDockWidgets(docks_of(docked)["gallery"])


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_shows_what_it_names_and_hides_the_rest(docked, name):
    arrange(docked, "curate")
    arrange(docked, name)
    named = {each for column in LAYOUTS[name] for stack in column.stacks for each in stack.docks} | {"later"}
    assert {each for each, dock in docks_of(docked).items() if not dock.isHidden()} == named & set(NAMES)
    fronts = [docks_of(docked)[stack.docks[0]] for column in LAYOUTS[name] for stack in column.stacks
              if stack.docks[0] in NAMES]  # fmt: skip
    QApplication.processEvents()
    assert all(docked.rect().contains(dock.geometry()) and not dock.visibleRegion().isEmpty() for dock in fronts)


def test_the_arrangement_is_remembered(make_studio, folder):
    first = make_studio()
    first.open(folder)
    first.window.dock("features").hide()
    first.window.dock("training").setFloating(True)
    first.window.resize(1333, 777)
    first.window.close()
    second = make_studio()
    second.open(folder)
    assert second.window.dock("features").isHidden() and second.window.dock("training").isFloating()
    second.window.actions_by_id["view.layout_reset"].trigger()
    assert not second.window.dock("features").isHidden() and not second.window.dock("training").isFloating()


def test_docks_are_toggled_in_the_view_menu(opened):
    toggles = {action.objectName(): action for action in opened.window.panel_toggles}
    assert set(toggles) == {f"view.dock_{name}" for name in docks_of(opened.window)}
    toggles["view.dock_video"].trigger()
    assert opened.window.dock("video").isHidden()
    toggles["view.dock_video"].trigger()
    assert opened.window.dock("video").isVisible()


def test_nothing_widens_the_smallest_window(opened):
    hint = opened.window.minimumSizeHint()
    assert hint.width() <= 1280 and hint.height() <= 720, (hint, [
        (name, dock.minimumSizeHint()) for name, dock in docks_of(opened.window).items()
    ])  # fmt: skip


def test_colours_change_at_once_both_ways_and_are_kept(studio):
    actions = studio.window.actions_by_id
    assert actions["view.theme_dark"].isChecked() and current() is DARK
    actions["view.theme_light"].trigger()
    assert current() is LIGHT and not actions["view.theme_dark"].isChecked()
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == LIGHT.window
    assert read_settings().theme == "light"
    studio.change_settings(studio.settings.model_copy(update={"theme": "dark"}))
    assert current() is DARK and actions["view.theme_dark"].isChecked()


def test_icons_follow_the_colours(studio):
    action = studio.window.actions_by_id["project.open"]
    before = action.icon().pixmap(32, 32).toImage()
    studio.window.actions_by_id["view.theme_light"].trigger()
    assert action.icon().pixmap(32, 32).toImage() != before


def luminance(color):
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_text_has_a_contrast_of_four_and_a_half(theme):
    pairs = [(text, ground) for text in (theme.text, theme.dim) for ground in (theme.window, theme.base, theme.raised)]
    for text, ground in [
        *pairs,
        (theme.on_accent, theme.accent),
        (theme.bad, theme.window),
        (theme.good, theme.window),
    ]:
        light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
