"""The five lanes of an open project."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject

from studio.state.jobs import Lane


class Lanes(QObject):
    """One persistent worker thread each, so that what a person waits for never stands behind what can wait.

    Attributes:
        decode: the frame under the playhead; the latest request wins.
        live: detections and feature maps of the shown frame; the latest request wins.
        compute: what a person waits for, in order: following, fitting, explaining.
        batch: whole clips, evaluation, training, in order.
        disk: thumbnails, import, export, hashing, in order.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.decode = Lane("decode", self)
        self.live = Lane("live", self)
        self.compute = Lane("compute", self)
        self.batch = Lane("batch", self)
        self.disk = Lane("disk", self)

    @property
    def all(self) -> tuple[Lane, ...]:
        return self.decode, self.live, self.compute, self.batch, self.disk

    def close(self, until: float = math.inf) -> None:
        """Stop every job at its next checkpoint, do those that are kept, and end the threads; see `Lane.close`."""
        for lane in self.all:
            lane.end()  # all at once: their last steps overlap
        for lane in self.all:
            lane.close(until)
