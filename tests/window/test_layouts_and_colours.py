"""Where the docks stand and which colours they have: chosen, remembered, and nothing cut off."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from studio.core.settings import read_settings
from studio.views.dock_tabs import DockTabs
from studio.views.layouts import LAYOUTS, LEFT, arrange, docks_of
from studio.views.main_window import MainWindow
from studio.views.theme import DARK, LIGHT, current
from studio.views.video.transport import Transport

NAMES = ("media", "labels", "history", "video", "gallery", "features", "training", "runs", "why", "later")


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


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_dock_that_a_layout_does_not_have_opens_behind_another_one(docked, name):
    arrange(docked, name)
    for hidden in [dock for dock in docks_of(docked).values() if dock.isHidden()]:
        hidden.show()
        hidden.raise_()
        assert docked.tabifiedDockWidgets(hidden), f"{hidden.objectName()} takes place from the others"
        at = places(docked)[hidden.objectName().removeprefix("dock.")]
        assert docked.rect().contains(at) and at.height() > 100


def test_a_dock_that_is_opened_from_the_menu_is_in_front(qtbot):
    window = MainWindow({})
    qtbot.addWidget(window)
    front, behind = (window.add_dock(name, name, QWidget()) for name in ("video", "runs"))
    arrange(window, "label")
    window.show()
    qtbot.waitExposed(window)
    assert behind.isHidden()
    behind.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: not behind.visibleRegion().isEmpty() and front.visibleRegion().isEmpty())


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
    studio.change_settings(replace(studio.settings, theme="dark"))
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


def test_a_docks_tab_is_its_title(opened, qtbot):
    opened.window.arrange("curate")
    bare = {name for name, dock in docks_of(opened.window).items() if dock.titleBarWidget() is not None}
    assert {"labels", "media", "gallery", "training", "features"} <= bare and not bare & {"video", "history"}
    opened.window.dock("media").close()  # the labels stand alone then
    qtbot.waitUntil(lambda: opened.window.dock("labels").titleBarWidget() is None)
    opened.window.arrange("curate")
    opened.window.dock("features").setFloating(True)
    qtbot.waitUntil(lambda: opened.window.dock("features").titleBarWidget() is None)
    assert opened.window.dock("training").titleBarWidget() is None


def test_a_tabs_menu_floats_and_closes_its_dock(opened, qtbot):
    opened.window.arrange("curate")
    dock = opened.window.dock("features")
    tabs = next(bar for bar in opened.window.findChildren(QTabBar, "dock.tabs") if bar.tabText(1) == "Features")
    tabs.customContextMenuRequested.emit(tabs.tabRect(1).center())
    menu = opened.window.findChild(QMenu, "dock.menu")
    assert [action.text() for action in menu.actions()] == ["Float Features", "Close Features"]
    menu.actions()[1].trigger()
    menu.close()
    assert dock.isHidden()
    tabs = next(bar for bar in opened.window.findChildren(QTabBar, "dock.tabs") if bar.tabText(1) == "Media")
    tabs.tabBarDoubleClicked.emit(1)
    assert opened.window.dock("media").isFloating()


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_column_is_squeezed_in_a_small_window(opened, qtbot, name):
    opened.window.resize(1280, 720)
    opened.window.arrange(name)
    QApplication.processEvents()
    weights = [column.weight for column in LAYOUTS[name]]
    for column in LAYOUTS[name]:
        front = opened.window.dock(column.stacks[0].docks[0])
        assert front.width() > 0.9 * 1280 * column.weight / sum(weights) - 8


def test_a_narrow_video_dock_loses_what_it_needs_least(opened):
    transport = opened.window.findChild(Transport, "video.transport")
    transport.resize(1000, 40)
    count = transport.findChild(QLabel, "video.frame_count")
    play = transport.findChild(QToolButton, "button.video.play")
    assert not count.isHidden()
    transport.resize(transport.minimumSizeHint().width(), 40)
    assert count.isHidden() and not play.isHidden()
    transport.resize(1000, 40)
    assert not count.isHidden()


def test_another_layout_leaves_the_keys_where_they_were(opened, qtbot):
    opened.window.activateWindow()
    field = opened.window.dock("labels").findChild(QWidget, "labels.name")
    field.setFocus()
    for name in ("curate", "train", "label"):
        opened.window.arrange(name)
        QApplication.processEvents()
        assert opened.window.focusWidget() is field


def test_parts_of_a_dock_behind_a_tab_are_hidden_and_it_floats_where_it_can_be_seen(opened, qtbot):
    window, parts = opened.window, opened.window.findChild(QTabWidget, "features.parts")
    window.arrange("default")
    qtbot.waitUntil(parts.isVisible)
    window.dock("why").raise_()
    qtbot.waitUntil(lambda: not parts.isVisible())
    window.dock("features").raise_()
    qtbot.waitUntil(parts.isVisible)
    window.dock("why").close()
    window.dock("why").show()
    window.dock("why").raise_()
    qtbot.waitUntil(lambda: not parts.isVisible())
    menu = window.findChild(DockTabs).menu_for(window.dock("features"))
    menu.actions()[0].trigger()
    qtbot.waitUntil(parts.isVisible)
    assert window.dock("features").isFloating() and window.dock("features").geometry().right() > 0
    menu.close()
