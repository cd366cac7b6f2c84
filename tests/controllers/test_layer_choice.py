"""Layer choice in the window: compared, looked at in plot and table, one taken, and remembered with the project."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton

from studio.controllers.features.choice import ChoiceController
from studio.controllers.heads import HeadsController
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone, set_chosen_backbone
from studio.core.stages import Stage, TriedStage
from studio.views.features.choice import ChoiceView
from studio.views.theme import apply_theme
from tests.ml import taught_project
from tests.ml.looking.heads import head
from tests.moving_square import RATE

NETWORK = "resnet18-64px"
TRIED = [
    TriedStage(f"{NETWORK}@layer1:avg", Stage("layer1", "avg"), 64, 0.71, 0.05, 0.10, True),
    TriedStage(f"{NETWORK}@layer1:grid", Stage("layer1", "grid"), 256, 0.93, 0.03, 0.10, True),
    TriedStage(f"{NETWORK}@layer3:max", Stage("layer3", "max"), 256, 0.90, 0.02, 0.60, False),
    TriedStage(NETWORK, None, 512, 0.97, 0.01, 1.10, True),
]


@pytest.fixture
def folder(tmp_path):
    """Six seconds, of which every other frame is labelled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taught_project, "FRAMES", 6 * RATE)
        taught_project.make_project(tmp_path).close()
    return tmp_path / "project"


@pytest.fixture
def opened(qtbot, context):
    view = ChoiceView()
    qtbot.addWidget(view)
    view.resize(340, 520)
    view.show()
    controller = ChoiceController(context, view)
    yield context, view
    controller.close()


def use(qtbot, view):
    qtbot.mouseClick(view.findChild(QPushButton, "choice.use"), Qt.MouseButton.LeftButton)


def test_a_project_without_examples_says_what_to_do(qtbot, opened):
    context, view = opened
    assert view.findChild(QPushButton, "empty.head.try_layers").isVisible()
    project = context.project
    while project.project.position:  # everything taken back
        if not project.undo():
            break
    qtbot.waitUntil(lambda: view.findChild(QPushButton, "empty.label.draw_box").isVisible())
    assert any("draw a box" in label.text() for label in view.findChildren(QLabel))


