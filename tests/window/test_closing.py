"""Closing hides at once, ends everything and loses nothing; neither does a killed process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest
from PySide6.QtCore import QEvent, QThread
from PySide6.QtWidgets import QApplication, QDockWidget

from studio.controllers.edits import LARGE, apply_edit, plan_and_apply, write_behind
from studio.core.errors import StudioError
from studio.core.project import Edit, LabelRow, MediumRow, Project, TrackRow, new_id
from studio.core.project.labels import rename_label
from studio.core.project.window_lock import acquire
from studio.core.recent import last_place
from studio.open_project import OpenProject
from studio.state.jobs import Job
from tests.moving_square import write_video


def label(name):
    return Edit.rows(f"label {name}", [LabelRow(new_id(), name, "#4c9aff", "")])


def busy(control):
    """A job that looks at its control every 50 ms."""
    while True:
        time.sleep(0.05)
        control.checkpoint()


def gone(thing):
    QApplication.sendPostedEvents()  # the ends of jobs come before the deletion, as in an event loop
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    return thing() is None


def test_closing_hides_within_a_second_and_keeps_every_edit(make_studio, folder):
    studio = make_studio()
    studio.open(folder)
    for lane in (*studio.context.lanes.all, studio.lane):
        studio.board.run(lane, Job("work", busy))
    studio.context.project.apply(label("late"))
    hidden = []
    studio.window.closing.connect(lambda: hidden.append(not studio.window.isVisible()))
    studio.window.close()
    assert hidden == [True] and studio.context is None and not studio.lane.running
    with Project.open(folder) as project:
        assert "late" in [row.name for row in project.labels()]


def test_edits_that_wait_behind_an_import_are_written_at_the_end(make_studio, folder):
    studio = make_studio()
    studio.open(folder)
    context = studio.context
    marks = LabelRow(new_id(), "cup", "#4c9aff", "")
    context.project.apply(Edit.rows("label cup", [marks]))
    studio.board.run(context.lanes.disk, Job("add big.mp4", busy))
    many = [TrackRow(new_id(), 1, marks.id) for _ in range(LARGE + 1)]
    medium = MediumRow(1, "media/clip.mp4", "video", 4, "0" * 64, 100, 64, 48)
    apply_edit(context, Edit.rows("many", [medium, *many]))
    plan_and_apply(context, "rename", lambda project, name: rename_label(project, marks, name), "mug")
    studio.window.close()
    with Project.open(folder) as project:
        assert len(project.tracks()) == len(many) and project.label("mug").id == marks.id


def test_a_closed_project_leaves_no_thread_timer_or_widget(studio, folder, qtbot):
    before = len(studio.window.findChildren(QDockWidget))
    watched = []
    for _ in range(3):
        studio.open(folder)
        context = studio.context
        watched += [weakref.ref(context.project), weakref.ref(context.session), weakref.ref(context.lanes)]
        threads = [lane._thread for lane in context.lanes.all]
        studio.board.run(context.lanes.batch, Job("work", busy))
        del context
        studio.close_project()
        qtbot.waitUntil(lambda threads=threads: not any(thread.isRunning() for thread in threads), timeout=20000)
    del threads
    assert not [
        child for child in studio.findChildren(QThread) if child.objectName() != "program" and child.isRunning()
    ]
    qtbot.waitUntil(lambda: all(gone(each) for each in watched), timeout=5000)
    assert len(studio.window.findChildren(QDockWidget)) == before == 0


def test_a_project_is_closed_without_waiting_for_its_work(studio, folder):
    studio.open(folder)
    studio.board.run(studio.context.lanes.batch, Job("stubborn", lambda control: time.sleep(1.5)))
    time.sleep(0.1)
    started = time.monotonic()
    studio.close_project()
    assert time.monotonic() - started < 1.0 and studio.window.start.isVisible()


def test_what_could_not_be_saved_of_a_closed_project_is_said_on_the_start_page(opened, qtbot):
    go = threading.Event()

    def full(project):
        go.wait(10)
        raise StudioError("the disk is full")

    write_behind(opened.context, "rename cup", full)
    opened.close_project()
    go.set()
    start = opened.window.start
    qtbot.waitUntil(lambda: start.problem.text() != "", timeout=20000)
    assert start.problem.text() == "not saved: rename cup: the disk is full" == opened.window.status.message.shown.text
    opened.window.close()
    assert opened.unsaved == []  # it was seen


def test_what_could_not_be_saved_at_the_end_is_known_to_whoever_ends(opened):
    write_behind(opened.context, "rename cup", lambda project: rename_label(project, LabelRow(1, "", "", ""), "mug"))
    opened.window.close()
    assert len(opened.unsaved) == 1 and opened.unsaved[0].startswith("not saved: rename cup: ")


def test_an_edit_that_waits_for_others_keeps_nobody_from_closing(opened, folder, qtbot):
    with Project.open(folder, write=True) as other:
        other.connection.execute("BEGIN IMMEDIATE")
        opened.context.project.apply(label("late"))
        started = time.monotonic()
        opened.close_project()
        assert time.monotonic() - started < 1.0 and opened.window.start.isVisible()
        qtbot.wait(300)
        other.connection.execute("COMMIT")
        qtbot.waitUntil(lambda: "late" in [row.name for row in other.labels()], timeout=20000)


def test_a_closed_project_stays_locked_until_it_is_written_and_is_opened_again_for_writing(opened, folder, qtbot):
    go = threading.Event()
    apply = label("late")
    write_behind(opened.context, "slow", lambda project: (go.wait(20), project.apply(apply)))
    opened.close_project()
    assert acquire(folder) is None
    assert opened.open(folder) and not opened.context.project.read_only
    opened.context.project.apply(label("meanwhile"))
    go.set()
    qtbot.waitUntil(lambda: len(opened.context.project.labels) == 3, timeout=20000)
    assert acquire(folder) is None
    opened.close_project()
    qtbot.waitUntil(lambda: not opened.findChildren(OpenProject), timeout=20000)
    with acquire(folder):
        pass


def test_work_of_a_closed_project_leaves_the_status_bar(studio, folder, qtbot):
    studio.open(folder)
    for title in ("first", "second"):
        studio.board.run(studio.context.lanes.batch, Job(title, busy))
    jobs = studio.window.status.jobs
    qtbot.waitUntil(jobs.isVisible, timeout=3000)
    studio.close_project()
    qtbot.waitUntil(lambda: not jobs.isVisible() and not jobs._jobs, timeout=30000)  # torch may be loading


def test_actions_of_a_closed_project_do_nothing(studio, folder, qtbot):
    studio.open(folder)
    old = studio.context
    calls = []
    old.actions["head.fit"].triggered.connect(lambda: calls.append("old"))
    studio.close_project()
    studio.open(folder)
    studio.context.actions["head.fit"].setEnabled(True)
    studio.window.actions_by_id["head.fit"].trigger()
    assert calls == [] and studio.context.actions is not old.actions


def test_the_place_is_known_after_a_kill_too(monkeypatch, make_studio, folder, tmp_path, qtbot):
    monkeypatch.setattr("studio.controllers.place.KEEP_AFTER", 50)
    studio = make_studio()
    studio.open(folder)
    write_video(tmp_path / "clip.mp4", 9)
    studio.context.session.media_offered.emit([tmp_path / "clip.mp4"])
    qtbot.waitUntil(lambda: studio.context.session.shown is not None, timeout=20000)
    medium, before = studio.context.session.medium.id, studio.context.project.project.position
    studio.context.session.frame = 6
    qtbot.waitUntil(lambda: last_place(folder) == (medium, 6), timeout=20000)
    assert studio.context.project.project.position == before  # no edit


KILLED = """
import os, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from studio.app import Studio
from studio.core.project import Edit, LabelRow, new_id
application = QApplication([])
studio = Studio(application)
studio.window.show()
studio.open(Path(sys.argv[1]))
for number in range(50):
    studio.context.project.apply(Edit.rows(f"label {number}", [LabelRow(new_id(), f"l{number}", "#4c9aff", "")]))
