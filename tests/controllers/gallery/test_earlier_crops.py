"""Crops of an earlier moment in the grid: as they were, those that are gone among them, and only to be looked at."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QPushButton, QToolButton

from studio.controllers.gallery.acting import PAST
from studio.controllers.gallery.panel import GalleryController
from studio.core.project import Edit
from studio.core.project.restoring import restore
from studio.views.gallery.view import GalleryView
from tests.controllers.gallery.material import add_clip, crop, draw, label_ids, make_card


@pytest.fixture
def rows(context, tmp_path):
    """Six crops that a head was trained on; two of them were removed since, and one relabelled."""
    clip = add_clip(context, tmp_path)
    rows = [crop(context, clip, n) for n in range(6)]
    draw(context, rows)
    make_card(context, "first")
    context.project.apply(Edit.removal("remove", rows[:2]))
    draw(context, [replace(rows[2], label=label_ids(context)["hand"])], "relabel")
    return rows


@pytest.fixture
def dock(qtbot, context, rows):
    view = GalleryView()
    qtbot.addWidget(view)
    view.resize(900, 420)
    controller = GalleryController(context, view)
    view.show()
    view.set_looked_at(True)
    qtbot.waitUntil(lambda: view.page.grid.model().rowCount() == 4, timeout=15_000)
    view.side.show_part("history")
    part = view.side.pages.currentWidget()
    qtbot.waitUntil(lambda: part.list.count() == 2)
    yield view, part, controller.gallery
    controller.close()


def shown(view):
    model = view.page.grid.model()
    return [(model.shown(row).region, model.shown(row).label.name) for row in range(model.rowCount())]


def test_the_grid_shows_them_as_they_were_and_nothing_can_be_done_to_them(qtbot, context, dock, rows, said):
    view, part, gallery = dock
    part.list.setCurrentRow(1)
    qtbot.waitUntil(lambda: bool(part.detail.findChildren(QToolButton)))
    part.detail.findChild(QPushButton, "data_sets.show").click()
    qtbot.waitUntil(lambda: view.page.grid.model().rowCount() == 6)
    assert shown(view) == [(row.id, "cup") for row in rows]
    position = context.project.project.position
    view.page.grid.selectAll()
    assert context.session.selection == {row.id for row in rows} and view.page.what_if.isVisible()
    context.actions["label.key_2"].trigger()
    view.page.grid.key_pressed.emit("edit.delete")
    view.page.what_if.click()
    assert said and set(said) == {PAST} and context.project.project.position == position
    draw(context, [replace(rows[3], x=3.0)], "move")  # what happens meanwhile changes nothing of it
    qtbot.wait(300)
    assert shown(view) == [(row.id, "cup") for row in rows]
    view.grab()
    gallery.listed = None
    assert [region for region, _ in shown(view)] == [row.id for row in rows[2:]]


def test_the_list_ends_when_its_moment_is_gone_back_to(qtbot, context, dock, rows):
    view, part, gallery = dock
    part.list.setCurrentRow(1)
    qtbot.waitUntil(lambda: bool(part.detail.findChildren(QToolButton)))
    part.detail.findChild(QToolButton, "data_sets.removed").click()
    qtbot.waitUntil(lambda: gallery.past)
    draw(context, [replace(rows[3], x=3.0)], "move")  # something else than that moment
    qtbot.wait(200)
    assert gallery.past
    restore(
        context.project.project, json.loads((context.project.project.models / "first/card.json").read_text())["history"]
    )
    context.project.refresh()
    qtbot.waitUntil(lambda: not gallery.past)
    assert gallery.listed is None and shown(view) == [(row.id, "cup") for row in rows]
    qtbot.waitUntil(lambda: not part.detail.findChildren(QToolButton))  # nothing differs
    part.detail.findChild(QPushButton, "data_sets.show").click()
    qtbot.waitUntil(lambda: gallery.listed is not None)
    assert not gallery.past  # what is listed can be changed


def test_what_was_removed_is_listed_and_the_present_comes_back(qtbot, context, dock, rows):
    view, part, _ = dock
    part.list.setCurrentRow(1)
    qtbot.waitUntil(lambda: bool(part.detail.findChildren(QToolButton)))
    part.detail.findChild(QToolButton, "data_sets.removed").click()
    qtbot.waitUntil(lambda: view.page.grid.model().rowCount() == 2)
    assert shown(view) == [(row.id, "cup") for row in rows[:2]]
    part.list.setCurrentRow(0)
    part.detail.findChild(QPushButton, "data_sets.show").click()
    assert shown(view)[0] == (rows[2].id, "hand")
