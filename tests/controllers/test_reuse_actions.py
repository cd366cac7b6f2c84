"""Copying crops to another project and merging one, from the window: asked first, done behind it."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton

from studio.controllers.reuse import NOTHING, ReuseController
from studio.core.project import Project
from tests.controllers.gallery.material import add_clip, crop, draw, label_ids


@pytest.fixture
def clip(context, tmp_path):
    return add_clip(context, tmp_path)


@pytest.fixture
def reuse(context):
    controller = ReuseController(context)
    yield controller
    controller.close()


@pytest.fixture
def other(tmp_path):
    Project.create(tmp_path / "other").close()
    return tmp_path / "other"


def choose(context, name, folder):
    dialog = context.window.findChild(QFileDialog, name)
    dialog.fileSelected.emit(str(folder))
    dialog.close()


def sentence(qtbot, context, name, ready=True):
    label = context.window.findChild(QLabel, f"{name}.sentence")
    qtbot.waitUntil(lambda: label.text() != "Looking what would change…", timeout=15_000)
    assert context.window.findChild(QPushButton, f"{name}.do").isEnabled() == ready
    return label.text()


def test_selected_crops_go_to_another_project(qtbot, context, clip, reuse, other, said):
    ids = draw(context, [crop(context, clip, frame) for frame in range(5)])
    context.actions["gallery.copy_to"].trigger()
    assert said == [NOTHING]
    context.session.selection = frozenset(ids[:3])
    context.actions["gallery.copy_to"].trigger()
    choose(context, "dialog.copy_to", other)
    assert sentence(qtbot, context, "copy_to") == "Adds 3 regions, 1 new label and 1 medium to other."
    box = context.window.findChild(QComboBox, "copy_to.choice")
    box.setCurrentIndex(1)
    assert sentence(qtbot, context, "copy_to").startswith("Adds 3 regions")
    qtbot.mouseClick(context.window.findChild(QPushButton, "copy_to.do"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(text.startswith("Adds 3 regions") for text in said), timeout=15_000)
    with Project.open(other) as project:
        assert len(project.regions()) == 3 and project.media()[0].path == "media/clip.mp4"
        assert project.next_undo().text == "copy 3 crops from project"
    assert len(context.project.project.regions()) == 5


def test_a_folder_without_a_project_is_a_sentence(qtbot, context, clip, reuse, tmp_path):
    context.session.selection = frozenset(draw(context, [crop(context, clip, 0)]))
    context.actions["gallery.copy_to"].trigger()
    (tmp_path / "empty").mkdir()
    choose(context, "dialog.copy_to", tmp_path / "empty")
    assert "is no project" in sentence(qtbot, context, "copy_to", ready=False)


def test_another_project_is_merged_with_its_heads(qtbot, context, clip, reuse, other, said):
    draw(context, [crop(context, clip, frame) for frame in range(5)])
    with Project.open(other, write=True) as project:
        from studio.core.control import Control
        from studio.core.files import sha256_of_bytes
        from studio.core.project.reuse import carry_out, plan_copy

        with Project.open(context.project.folder) as own:
            carry_out(project, plan_copy(own, None, project), "copy", False, Control())
        folder = project.models / "head-1"
        folder.mkdir()
        facts = {"labels": ["cup"], "backbone": "b", "history": 1, "scores": {}, "sha256": sha256_of_bytes(b"w")}
        (folder / "card.json").write_text(json.dumps({"name": "head-1", **facts}))
        (folder / "weights.safetensors").write_bytes(b"w")
    context.project.undo()
    assert not context.project.project.regions()
    context.actions["project.merge"].trigger()
    choose(context, "dialog.merge", other)
    assert "Copies 1 head: head-1" in sentence(qtbot, context, "merge")
    with qtbot.waitSignal(context.session.heads_came, timeout=15_000):
        qtbot.mouseClick(context.window.findChild(QPushButton, "merge.do"), Qt.MouseButton.LeftButton)
    assert len(context.project.project.regions()) == 5
    assert {row.label for row in context.project.project.regions()} == {label_ids(context)["cup"]}
    assert (context.project.folder / "models" / "head-1" / "card.json").is_file()
    context.actions["project.merge"].trigger()
    choose(context, "dialog.merge", context.project.folder)
    assert "is the project itself" in sentence(qtbot, context, "merge", ready=False)
    context.project.undo()
    assert not context.project.project.regions()
