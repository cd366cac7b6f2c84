"""A recipe's parameters as a form, and the panel of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox, QToolButton
from pytestqt.qtbot import QtBot

from studio.core.plugins import recipes
from studio.core.recipes.recipe import Recipe, form_fields
from studio.core.runs import EpochLine, Progress
from studio.views.training_curves import RunCurve
from studio.views.training_recipe import RecipeForm
from studio.views.training_run import RunPanel


def shown(qtbot: QtBot, name: str, **values: object) -> tuple[RecipeForm, Recipe]:
    recipe: Recipe = recipes[name].load()
    form = RecipeForm()
    qtbot.addWidget(form)
    form.set_recipe(recipe.says, form_fields(recipe.parameters), values)
    form.show()
    return form, recipe


@pytest.mark.parametrize("name", recipes.names)
def test_a_form_that_nobody_touched_says_what_is_shipped(qtbot: QtBot, name: str) -> None:
    form, recipe = shown(qtbot, name)
    assert recipe.read(form.values) == recipe.read({})


def test_what_is_typed_is_what_is_read(qtbot: QtBot) -> None:
    form, recipe = shown(qtbot, "fine-tune-top")
    form.set_folded(False)
    with qtbot.waitSignals([form.changed] * 7):
        form.findChild(QSpinBox, "recipe.stages").setValue(3)
        rate = form.findChild(QLineEdit, "recipe.learning_rate")
        rate.clear()
        qtbot.keyClicks(rate, "2e-4")
        form.findChild(QCheckBox, "recipe.augmented").click()
        optimizer = form.findChild(QComboBox, "recipe.optimizer")
        optimizer.setFocus()
        qtbot.keyClick(optimizer, Qt.Key.Key_Down)
    read = recipe.read(form.values)
    assert (read.stages, read.learning_rate, read.augmented, read.optimizer) == (3, 2e-4, False, "adamw")


def test_values_of_an_earlier_run_are_shown(qtbot: QtBot) -> None:
    form, recipe = shown(qtbot, "warm-up", epochs=7, balance="sampling", learning_rate=5e-5)
    read = recipe.read(form.values)
    assert (read.epochs, read.balance, read.learning_rate) == (7, "sampling", 5e-5)


def test_another_recipe_replaces_the_fields(qtbot: QtBot) -> None:
    form, _ = shown(qtbot, "warm-up")
    recipe: Recipe = recipes["logistic"].load()
    form.set_recipe(recipe.says, form_fields(recipe.parameters), {})
    qtbot.waitUntil(lambda: form.findChild(QSpinBox, "recipe.warm_up_epochs") is None)
    assert set(form.values) == set(recipe.parameters.model_fields)


def test_more_opens_what_all_recipes_have(qtbot: QtBot) -> None:
    form, _ = shown(qtbot, "warm-up")
    assert form.findChild(QSpinBox, "recipe.seed") is None
    qtbot.mouseClick(form.findChild(QToolButton, "recipe.more"), Qt.MouseButton.LeftButton)
    seed = form.findChild(QSpinBox, "recipe.seed")
    assert seed.isVisible()
    seed.setValue(7)
    qtbot.mouseClick(form.findChild(QToolButton, "recipe.more"), Qt.MouseButton.LeftButton)
    assert not seed.isVisible() and form.values["seed"] == 7


def test_a_number_field_refuses_letters(qtbot: QtBot) -> None:
    form, _ = shown(qtbot, "warm-up")
    rate = form.findChild(QLineEdit, "recipe.learning_rate")
    rate.clear()
    qtbot.keyClicks(rate, "0x.0z1")
    assert rate.text() == "0.01"


def line(epoch: int, right: float | None) -> EpochLine:
    return EpochLine(
        epoch=epoch, loss=1.0 / epoch, validation_accuracy=right, learning_rate=0.1, images_per_second=10.0
    )


@pytest.fixture
def panel(qtbot: QtBot) -> RunPanel:
    made = RunPanel()
    qtbot.addWidget(made)
    return made


def texts(panel: RunPanel) -> dict[str, str]:
    return {label.objectName(): label.text() for label in panel.findChildren(QLabel) if label.objectName()}


def test_a_run_says_where_it_is(panel: RunPanel) -> None:
    panel.set_running("Warm-up")
    panel.set_progress(Progress(Path("run"), 2, 4, 5, 10, 0.5, 0.001, 1234.0, 2 * 10**9, 75.0))
    panel.set_epochs([line(1, 0.75)])
    said = texts(panel)
    assert said["run.loss"] == "0.500" and said["run.rate"] == "0.001" and said["run.speed"] == "1,234"
    assert said["run.memory"] == "2.0 GB" and said["run.left"] == "1:15" and said["run.accuracy"] == "0.750"
    assert said["run.says"] == "Epoch 2 of 4"


def test_there_is_a_legend_where_there_are_curves(panel: RunPanel) -> None:
    legend = next(label for label in panel.findChildren(QLabel) if "validation" in label.text())
    assert legend.isHidden()
    panel.set_epochs([line(1, 0.75)])
    assert not legend.isHidden() and not any(curve.isHidden() for curve in panel.findChildren(RunCurve))
    panel.set_epochs([])
    assert legend.isHidden() and all(curve.isHidden() for curve in panel.findChildren(RunCurve))


def test_buttons_of_a_running_and_of_an_ended_run(panel: RunPanel, qtbot: QtBot) -> None:
    names = ("pause", "cancel", "use", "resume", "open")
    buttons = {name: panel.findChild(QPushButton, f"run.{name}") for name in names}

    def there() -> set[str]:
        return {name for name, button in buttons.items() if not button.isHidden()}

    panel.set_running("Warm-up")
    assert there() == {"pause", "cancel"}
    with qtbot.waitSignal(panel.pause_wanted) as said:
        buttons["pause"].click()
    assert said.args == [True] and buttons["pause"].text() == "Go on"
    with qtbot.waitSignal(panel.cancel_wanted):
        buttons["cancel"].click()
    assert not buttons["cancel"].isEnabled()
    panel.set_ended("Warm-up", "0.91 right", head=True, resumable=False)
    assert there() == {"use", "open"}
    panel.set_ended("Warm-up", "stopped", head=False, resumable=True)
    assert there() == {"resume", "open"}
    panel.set_running("Warm-up")
    assert buttons["pause"].text() == "Pause" and buttons["cancel"].isEnabled()


def test_curves_show_what_is_known_of_each_epoch(panel: RunPanel) -> None:
    panel.set_running("Warm-up")
    panel.set_epochs([line(1, 0.5), line(2, None), line(3, 0.75)])
    curves = (panel.findChild(RunCurve, f"run.curve.{name}") for name in ("loss", "accuracy"))
    loss, accuracy = ([each.points for each in curve.lines] for curve in curves)
    assert loss == [[(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))], []]
    assert accuracy == [[], [(1, 0.5), (3, 0.75)]]


@pytest.mark.parametrize("name", ["warm-up", "embedding"])
def test_the_augmentation_has_a_preview(qtbot: QtBot, name: str) -> None:
    recipe: Recipe = recipes[name].load()
    form = RecipeForm()
    qtbot.addWidget(form)
    action = QAction("Preview the augmentation", form)
    form.set_preview(action)
    form.set_recipe(recipe.says, form_fields(recipe.parameters), {})
    form.set_folded(False)
    with qtbot.waitSignal(action.triggered):
        form.findChild(QToolButton, "recipe.preview").click()
    form.findChild(QCheckBox, "recipe.augmented").click()
    assert not recipe.read(form.values).augmented


@pytest.mark.parametrize("typed", ["-3", "1e9", "", "1e-"])
def test_a_number_out_of_its_bounds_is_asked_for_again(qtbot: QtBot, typed: str) -> None:
    form, _ = shown(qtbot, "warm-up")
    assert form.check()
    rate = form.findChild(QLineEdit, "recipe.learning_rate")
    rate.clear()
    qtbot.keyClicks(rate, typed)
    assert not form.check()
    problem = form.findChild(QLabel, "recipe.problem")
    assert problem.isVisible() and problem.text() == "Learning rate: a number from 1e-08 to 10"
    qtbot.waitUntil(rate.hasFocus)
    qtbot.keyClick(rate, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(rate, "0.01")
    assert form.check() and not problem.isVisible()
