"""The controllers of the one gesture, on a clip with a square that moves, with real networks."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

from PySide6.QtCore import QObject

from studio.controllers.decoding import Decoder
from studio.controllers.follow import FollowController
from studio.controllers.heads import HeadsController
from studio.controllers.live import LiveController
from studio.controllers.networks import NetworksController
from studio.controllers.teach import TeachController
from studio.core.control import Control
from studio.core.project import Edit, Project, RegionRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from tests.moving_square import HEIGHT, WIDTH, box_at, write_video

FRAMES = 16
PATIENCE = 90_000  # milliseconds: machines that run tests are busy
KINDS = (NetworksController, FollowController, HeadsController, LiveController, TeachController)


def make_projects(folder):
    """Two projects with the clip, "new" and "taught": followed and fitted, with what a fit leaves in the cache."""
    from studio.ml.labelling import LabelRequest, label
    from studio.ml.networks import Networks
    from studio.ml.teaching import FitRequest, Teacher

    new, taught, networks = folder / "new", folder / "taught", Networks()
    with Project.create(new) as project:
        clip = write_video(new / "media" / "clip.mp4", FRAMES)
        project.apply(Edit.rows("new label cup", [make_label(project, "cup")]))
        add_medium(project, clip, "video", FRAMES, WIDTH, HEIGHT)
    shutil.copytree(new, taught)
    with Project.open(taught, write=True) as project:
        request = LabelRequest(taught / "media" / "clip.mp4", (box_at(0),), ("cup",))
        label(project, request, networks.backbone(), Control())
    Teacher(networks).full(FitRequest(taught), Control())
    shutil.copytree(taught / "cache", new / "cache", ignore=shutil.ignore_patterns("heads"), dirs_exist_ok=True)


class Person(QObject):
    """A window without panels: `context`, its controllers, and what a person would do."""

    def __init__(self, qtbot, context):
        super().__init__()
        self.qtbot, self.context = qtbot, context
        self.session, self.project = context.session, context.project
        self.medium = next(iter(self.project.media))
        self.decoder = Decoder(context)
        self.controllers = [kind(context) for kind in KINDS]
        self.session.go(self.medium, 0)
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

    def draw(self, box, label="cup"):
        """What the annotator does when a box was drawn; it is selected."""
        shown = self.session.shown
        row = RegionRow(
            new_id(), shown.medium, shown.number, self.label(label).id, None, *box, "human", True, None, False,
            "visible",
        )  # fmt: skip
        self.project.apply(Edit.rows(f"draw {label}", [row]))
        self.session.selection = frozenset({row.id})
        return row

    def regions(self, state="visible", label="cup"):
        wanted = self.label(label).id
        return [row for row in self.project.project.regions(label=wanted) if row.state == state]

    def until_fitted(self):
        """A follow ended, and the fit behind it."""
        self.until(lambda: not self.session.following)
        self.until(lambda: self.session.head is not None and not self.session.fitting)

    def until_there(self):
        """The head of last time was found."""
        self.until(lambda: self.session.head is not None)

    def result_on(self, frame):
        """The result on a frame, by the head of now."""
        self.show(frame)
        self.until(
            lambda: (
                self.session.result is not None
                and self.session.result.frame.number == frame
                and self.session.result.head == self.session.head.key
            )
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
def opened(qtbot, context):
    """The window on a project with the clip."""
    person = Person(qtbot, context)
    try:
        yield person
    finally:
        person.close()


def tell_when_full(person, lane):
    """Let a lane do on the processor again what found the GPU's memory full, there being none; returns what is said."""
    import torch

    from studio.ml.networks import FULL

    own = person.context.networks.on(lane)

    def on_device(work):
        try:
            return work()
        except torch.OutOfMemoryError:
            own.note = FULL
        return work()

    own.on_device = on_device
    return FULL
