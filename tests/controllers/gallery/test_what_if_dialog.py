"""What a change would do is shown before it is made, measured by a real network; agreeing makes it as one step."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton

from studio.controllers.gallery.acting import HIDDEN, NOTHING
from studio.controllers.gallery.what_if import WhatIfController
from studio.core.gallery.crops import read_crops
from studio.core.project import BACKGROUND
from studio.core.project.media import add_medium
from studio.state.gallery import GalleryState, Listed
from studio.views.gallery.what_if import WhatIfDialog
from tests.controllers.gallery.material import crop, draw, label_ids

COUNT = 40


@pytest.fixture
def crops(context, tmp_path):
    """Pictures of red and of green squares; ten of the red ones, `hand`, are called `cup` as the green ones are."""
    dice = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(COUNT):
        picture = dice.integers(0, 90, (96, 96, 3), np.uint8)
        picture[16:80, 16:80, 1 if n % 2 else 2] += 150
        cv2.imwrite(str(folder / f"{n:03}.png"), picture)
    medium = add_medium(context.project.project, folder, "stills", COUNT, 96, 96)
    context.project.refresh()
    place = {"x": 16.0, "y": 16.0, "width": 64.0, "height": 64.0}
    rows = [crop(context, medium, n, "cup" if n % 2 or n < 20 else "hand", **place) for n in range(COUNT)]
    draw(context, rows)
    return rows


@pytest.fixture
def gallery(context, crops):
    gallery = GalleryState()
    gallery.set_crops(read_crops(context.project.project))
    gallery.set_shown(np.arange(COUNT))
    controller = WhatIfController(context, gallery)
    yield gallery
    controller.close()


def opened(qtbot, context):
    context.actions["gallery.what_if"].trigger()
    dialog = context.window.findChild(WhatIfDialog, "what_if")
    choose = dialog.findChild(QComboBox, "what_if.choice")
    return dialog, {choose.itemText(row): row for row in range(choose.count())}, choose


def test_mending_wrong_labels_is_seen_to_help_and_is_done(qtbot, context, crops, gallery):
    wrong = [row.id for n, row in enumerate(crops) if n % 2 == 0 and n < 20]
    context.session.selection = frozenset(wrong)
    dialog, choices, choose = opened(qtbot, context)
    assert list(choices) == ["Relabel to hand", f"Relabel to {BACKGROUND}", "Remove"]
    choose.setCurrentIndex(choices["Relabel to hand"])
    qtbot.waitUntil(lambda: bool(dialog._effects.effects), timeout=30_000)
    by_name = {effect.name: effect for effect in dialog._effects.effects}
    assert set(by_name) == {"cup", "hand"} and by_name["cup"].after >= by_name["cup"].before
    assert by_name["hand"].after > 0.9
    button = dialog.findChild(QPushButton, "what_if.do")
    qtbot.waitUntil(button.isEnabled)
    assert dialog.findChild(QLabel, "what_if.sentence").text() == "Relabel 10 crops to hand."
    with qtbot.waitSignal(context.project.changed):
        button.click()
    hand = label_ids(context)["hand"]
    assert all(row.label == hand for row in context.project.project.regions() if row.id in wrong)
    assert context.project.undo() == ["relabel 10 crops to hand"]


def test_what_cannot_be_told_is_said_and_cancelling_changes_nothing(qtbot, context, crops, gallery):
    context.session.selection = frozenset(row.id for row in crops if row.label == label_ids(context)["hand"])
    position = context.project.project.position
    dialog, choices, choose = opened(qtbot, context)
    choose.setCurrentIndex(choices["Remove"])
    note = dialog.findChild(QLabel, "what_if.note")
    qtbot.waitUntil(lambda: "Too few other crops of hand" in note.text(), timeout=30_000)
    dialog.findChild(QPushButton, "what_if.cancel").click()
    assert context.project.project.position == position
    qtbot.waitUntil(lambda: context.window.findChild(WhatIfDialog, "what_if") is None)


def test_after_crops_are_removed_the_next_one_is_selected(qtbot, context, crops, gallery):
    context.session.selection = frozenset(row.id for row in crops[3:6])
    dialog, choices, choose = opened(qtbot, context)
    choose.setCurrentIndex(choices["Remove"])
    button = dialog.findChild(QPushButton, "what_if.do")
    qtbot.waitUntil(button.isEnabled)
    button.click()
    assert len(context.project.project.regions()) == COUNT - 3
    assert context.session.selection == {crops[6].id}


def test_without_a_selection_or_of_the_past_it_says_what_to_do(context, crops, gallery, said):
    context.actions["gallery.what_if"].trigger()
    assert said == [NOTHING]
    gallery.set_shown(np.arange(1, COUNT))
    context.session.selection = frozenset({crops[0].id})
    context.actions["gallery.what_if"].trigger()
    assert said[-1] == HIDDEN and context.window.findChild(WhatIfDialog, "what_if") is None
    gallery.listed = Listed((crops[0].id,), "earlier", read_crops(context.project.project))
    context.actions["gallery.what_if"].trigger()
    assert "earlier moment" in said[-1]
