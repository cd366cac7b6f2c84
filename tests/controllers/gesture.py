"""The controllers of the one gesture, on a clip with a square that moves, with real networks."""

from __future__ import annotations

from contextlib import contextmanager

from PySide6.QtCore import QObject

from studio.controllers.decoding import Decoder
from studio.controllers.follow import FollowController
from studio.controllers.heads import HeadsController
from studio.controllers.live import LiveController
from studio.controllers.networks import NetworksController
from studio.controllers.teach import TeachController
from studio.core.project import Edit, RegionRow, new_id
from studio.core.project.media import add_medium
from tests.moving_square import HEIGHT, WIDTH, box_at, write_video

PATIENCE = 60_000  # milliseconds: machines that run tests are busy
KINDS = (NetworksController, FollowController, HeadsController, LiveController, TeachController)


class Gesture(QObject):
    """A window without widgets: `context`, its controllers, and what a person would do in it."""

    def __init__(self, qtbot, context, medium):
        super().__init__()
        self.qtbot, self.context, self.medium = qtbot, context, medium
        self.session, self.project = context.session, context.project
        self.decoder = Decoder(context)
        self.controllers = [kind(context) for kind in KINDS]
        self.session.go(medium, 0)
        self.until(lambda: self.session.shown is not None)

    def until(self, condition):
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def do(self, action):
        self.context.actions[action].trigger()

    def label(self, name="cup"):
        return next(row for row in self.project.labels.values() if row.name == name)

    def show(self, frame):
        self.session.frame = frame
        self.until(lambda: self.session.shown is not None and self.session.shown.number == frame)

    def draw(self, frame, box, label="cup"):
        """What the annotate controller does when a box was drawn."""
        row = RegionRow(
            new_id(), self.medium, frame, self.label(label).id, None, *box, "human", True, None, False, "visible"
        )  # fmt: skip
        self.project.apply(Edit.rows(f"draw {label}", [row]))
        return row

    def regions(self, state="visible", label="cup"):
        wanted = self.label(label).id
        return [row for row in self.project.project.regions(label=wanted) if row.state == state]

    def follow(self, frame=0):
        """Draw the square's box on a frame and follow it to its end; the head is fitted and live after."""
        self.draw(frame, box_at(frame))
        self.do("track.forward")
        self.until(lambda: not self.session.following)
        self.until(lambda: self.session.head is not None and not self.session.fitting)

    def result_on(self, frame):
        """The result on a frame, by the head of now."""
        self.show(frame)
        self.until(
            lambda: self.session.result is not None
            and self.session.result.frame.number == frame
            and self.session.result.head == self.session.head.key
        )
        return self.session.result

    def close(self):
        for lane in self.context.lanes.all:
            lane.end()
        for controller in self.controllers:
            controller.close()
        self.decoder.close()
        self.context.lanes.close()


@contextmanager
def opened(qtbot, context, frames=60, **facts):
    """The window on a project with the clip."""
    path = write_video(context.project.folder / "media" / "clip.mp4", frames, **facts)
    row = add_medium(context.project.project, path, "video", frames, WIDTH, HEIGHT)
    context.project.refresh()
    gesture = Gesture(qtbot, context, row.id)
    try:
        yield gesture
    finally:
        gesture.close()
