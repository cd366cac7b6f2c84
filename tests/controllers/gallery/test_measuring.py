"""Measured while somebody looks, and again after changes; with a real network on the batch lane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.controllers.gallery import measuring
from studio.controllers.gallery.measuring import MeasuringController
from studio.core.control import Cancelled
from studio.core.errors import InputError
from studio.core.gallery.crops import read_crops
from studio.core.gallery.measures import Measure
from studio.core.project import Edit
from studio.state.gallery import GalleryState
from studio.state.session import ActiveHead
from tests.ml.taught_project import make_project


@pytest.fixture
def folder(tmp_path):
    with make_project(tmp_path) as project:
        return project.folder


@pytest.fixture
def gallery(context):
    made = GalleryState()
    made.set_crops(read_crops(context.project.project))
    return made


@pytest.fixture
def asked(monkeypatch):
    """What was measured, by a function that only notes it down."""
    notes = []

    def note(networks, folder, name, head, like, control):
        notes.append((name, head, like))
        return Measure(name, np.zeros(0, np.int64), np.zeros(0, np.float32))

    monkeypatch.setattr(measuring, "measured", note)
    monkeypatch.setattr(measuring, "PAUSE", 30)
    return notes


@pytest.fixture
def controller(context, gallery, request):
    if "asked" in request.fixturenames:
        request.getfixturevalue("asked")
    made = MeasuringController(context, gallery)
    yield made
    made.close()


def idle(context):
    return not context.lanes.batch.jobs


def move(context):
    row = context.project.project.regions()[0]
    context.project.apply(Edit.rows("move", [replace(row, x=row.x + 8)]))


def test_a_real_measure_comes_into_the_state(qtbot, context, gallery, controller):
    gallery.want("the grid", ["uniqueness", "size"])
    qtbot.waitUntil(lambda: "uniqueness" in gallery.crops.measures, timeout=60_000)
    assert np.isfinite(gallery.crops.measure("uniqueness")).all()


def test_one_at_a_time_and_each_once(qtbot, context, asked, gallery, controller):
    gallery.want("the grid", ["uniqueness"])
    gallery.want("the map", ["sharpness", "uniqueness"])
    qtbot.waitUntil(lambda: len(asked) == 2 and idle(context))
    assert [name for name, *_ in asked] == ["uniqueness", "sharpness"]
    gallery.want("the grid", [])
    gallery.want("the grid", ["uniqueness"])
    qtbot.wait(60)
    assert len(asked) == 2


def test_after_changes_it_is_measured_again_once_they_pause(qtbot, context, asked, gallery, controller):
    gallery.want("the grid", ["uniqueness"])
    qtbot.waitUntil(lambda: len(asked) == 1 and idle(context))
    move(context)
    move(context)
    qtbot.waitUntil(lambda: len(asked) == 2 and idle(context))
    qtbot.wait(80)
    assert len(asked) == 2
    gallery.want("the grid", [])
    move(context)
    qtbot.wait(80)
    assert len(asked) == 2
    gallery.want("the grid", ["uniqueness"])
    qtbot.waitUntil(lambda: len(asked) == 3)


def test_scores_wait_for_a_head_and_follow_it(qtbot, context, asked, gallery, controller, said):
    gallery.want("the grid", ["doubt"])
    assert len(said) == 1 and "no score yet" in said[0] and "fit one first" in said[0]
    context.session.head = ActiveHead("a", "live", ("cup",), "first")
    qtbot.waitUntil(lambda: asked == [("doubt", "first", 0)])
    context.session.head = ActiveHead("b", "live", ("cup",), "second")
    qtbot.waitUntil(lambda: asked[1:] == [("doubt", "second", 0)])


def test_likeness_is_of_the_crop_asked_about(qtbot, context, asked, gallery, controller):
    gallery.want("the grid", ["likeness"])
    qtbot.wait(40)
    assert asked == []
    gallery.like = 7
    qtbot.waitUntil(lambda: asked == [("likeness", None, 7)] and idle(context))
    gallery.like = 9
    qtbot.waitUntil(lambda: asked[1:] == [("likeness", None, 9)])


def test_a_failure_is_said_and_not_repeated(qtbot, context, asked, gallery, controller, said, tmp_path, monkeypatch):
    from studio.core.errors import InputError

    def fail(*_, control):
        asked.append("failed")
        raise InputError("nothing can be read")

    monkeypatch.setattr(measuring, "measured", fail)
    gallery.want("the grid", ["uniqueness"])
    qtbot.waitUntil(lambda: said == ["measure uniqueness: nothing can be read"])
    qtbot.wait(60)
    assert asked == ["failed"]


def test_who_looks_away_stops_it_and_who_looks_again_starts_it(qtbot, context, asked, gallery, controller, monkeypatch):
    def endless(*_, control):
        asked.append("began")
        while not control.cancelled:
            pass
        raise Cancelled

    monkeypatch.setattr(measuring, "measured", endless)
    gallery.want("the grid", ["uniqueness"])
    qtbot.waitUntil(lambda: asked == ["began"])
    gallery.want("the grid", [])
    qtbot.waitUntil(lambda: idle(context))
    gallery.want("the grid", ["uniqueness"])
    qtbot.waitUntil(lambda: asked == ["began", "began"])


def test_why_a_measure_cannot_be_made_is_known_until_it_is_tried_again(
    qtbot, context, gallery, monkeypatch, controller
):
    def refuse(*_, control):
        raise InputError("no picture can be read")

    real = measuring.measured
    monkeypatch.setattr(measuring, "measured", refuse)
    gallery.want("the grid", ["uniqueness"])
    qtbot.waitUntil(lambda: gallery.refusals.get("uniqueness") == "no picture can be read")
    monkeypatch.setattr(measuring, "measured", real)
    controller._timer.setInterval(30)
    move(context)
    qtbot.waitUntil(lambda: "uniqueness" in gallery.crops.measures, timeout=60_000)
    assert gallery.refusals["uniqueness"] == ""
