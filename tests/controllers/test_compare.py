"""Two heads beside each other: run for real, shown on the frame under the playhead, and where they differ gone to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QToolButton

from studio.controllers.compare import TOO_FEW, UNKNOWN, CompareController, overlay_of
from studio.core.comparing import RunOfHead, compare
from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.detections_file import FrameDetections
from studio.core.project import Edit, Project
from studio.core.project.heads import head_folder
from studio.state.session import ShownFrame, ShownMedium
from studio.views.compare import CompareDialog
from tests.controllers.gallery.material import make_card
from tests.ml.taught_project import FRAMES, make_project


@pytest.fixture
def folder(tmp_path):
    with make_project(tmp_path) as project:
        return project.folder


@pytest.fixture
def controller(context):
    row = context.project.project.media()[0]
    context.session.medium = ShownMedium(row.id, "clip.mp4", None, "video", FRAMES, (row.width, row.height), 25.0)
    made = CompareController(context)
    yield made
    made.close()


def opened(qtbot, context):
    context.actions["head.compare"].trigger()
    qtbot.waitUntil(lambda: context.window.findChild(CompareDialog) is not None)
    return context.window.findChild(CompareDialog)


def show(context, number):
    """As the video does when a frame was decoded."""
    row = context.project.project.media()[0]
    picture = np.zeros((row.height, row.width, 3), np.uint8)
    context.session.shown = ShownFrame(row.id, number, number / 25, picture)


def run(name, *frames):
    rows = []
    for number, boxes in enumerate(frames):
        count = len(boxes)
        found = Detections(
            np.array(boxes, np.float32).reshape(-1, 4), np.full(count, 0.9, np.float32), np.zeros(count, np.int64)
        )
        rows.append(FrameDetections(number, number / 25, found))
    return RunOfHead(name, ("cup",), rows)


def test_heads_run_over_the_clip_and_twins_agree(qtbot, context, controller, monkeypatch):
    from studio.ml.backbones.loading import load_backbone
    from studio.ml.device import choose
    from studio.ml.heads.fit import fit
    from studio.ml.heads.head import save_head

    monkeypatch.setattr("studio.ml.heads.fit.fit_dense_parts", lambda *_: ([], "takes long"))
    context.session.mode = "fixed"
    with Project.open(context.project.folder, write=True) as project:
        head = fit(project, "one", load_backbone(None, choose("cpu")), "linear", 0, Control()).head
        for name in ("one", "two"):
            save_head(head, head_folder(project, name))
        cup = project.label("cup")
        project.apply(Edit.rows("rename", [replace(cup, name="mug")]))  # heads go on saying cup
    context.project.refresh()
    dialog = opened(qtbot, context)
    with qtbot.waitSignal(context.session.shown_changed, raising=False, timeout=10):
        dialog.findChild(QPushButton, "compare.run").click()
    assert dialog.findChild(QPushButton, "compare.run").text() == "Cancel"
    summary = dialog.findChild(QLabel, "compare.summary")
    qtbot.waitUntil(lambda: summary.text().startswith(f"Of {FRAMES} frames"), timeout=60_000)
    assert "only one something on 0, only two something on 0, different things on 0" in summary.text()
    assert not dialog.findChild(QToolButton, "compare.next").isEnabled()
    first, second = dialog.panes
    assert first._score.text() == second._score.text() and first._score.text().startswith("mug F1 ")
    found = {}
    for number in range(FRAMES):
        show(context, number)
        found[number] = first.picture.overlay.detections
        assert found[number] == second.picture.overlay.detections
    assert any(each.text.startswith("mug 0.") and each.color == cup.color for each in sum(found.values(), ()))
    context.project.apply(Edit.rows("rename", [replace(cup, name="beaker")]))
    show(context, next(number for number, shown in found.items() if shown))
    assert first.picture.overlay.detections[0].text.startswith("beaker 0.")


def test_frames_on_which_they_differ_are_gone_to(qtbot, context, controller):
    make_card(context, "one")
    make_card(context, "two")
    dialog = opened(qtbot, context)
    box = (10, 10, 30, 30)
    first = run("one", [box], [box], [], [box], [box])
    second = run("two", [box], [], [], [box], [(90, 90, 30, 30)])
    controller._take(compare(first, second, {}))
    assert context.session.frame == 1
    step = dialog.findChild(QToolButton, "compare.next")
    step.click()
    assert context.session.frame == 4
    step.click()
    assert context.session.frame == 4
    dialog.findChild(QToolButton, "compare.previous").click()
    assert context.session.frame == 1
    show(context, 1)
    assert [len(pane.picture.overlay.detections) for pane in dialog.panes] == [1, 0]
    run_again = dialog.findChild(QPushButton, "compare.run")
    run_again.click()
    assert not any(pane.picture.overlay.detections for pane in dialog.panes)  # of before
    qtbot.waitUntil(lambda: run_again.text() == "Compare", timeout=20_000)
    controller._take(compare(first, second, {}))
    show(context, 1)
    dialog.strip.resize(100, 20)
    assert dialog.strip.frame_at(99) == 4 and set(dialog.strip._columns()[:20].tolist()) == {1}
    dialog.grab()
    dialog.findChild(QComboBox, "compare.first").setCurrentText("two")  # what is shown is no longer what is chosen
    assert not any(pane.picture.overlay.detections for pane in dialog.panes) and not step.isEnabled()
    dialog.close()
    qtbot.waitUntil(lambda: context.window.findChild(CompareDialog) is None)
    show(context, 2)  # nobody listens


def test_one_head_is_too_few_and_the_same_twice_is_not_run(qtbot, context, controller, said):
    context.actions["head.compare"].trigger()
    qtbot.waitUntil(lambda: said == [TOO_FEW])
    make_card(context, "one")
    make_card(context, "two")
    dialog = opened(qtbot, context)
    dialog.findChild(QComboBox, "compare.second").setCurrentText("one")
    assert not dialog.findChild(QPushButton, "compare.run").isEnabled()


def test_a_label_that_the_project_has_no_more_is_shown_by_its_name():
    (shown,) = overlay_of(run("one", [(10, 10, 30, 30)]), 0, lambda name: None).detections
    assert (shown.color, shown.text) == (UNKNOWN, "cup 0.90")
