"""Corrections that have to wait for who else writes: learned when they are written, and once."""

from __future__ import annotations

import time

import numpy as np
import pytest

from studio.controllers import learner
from studio.controllers.edits import apply_edit
from studio.controllers.teach import TeachController
from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.core.project import Edit, MediumRow, Project
from studio.core.project.corrections import missed
from studio.state.session import ActiveHead, LiveShown, PickedDetection, ShownFrame

MEDIUM = MediumRow(7, "media/clip.mp4", "video", 4, "0" * 64, 100, 160, 96)


@pytest.fixture
def learned(monkeypatch):
    """The corrections that the live lane was asked to learn, each with the regions of the project at its position."""
    asked = []

    def corrected(networks, correction, control):
        with Project.open(correction.wanted.project) as project:
            asked.append((correction, project.regions(at=correction.position)))

    monkeypatch.setattr(learner, "corrected", corrected)
    return asked


@pytest.fixture
def teach(context):
    """A head that says that there is a cup on frame 3, live."""
    context.project.apply(Edit.rows("add clip", [MEDIUM]))
    session = context.session
    controller = TeachController(context)
    shown = ShownFrame(MEDIUM.id, 3, 0.1, np.zeros((96, 160, 3), np.uint8))
    said = Detections(np.array([[20, 20, 30, 30]], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int64))
    session.head = ActiveHead("key", "live", ("cup",), None, 0.5)
    session.shown, session.live = shown, True
    session.result = LiveShown(shown, said, ("cup",), "key", 0.01, time.monotonic())
    session.picked = PickedDetection(session.result, 0)
    yield controller
    controller.close()


@pytest.fixture
def other(folder, teach):
    """A worker's project that is writing."""
    with Project.open(folder, write=True) as other:
        other.connection.execute("BEGIN IMMEDIATE")
        yield other


@pytest.mark.parametrize(("action", "state"), [("detect.confirm", "visible"), ("detect.reject", "rejected")])
def test_a_correction_that_waits_is_learned_once_when_it_is_written(qtbot, context, learned, other, action, state):
    context.actions[action].trigger()
    qtbot.wait(150)
    assert learned == [] and context.session.taught is None and context.project.waiting
    other.connection.execute("COMMIT")
    qtbot.waitUntil(lambda: len(learned) > 0, timeout=10000)
    qtbot.waitUntil(lambda: not context.lanes.live.jobs)
    ((correction, regions),) = learned
    assert correction.position == context.project.project.position and [row.state for row in regions] == [state]
    taught = context.session.taught
    assert (taught.positives, taught.negatives) == ((1, 0) if state == "visible" else (0, 1))


def test_boxes_that_wait_are_each_learned_as_they_are_written(qtbot, context, learned, other):
    project = context.project.project
    cup = project.label("cup").id
    for x in (60.0, 110.0):
        apply_edit(context, missed(project, MEDIUM.id, 3, cup, Box(x, 20, 30, 30)))
    other.connection.execute("COMMIT")
    qtbot.waitUntil(lambda: len(learned) == 2, timeout=10000)
    qtbot.waitUntil(lambda: not context.lanes.live.jobs)
    assert [correction.box.x for correction, _ in learned] == [60.0, 110.0]
    assert [len(regions) for _, regions in learned] == [1, 2] and context.session.taught.positives == 2


def test_without_waiting_it_is_learned_once_too(qtbot, context, learned, teach):
    context.actions["detect.confirm"].trigger()
    qtbot.waitUntil(lambda: not context.lanes.live.jobs and len(learned) > 0, timeout=10000)
    assert len(learned) == 1 and context.session.taught.positives == 1
