"""What dies in a cycle dies in the GUI thread, whoever allocates."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject

from studio.state.garbage import Garbage
from studio.state.jobs import Job, Lane


@pytest.fixture
def python_collects():
    """As where a program begins."""
    gc.enable()
    yield
    gc.disable()
    gc.unfreeze()


def many_cycles(control):
    for _ in range(20_000):
        one = []
        one.append(one)


def in_a_cycle(died):
    one = QObject()
    one.itself = one
    weakref.finalize(one, lambda: died.append(threading.current_thread()))


def test_a_worker_that_allocates_much_collects_nothing(qtbot, python_collects):
    program, lane, died = QObject(), Lane("work"), []
    garbage = Garbage(program)
    try:
        for _ in range(20):
            in_a_cycle(died)
        job = Job("allocating", many_cycles)
        with qtbot.waitSignal(job.finished, timeout=10_000):
            lane.submit(job)
        qtbot.waitUntil(lambda: len(died) == 20, timeout=5000)
        assert {thread is threading.main_thread() for thread in died} == {True}
    finally:
        lane.close()
        garbage.close()
    assert gc.isenabled()


def test_what_was_set_aside_is_looked_at_when_a_project_has_gone(python_collects):
    program, died = QObject(), []
    garbage = Garbage(program)
    in_a_cycle(died)
    garbage.set_aside()
    gc.collect()
    assert not died
    garbage.collect_all()
    assert len(died) == 1 and gc.get_freeze_count() > 0
    garbage.close()
