"""What is said, what goes on, what computes."""

from __future__ import annotations

import sys
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QProgressBar, QToolButton

from studio.core.errors import InputError
from studio.state.board import Board
from studio.state.jobs import Job
from studio.views.job_list import JobRow, time_left
from studio.views.status import StatusView


def child(studio, kind, name):
    return studio.window.status.findChild(kind, name)


def test_a_problem_stays_until_a_click_and_a_note_goes(qtbot, monkeypatch):
    monkeypatch.setattr("studio.views.status.NOTE_STAYS", 50)
    board, status = Board(), StatusView()
    qtbot.addWidget(status)
    status.watch(board)
    status.show()
    line = status.message
    board.problem(InputError("no such thing"), "opening x")
    assert line.text.text() == "opening x: no such thing" and not line.details.isVisible()
    board.say("a note has to wait while a problem is new")
    qtbot.wait(120)
    assert line.text.text() == "opening x: no such thing"
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert line.text.text() == "a note has to wait while a problem is new"
    qtbot.waitUntil(lambda: not line.text.text(), timeout=3000)


def test_details_open_a_dialog_with_text_to_copy(studio, qtbot):
    studio.board.problem(ValueError("odd"), "fitting")
    qtbot.mouseClick(child(studio, QToolButton, "status.details"), Qt.MouseButton.LeftButton)
    box = studio.window.findChild(QMessageBox, "dialog.details")
    assert "ValueError" in box.informativeText()
    assert box.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    box.close()


def test_a_job_shows_its_progress_and_is_cancelled_by_its_button(opened, qtbot):
    released = Event()

    def work(control):
        control.progress(0.25, "1,204/3,000")
        while not released.wait(0.01):
            control.checkpoint()

    jobs = opened.window.status.jobs
    qtbot.waitUntil(lambda: not jobs._jobs, timeout=30000)  # of the start
    job = Job("embedding", work)
    ended = []
    job.cancelled.connect(lambda: ended.append(True))
    opened.board.run(opened.context.lanes.batch, job)
    row = jobs._row
    qtbot.waitUntil(lambda: row.isVisible() and row.findChild(QProgressBar).value() == 250, timeout=3000)
    assert row.job is job
    qtbot.mouseClick(row.findChild(QToolButton, "job.cancel"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(ended), timeout=3000)
    assert row.job is not job


def test_several_jobs_are_counted_and_listed(opened, qtbot):
    released = Event()
    jobs = opened.window.status.jobs
    qtbot.waitUntil(lambda: not jobs._jobs, timeout=30000)
    for lane in opened.context.lanes.all[2:]:
        opened.board.run(lane, Job(f"work of {lane.objectName()}", lambda control: released.wait(10)))
    qtbot.waitUntil(jobs.more.isVisible, timeout=3000)
    others = len(jobs._jobs) - 1  # work of the project that was opened may be among them
    assert others >= 2 and jobs.more.text() == f"+{others}"
    qtbot.mouseClick(jobs.more, Qt.MouseButton.LeftButton)
    shown = [row.job.title for row in jobs._all.findChildren(JobRow) if row.job]
    assert {"work of compute", "work of batch", "work of disk"} <= set(shown)
    jobs._all.hide()
    released.set()
    qtbot.waitUntil(lambda: not jobs._jobs, timeout=30000)
    assert not jobs.more.isVisible() and not jobs._all.findChildren(JobRow)


def test_the_device_is_found_on_a_worker_and_why_is_said(studio, qtbot):
    said = []
    studio.board.said.connect(said.append)
    qtbot.waitUntil(lambda: studio.window.status.device.text() not in ("● starting …",), timeout=60000)
    assert studio.window.status.device.text().startswith("● ")
    assert any(message.text.startswith("computing on ") for message in said)


def test_a_device_that_is_not_there_is_said(make_studio, qtbot):
    from studio.core.settings import Settings

    studio = make_studio(Settings(device="cuda:63"))
    qtbot.waitUntil(lambda: studio.window.status.message.shown.level == "problem", timeout=60000)
    assert "cuda:63" in studio.window.status.message.shown.text
    assert studio.window.status.device.text() == "● no device"


@pytest.mark.parametrize(
    ("spent", "fraction", "text"),
    [(0.5, 0.5, ""), (10, 0, ""), (10, 0.5, "0:10"), (100, 0.1, "15:00"), (3600, 0.25, "3:00:00"), (60, 1, "0:00")],
)
def test_time_left(spent, fraction, text):
    assert time_left(spent, fraction) == text


def test_an_exception_is_a_line_and_a_log_and_no_dialog(studio, qtbot):
    from studio.controllers.accidents import log_file

    try:
        raise RuntimeError("a slot went wrong\nin two lines")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    message = studio.window.status.message.shown
    assert message.level == "problem" and "what is saved is safe" in message.text
    assert "a slot went wrong" in message.details and "Traceback" not in message.details
    assert "Traceback" in log_file().read_text() and not studio.window.findChildren(QMessageBox)
