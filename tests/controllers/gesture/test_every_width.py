"""Panels that scroll are laid out at every width and at the heights where they just fit: never round and round.

A bar that comes with the height takes width away, words that wrap get higher or lower by it, and the bar may go again:
Qt then calls itself until the stack is full.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QScrollArea

from studio.controllers.features.panel import PARTS
from studio.controllers.training import TrainingController
from studio.controllers.why import WhyController
from studio.core.detections import Detections
from studio.core.registry import load
from studio.state.session import LiveShown, PickedDetection
from studio.views.training import TrainingView
from studio.views.why import WhyView
from tests.moving_square import box_at

FRAME = 9
WIDTHS = range(250, 701)
MOST = 12  # layouts for one size
pytestmark = pytest.mark.parametrize("which", ["taught"])


class Layouts(QObject):
    """Counts how often the columns of scroll areas are laid out."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Resize
        return False


def picked(person):
    import numpy as np

    boxes = np.array([box_at(FRAME)], np.float32)
    found = Detections(boxes, np.array([0.9], np.float32), np.zeros(1, np.int64))
    return PickedDetection(LiveShown(person.session.shown, found, ("cup",), "key", 0.1, 0.0), 0)


def calm(person):
    lanes = person.context.lanes
    person.until(lambda: not any(lane.jobs for lane in lanes.all))


@pytest.fixture
def panels(person, qtbot):
    """Every panel with a column that scrolls, with what it says of a picked detection."""
    kinds = {"training": (TrainingView, TrainingController), "why": (WhyView, WhyController)}
    kinds |= {name: (load(view), load(controller)) for name, _, view, controller in PARTS}
    made = {}
    person.until_there()
    person.show(FRAME)
    for name, (view_class, controller_class) in kinds.items():
        view = made[name] = view_class()
        qtbot.addWidget(view)
        person.controllers.append(controller_class(person.context, view))
        view.resize(320, 600)
        view.show()
    looking = person.session.looking
    looking.layer, looking.channel = "layer1.0.conv1", 3
    person.session.picked = picked(person)
    calm(person)
    made["reasons"].explain_wanted.emit()
    qtbot.wait(400)  # what waits until nobody goes on
    calm(person)
    return made


def test_no_panel_is_laid_out_round_and_round(person, panels, qtbot):
    assert panels["reasons"].result.isVisible() and panels["why"].findChildren(QScrollArea)[0].isVisible()
    swept = [name for name, view in panels.items() if sweep(name, view)]
    assert set(swept) >= {"training", "why", "kernel", "layers", "excites", "reasons"}


def sweep(name, view):
    """Give `view` every width, and such heights that its longest column just fits and just not."""
    areas = [area for area in view.findChildren(QScrollArea) if area.isVisible() and area.widgetResizable()]
    layouts = Layouts()
    for area in areas:
        area.widget().installEventFilter(layouts)
    for width in WIDTHS if areas else ():
        for more in (-1, 0, 1):
            layouts.count = 0
            over = max(area.widget().height() - area.viewport().height() for area in areas)
            view.resize(width, max(view.height() + over + more, 80))
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
            assert layouts.count <= MOST * len(areas), (name, view.size())
    return areas