def test_a_comparison_is_shown_and_can_be_stopped(qtbot, opened, said, monkeypatch):
    monkeypatch.setattr("studio.ml.layer_choice.ROUNDS", 2)
    context, view = opened
    action = context.actions["head.try_layers"]
    with qtbot.waitSignal(context.session.looking.part_wanted):
        action.trigger()
    assert not action.isEnabled() and len(context.lanes.batch.jobs) == 1
    qtbot.mouseClick(view.findChild(QToolButton, "job.cancel"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: action.isEnabled(), timeout=60_000)
    assert view.table.rowCount() == 0
    action.trigger()
    qtbot.waitUntil(lambda: view.table.rowCount() > 0, timeout=120_000)
    assert view.table.rowCount() == 15 and action.isEnabled() and not said
    assert view.table.item(14, 0).text() == "output"


def test_a_row_and_a_point_are_the_same_choice(qtbot, opened):
    _, view = opened
    view.set_tried(TRIED)
    plot = view._plot
    QApplication.processEvents()
    at = plot.point(2).toPoint()
    QTest.mouseClick(plot.plot.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert view.table.chosen == 2
    assert plot._label.isVisible() and "layer3 · maximum\n0.900 ± 0.020" in plot._label.toPlainText()
    view.table.selectRow(0)
    assert "layer1 · average" in plot._label.toPlainText()
    assert len(plot._front.getData()[0]) == 3


def test_what_is_taken_is_remembered_and_is_what_the_next_head_uses(qtbot, opened, said):
    context, view = opened
    view.set_tried(TRIED)
    button = view.findChild(QPushButton, "choice.use")
    assert not button.isEnabled()  # nothing is chosen
    view.table.selectRow(3)
    assert not button.isEnabled()  # it is the one already
    view.table.selectRow(1)
    use(qtbot, view)
    name = f"{NETWORK}@layer1:grid"
    with Project.open(context.project.folder) as project:
        assert chosen_backbone(project) == name and project.position == context.project.project.position
    assert "layer1 · 2 × 2" in view.findChild(QLabel, "choice.taken").text() and "layer1" in said[-1]
    assert not button.isEnabled()
    heads = HeadsController(context)
    assert heads._wanted().backbone == name
    heads.close()
    view.table.selectRow(3)
    use(qtbot, view)
    assert chosen_backbone(context.project.project) is None


def test_what_was_taken_is_there_when_the_project_is_opened_again(qtbot, context):
    set_chosen_backbone(context.project.project, f"{NETWORK}@layer3:max")
    view = ChoiceView()
    qtbot.addWidget(view)
    controller = ChoiceController(context, view)
    view.set_tried(TRIED)
    assert "layer3 · maximum" in view.findChild(QLabel, "choice.taken").text()
    assert view._plot._used == 2
    controller.close()


def test_a_read_only_project_stays_as_it_is(qtbot, opened, said):
    context, view = opened
    context.project.why_read_only = "read-only: another window has it"
    view.set_tried(TRIED)
    view.table.selectRow(0)
    use(qtbot, view)
    assert chosen_backbone(context.project.project) is None and "another window" in said[-1]


def test_examples_that_changed_are_said(qtbot, opened):
    context, view = opened
    view.set_tried(TRIED)
    stale = view.findChild(QLabel, "choice.stale")
    assert not stale.isVisible()
    context.project.undo()
    assert stale.isVisible()


def test_examples_that_changed_while_layers_are_compared_are_said(qtbot, opened, monkeypatch):
    monkeypatch.setattr("studio.controllers.features.choice.compare", lambda *_, control: TRIED)
    context, view = opened
    context.actions["head.try_layers"].trigger()
    context.project.undo()
    context.project.redo()
    qtbot.waitUntil(lambda: view.table.rowCount() > 0)
    assert view.findChild(QLabel, "choice.stale").isVisible()
    context.actions["head.try_layers"].trigger()
    qtbot.waitUntil(lambda: context.actions["head.try_layers"].isEnabled())
    assert not view.findChild(QLabel, "choice.stale").isVisible()


def test_with_a_head_it_compares_the_network_that_the_head_stands_on(qtbot, opened, said):
    from studio.ml.heads.head import save_head

    context, _ = opened
    models = context.project.project.models
    save_head(head("gone@layer1:avg", 64), models / "mine")
    context.session.looking.network = "head:mine"
    context.actions["head.try_layers"].trigger()
    qtbot.waitUntil(lambda: len(said) == 1)
    assert "on gone here" in said[0]
    (models / "mine" / "card.json").unlink()
    context.actions["head.try_layers"].trigger()
    assert "card.json" in said[1] and context.actions["head.try_layers"].isEnabled()


def test_the_score_is_called_what_it_is(opened):
    _, view = opened
    assert view.table.horizontalHeaderItem(2).text().split() == ["average", "precision"]


@pytest.mark.parametrize("network, is_chosen", [("lenet5", False), ("gone@layer1:avg", True)])
def test_a_network_that_no_head_can_use_is_one_short_sentence(qtbot, opened, said, network, is_chosen):
    context, view = opened
    if is_chosen:
        set_chosen_backbone(context.project.project, network)
    else:
        context.session.looking.network = network
    context.actions["head.try_layers"].trigger()
    qtbot.waitUntil(lambda: len(said) == 1)
    assert f"on {network.split('@')[0]} here; choose another network under Layers" in said[0] and len(said[0]) < 120
    assert view.table.rowCount() == 0


def test_it_fits_a_narrow_dock_and_both_themes(qtbot, qapp, opened):
    _, view = opened
    view.set_tried(TRIED)
    assert view.minimumSizeHint().width() <= 320
    for theme in ("light", "dark"):
        apply_theme(qapp, theme)
        QApplication.processEvents()
    view.resize(900, 300)
    QApplication.processEvents()
    assert view.table.x() > view._plot.x() + 100
