"""Live detection with heads that cannot search densely, and what they take a window for."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from studio.controllers import live
from studio.controllers.live import LiveController
from studio.controllers.overlays import UNKNOWN, Labels, guesses_of
from studio.controllers.teach import TeachController
from studio.core.detections import Detections
from studio.core.geometry import Box, Window
from studio.core.project import Edit, LabelRow, MediumRow, RegionRow
from studio.core.project.corrections import reject
from studio.state.session import ActiveHead, LiveShown, PickedDetection, ShownFrame, ShownMedium

MEDIUM = MediumRow(7, "media/clip.mp4", "video", 4, "0" * 64, 100, 160, 96)
PICTURE = np.zeros((96, 160, 3), np.uint8)


def head(name: str, dense: bool = False, layers: bool = True) -> ActiveHead:
    card = SimpleNamespace(why_not_dense=None if dense else "it is thin", name=name)
    inside = SimpleNamespace(card=card, dense=(1,) if dense else (), layers=object() if layers else None)
    return ActiveHead(name, name, ("cup",), inside)


@pytest.fixture
def asked(monkeypatch):
    """What the live lane was asked to search; it guesses about what it was told to look at."""
    found = []

    def search(networks, wish, control):
        found.append(wish)
        looked = wish.looked_at or Box(40, 8, 80, 80)
        guesses = SimpleNamespace(window=Window(int(looked.x), int(looked.y), int(looked.width)), best=(("cup", 0.9),))
        guesses = None if wish.mode == "dense" else guesses
        return SimpleNamespace(detections=Detections(), labels=("cup",), seconds=0.01, note=None, guesses=guesses)

    monkeypatch.setattr(live, "search", search)
    return found


@pytest.fixture
def context_live(context, asked):
    context.project.apply(Edit.rows("add clip", [MEDIUM]))
    controller = LiveController(context)
    session = context.session
    session.medium = ShownMedium(MEDIUM.id, "clip.mp4", None, "video", 100, (160, 96), 25.0)
    session.shown = ShownFrame(MEDIUM.id, 3, 0.1, PICTURE)
    yield context
    controller.close()


def test_a_head_without_a_dense_part_gets_another_mode_and_the_next_one_dense_again(qtbot, context_live, asked, said):
    session = context_live.session
    session.mode, session.head = "dense", head("mug")
    session.live = True
    qtbot.waitUntil(lambda: session.result is not None)
    assert (session.mode, asked[-1].mode) == ("fixed", "fixed") and len(asked) == 1
    assert said[-1] == "mug does not search every place: it is thin. It looks at the centre instead (mode fixed)."
    session.head = head("live", dense=True, layers=False)
    qtbot.waitUntil(lambda: asked[-1].mode == "dense")
    assert session.mode == "dense" and session.live
    session.head = head("thin", layers=False)
    qtbot.waitUntil(lambda: asked[-1].mode == "search")
    session.mode = "track"  # the user's own choice stays
    session.head = head("live", dense=True, layers=False)
    qtbot.waitUntil(lambda: asked[-1].mode == "track" and asked[-1].head.name == "live")
    assert session.mode == "track"


def test_guesses_are_about_the_selected_region(qtbot, context_live, asked):
    session, project = context_live.session, context_live.project
    label = next(row.id for row in project.labels.values() if row.name == "cup")
    row = RegionRow(900, MEDIUM.id, 3, label, None, 10.0, 12.0, 30.0, 30.0, "human", True, None, False, "visible")
    project.apply(Edit.rows("a cup", [row]))
    session.mode, session.head, session.live = "fixed", head("mug"), True
    qtbot.waitUntil(lambda: session.result is not None)
    assert session.result.guesses == (("cup", 0.9),) and session.result.guessed == Box(40, 8, 80, 80)
    session.selection = frozenset({900})
    qtbot.waitUntil(lambda: session.result.guessed == Box(10, 12, 30, 30))
    session.selection = frozenset()
    qtbot.waitUntil(lambda: session.result.guessed == Box(40, 8, 80, 80))


def test_a_correction_of_a_trained_head_is_stored_and_says_when_it_is_learned(context_live, said):
    session, project = context_live.session, context_live.project
    controller = TeachController(context_live)
    session.head_name, session.head = "mug", head("mug")
    found = Detections(np.array([[20, 20, 30, 30]], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int64))
    session.result = LiveShown(session.shown, found, ("cup",), "mug", 0.01, 0.0)
    session.picked = PickedDetection(session.result, 0)
    controller._correct(reject, False)
    (row,) = project.project.regions()
    assert row.state == "rejected" and said[-1].startswith("Stored. The head mug learns it when it is trained again")
    controller.close()


def test_guesses_are_drawn_in_the_colours_of_labels() -> None:
    cup = LabelRow(3, "cup", "#4c9aff", "1")
    labels = Labels({3: cup}, {}, {"mug": cup}.get)
    shown = ShownFrame(1, 5, 0.2, PICTURE)
    result = LiveShown(
        shown, Detections(), ("mug",), "h", 0.1, 0.0, (("mug", 0.7), ("background", 0.2)), Box(0, 0, 9, 9)
    )
    found = guesses_of(result, labels)
    assert found is not None and found.box == Box(0, 0, 9, 9)
    assert [(row.name, row.probability, row.color) for row in found.rows] == [
        ("cup", 0.7, "#4c9aff"), ("background", 0.2, UNKNOWN)
    ]  # fmt: skip
    assert guesses_of(LiveShown(shown, Detections(), ("mug",), "h", 0.1, 0.0), labels) is None


def test_the_export_dialog_offers_onnx_with_its_ending(context):
    from studio.controllers.head_files import ONNX, HeadFiles

    files = HeadFiles(context, lambda: None)
    context.session.head = head("mug")
    context.actions["head.export"].trigger()
    dialog = context.window.findChild(QFileDialog, "head.export_dialog")
    assert dialog is not None and dialog.selectedFiles()[0].endswith("cup-1.zip")
    dialog.selectNameFilter(ONNX)
    dialog.filterSelected.emit(ONNX)
    assert dialog.selectedFiles()[0].endswith("cup-1.onnx")
    dialog.reject()
    files.close()