print("ready", flush=True)
application.exec()
"""


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_after_a_kill_everything_is_there_and_the_project_can_be_written(studio, folder):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert studio.open(folder) and not studio.context.project.read_only
    assert {f"l{number}" for number in range(50)} <= {row.name for row in studio.context.project.labels.values()}
    assert studio.window.status.saved.text() == "✓ saved · 50 edits"
    assert not studio.context.project.project.check()


STUBBORN = """
import sys, time
from studio import app
from studio.cli.main import run
from studio.state.jobs import Job
class Stubborn(app.Studio):
    def open(self, folder):
        super().open(folder)
        for lane in (self.context.lanes.compute, self.lane):
            self.board.run(lane, Job("importing", lambda control: time.sleep(60)))
        self.window.close()
app.Studio = Stubborn
sys.exit(run([sys.argv[1]]))
"""


def test_work_that_saves_nothing_does_not_keep_the_program_from_ending(folder):
    done = subprocess.run([sys.executable, "-c", STUBBORN, str(folder)], capture_output=True, text=True, timeout=45)
    assert done.returncode == 0 and "Traceback" not in done.stderr and "QThread" not in done.stderr


LATE = """
import sys
from studio import app
from studio.cli.main import run
from studio.core.project import Edit, LabelRow, Project, database, new_id
database.LOCK_WAIT_S = 0.2
class Late(app.Studio):
    def open(self, folder):
        super().open(folder)
        self.other = Project.open(folder, write=True)
        self.other.connection.execute("BEGIN IMMEDIATE")
        self.context.project.apply(Edit.rows("label late", [LabelRow(new_id(), "late", "#4c9aff", "")]))
        self.window.close()
app.Studio = Late
sys.exit(run([sys.argv[1]]))
"""


def test_what_the_end_could_not_save_is_a_line_in_the_terminal(folder):
    done = subprocess.run([sys.executable, "-c", LATE, str(folder)], capture_output=True, text=True, timeout=120)
    *_, last = done.stderr.splitlines()  # off-screen, Qt says more
    assert done.returncode == 1 and "Traceback" not in done.stderr and not done.stdout
    assert last.startswith("error: not saved: the last edit: label late: another process is writing to ")


@pytest.mark.skipif(os.name == "nt", reason="ends by signal")
def test_the_command_opens_a_project_and_ends_at_ctrl_c(folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    lock = folder / "project.lock"
    until = time.monotonic() + 60
    while not lock.exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in err and not out


def test_without_a_display_one_line_says_so(folder):
    bare = {name: text for name, text in os.environ.items()
            if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}  # fmt: skip
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a display")
    for words in ([], [str(folder)], ["window"], [str(folder / "nothing")]):
        done = subprocess.run([sys.executable, "-m", "studio", *words], env=bare, capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and "no display" in done.stderr
