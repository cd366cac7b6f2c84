"""The parts "Clean" and "Balance" in the whole window: their keys, their width, and a project closed in the middle."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QScrollArea

from studio.views.gallery.balance import BalanceView
from studio.views.gallery.clean import CleanView
from studio.views.gallery.view import GalleryView
from tests.controllers.gallery.clean_material import make_project


@pytest.fixture
def folder(tmp_path):
    return make_project(tmp_path)


@pytest.fixture
def gallery(opened, qtbot):
    dock = opened.window.findChild(QDockWidget, "dock.gallery")
    dock.show()
    dock.raise_()
    view = opened.window.findChild(GalleryView)
    qtbot.waitUntil(view.isVisible)
    return view


def test_b_mines_in_the_grid_and_says_what_is_missing(opened, gallery, qtbot):
    said = []
    opened.context.board.said.connect(lambda message: said.append(message.text))
    opened.window.activateWindow()
    gallery.page.pages.setCurrentWidget(gallery.page.grid)
    gallery.page.grid.setFocus()
    qtbot.waitUntil(gallery.page.grid.hasFocus)
    qtbot.keyClick(gallery.page.grid, Qt.Key.Key_B)
    assert said and "fit one first" in said[-1]


def test_the_parts_fit_a_narrow_dock(opened, gallery, qtbot):
    clean, balance = opened.window.findChild(CleanView), opened.window.findChild(BalanceView)
    gallery.side.show_part("clean")
    qtbot.waitUntil(lambda: clean.section == "duplicates")
    for section in range(4):
        clean.tabs.setCurrentIndex(section)
        page = getattr(clean, clean.section)
        if clean.section == "labels":
            page.set_chosen("why", {"take": "It is " + "a very long name of a label " * 4})
        assert page.minimumSizeHint().width() <= 280, clean.section
    gallery.side.show_part("balance")
    balance.set_suggested(3, "a very long name of a label " * 4)
    inside = balance.findChild(QScrollArea).widget()
    assert inside.minimumSizeHint().width() <= 270


def gone(things):
    QApplication.sendPostedEvents()  # the ends of jobs come before the deletion, as in an event loop
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.unfreeze()  # torch came while the project was open: all that was there then was set aside
    gc.collect()
    return all(thing() is None for thing in things)


def test_a_project_that_is_closed_while_it_is_compared_goes(opened, gallery, qtbot):
    context = opened.context
    clean = opened.window.findChild(CleanView)
    gallery.side.show_part("clean")
    qtbot.waitUntil(lambda clean=clean: clean.duplicates.bar.running, timeout=20_000)
    watched = [weakref.ref(context.project), weakref.ref(context.session), weakref.ref(context.networks)]
    threads = [lane._thread for lane in context.lanes.all]
    del context, clean
    opened.close_project()
    qtbot.waitUntil(lambda: not any(thread.isRunning() for thread in threads), timeout=60_000)
    qtbot.waitUntil(lambda: gone(watched), timeout=5_000)
    assert opened.window.start.isVisible()
