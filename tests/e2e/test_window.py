"""The real window, driven by mouse and keys: open a video, draw, follow, fit, live, reject, undo, close, open again."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from studio.app import Studio
from studio.core.geometry import iou_matrix
from studio.core.project import Project
from studio.core.settings import Settings
from tests.moving_square import box_at, write_video

FRAMES = 24
PATIENCE = 120_000  # milliseconds: machines that run tests are busy
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class User:
    """Hands and eyes: only what a person could do or see."""

    def __init__(self, qtbot, studio):
        self.qtbot, self.studio = qtbot, studio

    @property
    def session(self):
        return self.studio.context.session

    @property
    def canvas(self):
        return self.studio.window.findChild(object, "video.canvas")

    def until(self, reached):
        self.qtbot.waitUntil(reached, timeout=PATIENCE)

    def drop(self, path):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, NONE)
        self.studio.window.dropEvent(event)
        self.until(lambda: self.studio.context is not None and self.session.shown is not None)

    def key(self, key, modifiers=NONE):
        window = self.studio.window
        if not window.isActiveWindow():  # off-screen nobody clicks on it, and letters act where the focus is
            window.activateWindow()
            self.until(window.isActiveWindow)
        self.canvas.setFocus()
        self.qtbot.keyClick(self.canvas, key, modifiers)

    def at(self, x, y):
        return self.canvas.viewport.to_widget(QPointF(x, y)).toPoint()

    def drag(self, start, end):
        self.qtbot.mousePress(self.canvas, LEFT, NONE, self.at(*start))
        self.qtbot.mouseMove(self.canvas, self.at(*end))
        self.qtbot.mouseRelease(self.canvas, LEFT, NONE, self.at(*end))

    def go(self, frame):
        """By the keys G, the number, Enter."""
        while self.session.frame != frame:
            self.key(Qt.Key.Key_D if self.session.frame < frame else Qt.Key.Key_A)
        self.until(lambda: self.session.shown.number == frame)

    def searched(self, frame):
        """What live detection says about a frame that is shown."""
        self.go(frame)
        self.until(
            lambda: (
                self.session.result is not None
                and self.session.head is not None
                and self.session.result.frame.number == frame
                and self.session.result.head == self.session.head.key
            )
        )
        return self.session.result.detections.above(0.5)

    def calm(self):
        self.until(lambda: not any(lane.jobs for lane in self.studio.context.lanes.all))


@pytest.fixture
def user(qtbot, tmp_path, monkeypatch):
    """With a home of their own, where projects are made."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    studios = []

    def start():
        studio = Studio(QApplication.instance(), Settings(theme="dark"))
        studios.append(studio)
        studio.window.show()
        qtbot.waitExposed(studio.window)
        return User(qtbot, studio)

    yield start
    for studio in studios:
        studio.window.close()
        assert not studio.lane.running
        studio.window.deleteLater()
        studio.deleteLater()


@pytest.mark.slow
def test_the_main_job_by_mouse_and_keys(qtbot, user, tmp_path):
    clip = write_video(tmp_path / "a clip.mp4", FRAMES)
    me = user()
    me.drop(clip)
    session, project = me.session, me.studio.context.project
    assert (session.medium.frame_count, session.shown.number) == (FRAMES, 0)

    x, y, width, height = box_at(0)
    me.key(Qt.Key.Key_W)
    me.drag((x, y), (x + width, y + height))
    drawn = project.regions_on(session.medium.id, 0)
    assert len(drawn) == 1 and drawn[0].keyframe
    assert iou_matrix([(drawn[0].x, drawn[0].y, drawn[0].width, drawn[0].height)], [box_at(0)])[0, 0] > 0.9

    me.key(Qt.Key.Key_T)
    assert session.following
    me.until(lambda: session.live and session.head is not None)  # nothing stands between T and live detection
    label = drawn[0].label
    assert [row.frame for row in project.project.regions(label=label)] == list(range(FRAMES))

    me.calm()
    found = me.searched(12)
    assert iou_matrix(found.boxes[:1], [box_at(12)])[0, 0] > 0.5
    before = session.head.key

    centre_x, centre_y = box_at(12).centre
    me.key(Qt.Key.Key_V)
    me.key(Qt.Key.Key_Tab)
    me.until(lambda: session.picked is not None)
    picked = np.array([session.picked.result.detections.boxes[session.picked.index]])
    assert (
        picked[0, 0] < centre_x < picked[0, 0] + picked[0, 2] and picked[0, 1] < centre_y < picked[0, 1] + picked[0, 3]
    )
    me.key(Qt.Key.Key_X)
    me.until(lambda: session.head.key != before)
    left = me.searched(12)
    assert not len(left) or iou_matrix(left.boxes, picked).max() < 0.5

    me.calm()
    me.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    me.until(lambda: session.head is not None and session.head.key == before)
    assert iou_matrix(me.searched(12).boxes[:1], picked)[0, 0] > 0.9

    folder, edits = project.folder, project.project.position
    me.studio.window.close()
    assert not me.studio.window.isVisible()
    with Project.open(folder) as closed:
        assert closed.position == edits and not closed.check()

    again = user()
    assert again.studio.open(folder)
    again.until(lambda: again.session.shown is not None)
    assert len(again.studio.context.project.project.regions(label=label)) == FRAMES
    again.until(lambda: again.session.head is not None)  # from the cache: nothing is trained again
    assert again.session.head.key == before
    again.key(Qt.Key.Key_L)
    assert len(again.searched(5)) == 1


@pytest.mark.slow
def test_closing_while_a_box_is_followed_loses_nothing(qtbot, user, tmp_path):
    me = user()
    me.drop(write_video(tmp_path / "long.mp4", 400))
    session, folder = me.session, me.studio.context.project.folder
    x, y, width, height = box_at(0)
    me.key(Qt.Key.Key_W)
    me.drag((x, y), (x + width, y + height))
    me.key(Qt.Key.Key_T)
    me.until(lambda: session.frame > 30)
    me.studio.window.close()
    assert not me.studio.window.isVisible()
    with Project.open(folder) as closed:
        frames = [row.frame for row in closed.regions() if row.width == row.height != 64]
        assert closed.check() == []
        assert sorted({row.frame for row in closed.regions()}) == list(range(max(frames) + 1)) and max(frames) >= 16
