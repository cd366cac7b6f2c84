"""A project may be closed in the middle of an explanation."""

from __future__ import annotations

import gc
import weakref

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QDockWidget

from studio.state.session import ShownFrame
from studio.views.features.reasons import ReasonsView


def gone(things):
    QApplication.sendPostedEvents()  # the ends of jobs come before the deletion, as in an event loop
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.unfreeze()  # torch came while the project was open: all that was there then was set aside
    gc.collect()
    return all(thing() is None for thing in things)


def test_an_explanation_ends_with_its_project(opened, qtbot):
    context, window = opened.context, opened.window
    dock = window.findChild(QDockWidget, "dock.features")
    dock.show()
    dock.raise_()
    context.session.looking.part_wanted.emit("reasons")
    view = window.findChild(ReasonsView)
    qtbot.waitUntil(view.isVisible, timeout=20000)
    context.session.shown = ShownFrame(1, 0, 0.0, np.zeros((64, 64, 3), np.uint8))
    view.way_chosen.emit("occlusion")
    view.explain_wanted.emit()
    [job] = [job for job in context.lanes.compute.jobs if job.title == "explaining"]
    qtbot.waitUntil(lambda job=job: job.latest is not None and job.latest[0] > 0, timeout=60000)
    told = []
    job.finished.connect(lambda: told.append(True))
    watched = [weakref.ref(context.project), weakref.ref(context.session), weakref.ref(context.networks)]
    threads = [lane._thread for lane in context.lanes.all]
    del context, job, view, dock
    opened.close_project()
    qtbot.waitUntil(lambda: not any(thread.isRunning() for thread in threads), timeout=60000)
    qtbot.waitUntil(lambda: gone(watched), timeout=5000)
    assert not told and window.start.isVisible()
