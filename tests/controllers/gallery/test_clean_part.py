"""The part "Clean": what it finds in real crops, and that everything it does is one step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSlider

from studio.controllers.gallery.clean import CleanController
from studio.controllers.gallery.measuring import MeasuringController
from studio.controllers.gallery.reading import CropsReader
from studio.core.project import Edit, MarkRow
from studio.state.gallery import GalleryState
from studio.views.gallery.clean import CleanView
from tests.controllers.gallery.clean_material import FLIPPED, make_project

SECTIONS = ["duplicates", "labels", "outliers", "detector"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made, tmp_path):
    import shutil

    shutil.copytree(made, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def part(qtbot, context):
    view, gallery = CleanView(), GalleryState()
    qtbot.addWidget(view)
    view.resize(320, 640)
    controllers = [
        CleanController(context, gallery, view),
        MeasuringController(context, gallery),
        CropsReader(context, gallery),
    ]
    view.show()
    qtbot.waitUntil(lambda: gallery.crops is not None)
    gallery.set_shown(np.arange(len(gallery.crops)))
    yield view, gallery
    for controller in reversed(controllers):
        controller.close()


def look(qtbot, view, section, lines=True):
    view.tabs.setCurrentIndex(SECTIONS.index(section))
    view.set_looked_at(True)
    page = getattr(view, section)
    if lines:
        qtbot.waitUntil(lambda: page.list.lines.rowCount() > 0, timeout=60_000)
    return page


def button(page, name):
    return page.findChild(QPushButton, f"clean.{name}")


def regions(context, **wanted):
    rows = context.project.project.regions()
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def twice(context):
    """The crop that is there three times."""
    rows = regions(context, frame=0, label=context.project.label_called("hand").id)
    assert len(rows) == 3
    return rows


def test_the_same_pixels_are_a_group_and_all_but_one_are_skipped_as_one_step(qtbot, context, part):
    view, gallery = part
    same = twice(context)
    context.project.apply(Edit.rows("flag", [replace(same[0], near_duplicate=True)]))
    page = look(qtbot, view, "duplicates", lines=False)
    page.findChild(QSlider, "clean.duplicates.slider").setValue(200)
    qtbot.waitUntil(lambda: page.count.text().startswith("3 crops in 1 group"), timeout=60_000)
    qtbot.waitUntil(lambda: page.list.lines.rowCount() == 1 and bool(page.plan.text()))
    assert "2 more than needed" in page.count.text() and "training skips 2 crops" in page.plan.text()
    page.list.choose(0)
    assert set(gallery.listed.regions) == {row.id for row in same}
    assert gallery.listed.title == "3 near-duplicates, the sharpest first"
    before = context.project.project.regions()
    with qtbot.waitSignal(context.project.changed):
        button(page, "duplicates.flag").click()
    kept = gallery.listed.regions[0]
    flags = {row.id: row.near_duplicate for row in twice(context)}
    assert flags == {row.id: row.id != kept for row in same}  # the one that stays is learned from
    assert context.project.undo() == ["skip 2 near-duplicates"] and context.project.project.regions() == before


def test_superfluous_crops_are_removed_and_the_rest_is_compared_anew(qtbot, context, part, monkeypatch):
    monkeypatch.setattr("studio.controllers.gallery.clean_duplicates.PAUSE", 50)
    view, gallery = part
    page = look(qtbot, view, "duplicates", lines=False)
    page.findChild(QSlider, "clean.duplicates.slider").setValue(200)
    qtbot.waitUntil(lambda: button(page, "duplicates.remove").isEnabled(), timeout=60_000)
    count = len(gallery.crops)
    with qtbot.waitSignal(context.project.changed):
        button(page, "duplicates.remove").click()
    qtbot.waitUntil(lambda: len(gallery.crops) == count - 2)
    qtbot.waitUntil(lambda: page.count.text() == "No two crops of a label look alike like this.", timeout=60_000)
    assert not button(page, "duplicates.flag").isEnabled()
    assert context.project.undo() == ["remove 2 crops"]


def test_groups_whose_crops_went_go_at_once_and_come_back_with_undo(qtbot, context, part):
    view, _ = part
    page = look(qtbot, view, "duplicates", lines=False)
    page.findChild(QSlider, "clean.duplicates.slider").setValue(200)
    qtbot.waitUntil(lambda: button(page, "duplicates.remove").isEnabled(), timeout=60_000)
    button(page, "duplicates.remove").click()
    qtbot.waitUntil(lambda: page.list.lines.rowCount() == 0, timeout=1500)  # before they are compared anew
    assert page.count.text() == "No two crops of a label look alike like this."
    context.project.undo()
    qtbot.waitUntil(lambda: page.list.lines.rowCount() == 1, timeout=20_000)
    qtbot.waitUntil(lambda: page.count.text().startswith("3 crops in 1 group"), timeout=20_000)


def test_the_count_follows_the_slider_at_once_and_similar_finds_more_than_exact(qtbot, context, part):
    view, _ = part
    page = look(qtbot, view, "duplicates")
    slider = page.findChild(QSlider, "clean.duplicates.slider")
    counts = []
    for value in (0, 100, 200):
        slider.setValue(value)
        counts.append(int(page.count.text().split()[0]))  # nothing was waited for
    assert counts[0] >= counts[1] >= counts[2] == 3 and counts[0] > 3
    slider.setValue(0)
    qtbot.waitUntil(lambda: button(page, "duplicates.flag").isEnabled())
    shown = sum(len(page.list.lines.line(row).crops) for row in range(page.list.lines.rowCount()))
    assert shown == counts[0]


def test_a_wrong_label_is_first_and_mended_with_a_key(qtbot, context, part):
    view, gallery = part
    page = look(qtbot, view, "labels")
    cup, hand = (context.project.label_called(name).id for name in ("cup", "hand"))
    wrong = next(row for row in regions(context, frame=FLIPPED, label=hand) if row.x != 250 and row.x != 10)
    assert page.list.lines.line(0).words.startswith("hand → cup")
    page.list.choose(0)
    assert context.session.selection == {wrong.id}
    assert "Out-of-fold score" in page.reason.text() and "nearest crops are cup" in page.reason.text()
    assert button(page, "labels.take").text() == "It is cup (C)"
    assert gallery.crops.measure("suspicion")[gallery.crops.rows_of((wrong.id,))[0]] > 0.5
    with qtbot.waitSignal(context.project.changed):
        qtbot.keyClick(page.list, Qt.Key.Key_C)
    assert regions(context, id=wrong.id)[0].label == cup
    qtbot.waitUntil(lambda: wrong.id not in {line_id(page, row, gallery) for row in range(page.list.lines.rowCount())})
    assert context.project.undo() == ["relabel 1 crop to cup"]
    qtbot.waitUntil(lambda: page.list.lines.rowCount() > 0)  # it is as wrong as it was
    assert page.list.lines.line(0).words.startswith("hand → cup")


def line_id(page, row, gallery):
    crop = page.list.lines.line(row).crops[0]
    table = gallery.crops.table
    at = (table.frames == crop.frame) & (table.boxes == np.array(crop.box)).all(1)
    return int(table.ids[np.flatnonzero(at)[0]])


@pytest.mark.parametrize(("key", "field", "value"), [("R", "reviewed", True), ("I", "state", "ignore")])
def test_what_is_right_or_ignored_is_not_suspected_again(qtbot, context, part, key, field, value):
    view, gallery = part
    page = look(qtbot, view, "labels")
    count = page.list.lines.rowCount()
    page.list.choose(0)
    (region,) = context.session.selection
    qtbot.keyClick(page.list, getattr(Qt.Key, f"Key_{key}"))
    qtbot.waitUntil(lambda: page.list.lines.rowCount() == count - 1)
    assert getattr(regions(context, id=region)[0], field) == value
    button(page, "labels.run").click()
    qtbot.waitUntil(lambda: page.bar.running)
    qtbot.waitUntil(lambda: not page.bar.running, timeout=60_000)
    shown = {line_id(page, row, gallery) for row in range(page.list.lines.rowCount())}
    assert region not in shown


def test_a_line_that_goes_leaves_alone_what_else_is_selected(qtbot, context, part):
    view, _ = part
    page = look(qtbot, view, "labels")
    page.list.choose(0)
    (region,) = context.session.selection
    others = {row.id for row in regions(context, frame=1)} | {region}
    context.session.selection = frozenset(others)
    (row,) = regions(context, id=region)
    before = page.list.lines.rowCount()
    context.project.apply(Edit.rows("review", [replace(row, reviewed=True)]))
    qtbot.waitUntil(lambda: page.list.lines.rowCount() < before)
    assert context.session.selection == others


def test_all_suspects_are_shown_in_the_grid_by_suspicion(qtbot, context, part):
    view, gallery = part
    page = look(qtbot, view, "labels")
    button(page, "labels.show").click()
    assert (gallery.query, gallery.order, gallery.listed) == ("suspicion>0.5 -reviewed", "suspicion", None)


def test_a_crop_that_the_grid_does_not_show_brings_its_list_there_and_back(qtbot, context, part):
    view, gallery = part
    page = look(qtbot, view, "labels")
    gallery.set_shown(np.zeros(0, np.intp))
    page.list.choose(0)
    assert context.session.selection == {gallery.listed.regions[0]}
    if page.list.lines.rowCount() > 1:  # the other way round
        context.session.selection = frozenset({gallery.listed.regions[1]})
        assert page.list.row == 1


def test_outliers_are_measured_while_they_are_looked_at(qtbot, context, part):
    view, gallery = part
    page = look(qtbot, view, "outliers")
    assert gallery.wanted == {"outlier"}
    first = line_id(page, 0, gallery)
    assert regions(context, id=first)[0].frame == FLIPPED and "deviations" in page.summary.text()
    page.list.choose(0)
    qtbot.keyClick(page.list, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: not regions(context, id=first))
    view.set_looked_at(False)
    assert not gallery.wanted


def test_without_crops_the_first_step_is_said(qtbot, context, part):
    view, _ = part
    view.set_looked_at(True)
    project = context.project.project
    everything = [*project.regions(), *(row for row in project.marks() if isinstance(row, MarkRow))]
    context.project.apply(Edit.removal("remove", everything))
    qtbot.waitUntil(lambda: view.section == "")
    context.project.undo()
    qtbot.waitUntil(lambda: view.section == "duplicates")


def test_the_detector_needs_a_head(qtbot, context, part):
    view, _ = part
    page = look(qtbot, view, "detector", lines=False)
    button(page, "detector.run").click()
    assert "fit one first" in page.summary.text() and not page.bar.running
