"""What a trained head says of a detection, explained to the end in each way; and what may come between."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QSlider

from studio.controllers.features.reasons import ReasonsController
from studio.core.detections import Detections
from studio.core.geometry import iou_matrix
from studio.state.session import LiveShown, PickedDetection
from studio.state.veil import veil_over
from studio.views.features.reasons import ReasonsView
from tests.controllers.gesture.person import tell_when_full
from tests.moving_square import box_at

FRAME = 9
pytestmark = pytest.mark.parametrize("which", ["taught"])


class Reader:
    """Who looks at the part, in a narrow dock, with the head of the project and its detection picked."""

    def __init__(self, person, view):
        self.person, self.view = person, view
        person.until_there()
        person.show(FRAME)
        shown = person.session.shown
        boxes = np.array([box_at(FRAME)], np.float32)
        found = Detections(boxes, np.array([0.9], np.float32), np.zeros(1, np.int64))
        person.session.picked = PickedDetection(LiveShown(shown, found, ("cup",), "key", 0.1, 0.0), 0)

    def text(self, name):
        return self.view.findChild(QLabel, f"reasons.{name}").text()

    def choose(self, name, text):
        combo = self.view.findChild(QComboBox, f"reasons.{name}")
        assert combo.findText(text) >= 0, [combo.itemText(index) for index in range(combo.count())]
        combo.setCurrentText(text)
        combo.activated.emit(combo.currentIndex())

    def click(self):
        self.person.qtbot.mouseClick(self.view.findChild(QPushButton, "reasons.explain"), Qt.MouseButton.LeftButton)

    def explain(self):
        self.click()
        self.person.until(lambda: not self.person.context.lanes.compute.jobs)


@pytest.fixture
def reader(person, qtbot, monkeypatch):
    from studio.ml.reasons import methods

    monkeypatch.setattr(methods, "PATCH", 4)  # maps that take less time
    monkeypatch.setattr(methods, "STEPS", 16)
    view = ReasonsView()
    qtbot.addWidget(view)
    person.controllers.append(ReasonsController(person.context, view))
    view.resize(320, 800)
    view.show()
    return Reader(person, view)


@pytest.mark.parametrize("part", ["the crop", "the dense search"])
@pytest.mark.parametrize("way", ["Grad-CAM", "Integrated gradients", "Occlusion"])
def test_a_detection_is_explained_to_the_end(person, reader, way, part):
    reader.choose("aim", f"cup: {part}")
    reader.choose("way", way)
    reader.view.findChild(QCheckBox, "reasons.veil").setChecked(True)
    reader.explain()
    result, looking = reader.view.result, person.session.looking
    assert result.isVisible() and reader.text("title") == f"cup 0.90 on frame {FRAME}"
    assert reader.text("score").startswith("cup: score ") and "margin" in reader.text("score")
    for map_ in (result.trained, result.random):
        assert map_.height() > 90 and not map_.visibleRegion().isEmpty()
    assert result.trained.grab().toImage() != result.random.grab().toImage()
    assert "Not yet checked" not in reader.text("verdict") and "Rank correlation" in reader.text("facts")

    veil = looking.veil
    assert iou_matrix(np.array([veil.box]), np.array([box_at(FRAME)]))[0, 0] > 0.4
    assert np.count_nonzero(veil.pixels) > veil.pixels.size / 20
    reader.view.findChild(QSlider, "reasons.opacity").setValue(25)
    assert looking.veil.opacity == 0.25
    person.show(FRAME + 1)
    assert veil_over(looking.veil, person.medium, FRAME + 1, False) is None, "it is of another frame"
    person.show(FRAME)
    assert veil_over(looking.veil, person.medium, FRAME, False) is looking.veil


def test_a_map_is_seen_before_it_is_checked(person, reader):
    seen = []
    shown = reader.view.set_reasons
    reader.view.set_reasons = lambda reasons: (shown(reasons), seen.append((reasons, reader.text("verdict"))))
    reader.choose("aim", "cup: the dense search")
    reader.choose("way", "Occlusion")
    reader.explain()
    assert [reasons.random is None for reasons, _ in seen] == [True, True, False]
    assert "Not yet checked" in seen[0][1]
    rough, whole, checked = (reasons.trained for reasons, _ in seen)
    assert not np.array_equal(rough, whole) and np.array_equal(whole, checked)


def test_where_the_gpus_memory_is_full_the_processor_explains(person, reader, said, monkeypatch):
    import torch

    from studio.ml.reasons import explaining

    explain, full = explaining.explain, [torch.OutOfMemoryError("full")]

    def explain_until_full(*asked):
        found = explain(*asked)
        if full:
            raise full.pop()
        return found

    monkeypatch.setattr(explaining, "explain", explain_until_full)
    note = tell_when_full(person, "compute")
    reader.explain()
    assert not full and said.count(note) == 1 and reader.view.result.isVisible()
    reader.explain()
    assert said.count(note) == 1, "once is enough"


def test_memory_that_is_full_to_the_end_is_said(person, reader, said, monkeypatch):
    import torch

    from studio.ml.reasons import explaining

    def full(*asked):
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(explaining, "explain", full)
    reader.explain()
    assert reader.view.result.isHidden() and "OutOfMemoryError" in said[-1]
    assert reader.view.findChild(QPushButton, "reasons.explain").text() == "Explain"
