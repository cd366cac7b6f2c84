"""Corrections by key in the real window: from the key to the frame that is drawn anew."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from studio.bench.window import close_window, open_window, until, wait
from studio.core.geometry import Box, iou_matrix
from studio.ml.device import Compute
from studio.open_project import OpenProject
from studio.state.session import PickedDetection

CORRECTIONS = 50
DECISION = 0.5
SAME = 0.5  # IoU
UNCHANGED = 0.1  # seconds in which a result that looks different is painted


class _Painted(QObject):
    """Notes when a widget was painted last."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.at = time.perf_counter()
        return False


def through_the_window(project: Path, truth: dict[int, Box], frames: list[int], compute: Compute) -> dict[str, Any]:
    """On each of `frames`, reject what is found beside the object, else confirm what is found on it.

    Returns:
        Milliseconds from the key to the painted result of the head that learned it: median, 95th percentile, worst,
        and how many corrections of either kind there were. Fits run behind them as they do in use.
    """
    studio, opened = open_window(project, compute)
    session, actions = opened.context.session, opened.context.actions
    until(lambda: session.shown is not None and session.head is not None, "the head of the project is there")
    actions["detect.live"].trigger()
    canvas = studio.window.findChild(QWidget, "video.canvas")
    assert canvas is not None
    painted = _Painted(canvas)
    spent: list[float] = []
    kinds: list[str] = []
    for frame in frames:
        if len(spent) == CORRECTIONS:
            break
        _search(opened, frame)
        action = _choose(opened, truth.get(frame))
        if action is not None:
            spent.append(1000 * _correct(opened, painted, action))
            kinds.append(action)
            wait(0.2)  # a person looks
    close_window(studio)
    return {
        "rejected": kinds.count("detect.reject"),
        "confirmed": kinds.count("detect.confirm"),
        "median_ms": round(float(np.median(spent)), 1),
        "p95_ms": round(float(np.percentile(spent, 95)), 1),
        "worst_ms": round(max(spent), 1),
    }


def _search(opened: OpenProject, frame: int) -> None:
    """Show a frame and wait for what the newest head says about it."""
    session = opened.context.session
    session.frame = frame
    until(
        lambda: (
            session.result is not None
            and session.head is not None
            and session.result.frame.number == frame
            and session.result.head == session.head.key
        ),
        f"frame {frame} was searched",
    )


def _choose(opened: OpenProject, true: Box | None) -> str | None:
    """Pick what is wrong on the frame that was searched, else what is right; returns what to say of it."""
    session = opened.context.session
    assert session.result is not None
    found = session.result.detections
    said = np.flatnonzero(found.scores >= DECISION)
    hits = iou_matrix(found.boxes[said], np.array([true]))[:, 0] > SAME if true else np.zeros(len(said), bool)
    if not len(said):
        return None
    wrong = not hits.all()
    session.picked = PickedDetection(session.result, int(said[np.flatnonzero(~hits if wrong else hits)[0]]))
    return "detect.reject" if wrong else "detect.confirm"


def _correct(opened: OpenProject, painted: _Painted, action: str) -> float:
    session = opened.context.session
    before = session.result
    came: list[float] = []  # when it arrived: a look that comes later may come after the painting too

    def note(_: object) -> None:
        if session.result is not None and session.result is not before:
            came.append(time.perf_counter())

    session.result_changed.connect(note)
    began = time.perf_counter()
    opened.context.actions[action].trigger()
    until(lambda: bool(came), "the frame was searched again", 0.002)
    # A frame that looks as before is not painted again: the result says what is drawn there already.
    until(lambda: painted.at >= came[0] or time.perf_counter() > came[0] + UNCHANGED, "the result is painted", 0.002)
    session.result_changed.disconnect(note)
    return max(painted.at, came[0]) - began
