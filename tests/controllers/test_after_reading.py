"""What waits for a project to be read: torch, for one, lets nothing else work while it is imported."""

from __future__ import annotations

from threading import Event

import pytest

from studio.controllers import networks
from studio.controllers.networks import AfterReading
from studio.state.jobs import Job


@pytest.fixture
def reading(qtbot, context):
    """A job on the disk lane until the event is set."""
    qtbot.waitUntil(lambda: not context.lanes.disk.jobs)
    over = Event()
    context.lanes.disk.submit(Job("read", lambda control: over.wait(5)))
    yield over
    over.set()


def test_it_comes_after_what_is_read_and_once(qtbot, context, reading):
    calls = []
    waiting = AfterReading(context, 0, lambda: calls.append(len(context.lanes.disk.jobs)))
    qtbot.wait(3 * networks.AGAIN)
    assert calls == []
    reading.set()
    qtbot.waitUntil(lambda: bool(calls))
    qtbot.wait(3 * networks.AGAIN)
    assert calls == [0]
    waiting.stop()


def test_it_does_not_wait_for_a_lane_that_is_never_at_rest(qtbot, context, reading, monkeypatch):
    monkeypatch.setattr(networks, "PATIENCE", 0.1)
    calls = []
    waiting = AfterReading(context, 0, lambda: calls.append(len(context.lanes.disk.jobs)))
    qtbot.waitUntil(lambda: bool(calls), timeout=1000)
    assert calls == [1]
    waiting.stop()


def test_stopped_it_does_not_come(qtbot, context, reading):
    calls = []
    AfterReading(context, 0, lambda: calls.append(1)).stop()
    reading.set()
    qtbot.wait(3 * networks.AGAIN)
    assert calls == []
