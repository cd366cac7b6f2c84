"""A camera made of numbers: every frame shows its own, at a pace, until it is unplugged."""

from __future__ import annotations

import threading
import time

import cv2

from tests.core.media.clips import numbered


class FakeCapture:
    """What `cv2.VideoCapture` offers; `unplug` ends it, `hang` makes a read wait until `let_go`."""

    def __init__(self, pace=0.004, rate=25.0, size=(128, 48), opened=True):
        self.pace, self.opened, self.released = pace, opened, False
        self.settings = {cv2.CAP_PROP_FPS: rate}
        self.asked = {}
        self.size = size
        self.count = 0
        self.gone = False
        self.stumbles = 0
        self.hanging = threading.Event()
        self.hanging.set()

    def isOpened(self):
        return self.opened

    def read(self):
        time.sleep(self.pace)
        self.hanging.wait(20)
        if self.gone:
            return False, None
        if self.stumbles:
            self.stumbles -= 1
            return False, None
        self.count += 1
        return True, numbered((self.count - 1) % 256, *self.size)[..., ::-1]

    def get(self, prop):
        return self.settings.get(prop, 0.0)

    def set(self, prop, value):
        self.asked[prop] = value
        return True

    def release(self):
        self.released = True
