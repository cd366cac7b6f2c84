"""Recipes run from the training dock, with real engines."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QMenu, QPushButton, QSpinBox

from studio.controllers.training import TrainingController
from studio.controllers.training_runs import outcome
from studio.controllers.training_work import read_past
from studio.core.control import Control
from studio.core.project import Project
from studio.core.project.chosen_backbone import set_chosen_backbone
from studio.core.project.heads import active_head, head_names, rename_head
from studio.core.run_files import delete_run, rename_named_head
from studio.core.runs import RunRecord, run_folder, runs_of, write_run
from studio.views.training import TrainingView

taught = pytest.mark.parametrize("which", ["taught"])


def choose(person, dock, name):
    combo = dock.findChild(QComboBox, "training.recipe")
    combo.setCurrentIndex(combo.findData(name))
    combo.activated.emit(combo.currentIndex())
    person.until(lambda: dock.findChild(QPushButton, "training.train").isVisible())


def press(dock, name):
    dock.findChild(QPushButton, name).click()


def says(dock):
    return dock.findChild(QLabel, "run.says").text()


def until_ended(person, dock):
    person.until(lambda: dock.findChild(QPushButton, "training.train").text() == "Train")


@taught
def test_a_recipe_is_run_and_its_head_is_used(person, dock):
    choose(person, dock, "logistic")
    assert not dock.findChild(QComboBox, "training.kernel").isVisible()
    press(dock, "training.train")
    until_ended(person, dock)
    project = person.context.project.project
    (run,) = runs_of(project)
    assert (run.recipe, run.state) == ("logistic", "done") and run.head in head_names(project)
    assert f"kept as {run.head}" in says(dock)
    press(dock, "run.use")
    assert person.session.head_name == run.head
    person.until(lambda: person.session.head is not None and person.session.head.name == run.head)
    assert dock.findChild(QLabel, "training.time").text().startswith("Trained by a recipe in ")
    person.session.head_name = "live"
    rename_head(project, run.head, "other")
    press(dock, "run.use")
    assert person.session.head_name == "live"


@taught
def test_the_form_remembers_what_the_last_run_was_given(person, dock):
    choose(person, dock, "fast-transfer")
    dock.findChild(QSpinBox, "recipe.epochs").setValue(3)
    press(dock, "training.train")
    until_ended(person, dock)
    choose(person, dock, "nearest-mean")
    choose(person, dock, "fast-transfer")
    person.until(lambda: dock.findChild(QSpinBox, "recipe.epochs") is not None)
    assert dock.findChild(QSpinBox, "recipe.epochs").value() == 3


@taught
def test_back_to_the_svm_the_dock_fits_again(person, dock):
    choose(person, dock, "logistic")
    combo = dock.findChild(QComboBox, "training.recipe")
    combo.setCurrentIndex(combo.findData("svm"))
    combo.activated.emit(combo.currentIndex())
    assert dock.findChild(QPushButton, "training.fit").isVisible()
    assert not dock.findChild(QPushButton, "training.train").isVisible()


def test_a_project_with_nothing_to_learn_from_says_so(person, dock):
    person.draw((10.0, 10.0, 40.0, 40.0))
    person.until(lambda: dock.findChild(QComboBox, "training.recipe").isVisible())
    choose(person, dock, "logistic")
    press(dock, "training.train")
    until_ended(person, dock)
    assert says(dock).startswith("all crops are of the label cup: there is nothing to tell it from")


@taught
def test_a_stopped_run_is_offered_on_reopening_and_goes_on_to_its_end(person, dock):
    choose(person, dock, "from-scratch")
    dock.findChild(QSpinBox, "recipe.epochs").setValue(60)
    press(dock, "training.train")
    (job,) = person.context.lanes.batch.jobs
    epochs = []
    job.published.connect(lambda said: epochs.append(getattr(said, "line", None)))
    person.until(lambda: any(epochs))
    press(dock, "run.cancel")
    until_ended(person, dock)
    project = person.context.project.project
    before = set(head_names(project))
    (head,) = (name for name in before if name.startswith("from-scratch"))
    person.session.head_name = head
    person.until(lambda: person.session.head is not None and person.session.head.name == head)
    stopped = person.session.head.key
    again = TrainingView()
    person.context.window.add_dock("again", "Again", again)
    person.controllers.append(TrainingController(person.context, again))
    again.show()
    person.until(lambda: again.findChild(QPushButton, "run.resume").isVisibleTo(again))
    assert "stopped after" in says(again)
    press(again, "run.resume")
    until_ended(person, again)
    (run,) = runs_of(person.context.project.project)
    assert (run.state, run.epochs, run.head) == ("done", 60, head), says(again)
    assert set(head_names(project)) == before
    person.until(lambda: person.session.head.key != stopped)  # the active head is the better one by itself


@taught
def test_the_svm_is_trained_as_a_run_too_to_compare_others_with(person, dock):
    press(dock, "training.as_run")
    until_ended(person, dock)
    (run,) = runs_of(person.context.project.project)
    assert (run.recipe, run.state, run.parameters["kernel"]) == ("svm", "done", "rbf"), says(dock)


@taught
@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_run_that_ended_early_goes_on_from_the_runs_dock(person, dock, state):
    choose(person, dock, "from-scratch")
    dock.findChild(QSpinBox, "recipe.epochs").setValue(20)
    press(dock, "training.train")
    (job,) = person.context.lanes.batch.jobs
    epochs = []
    job.published.connect(lambda said: epochs.append(said.line))
    person.until(lambda: any(epochs))
    press(dock, "run.cancel")
    until_ended(person, dock)
    (run,) = runs_of(person.context.project.project)
    assert run.state == "cancelled"
    project = person.context.project.project
    write_run(run_folder(project, run.name), run.model_copy(update={"state": state}))
    assert read_past(project.folder, "", Control()).resumable
    person.session.resume_wanted.emit(run.name)
    person.until(lambda: bool(person.context.lanes.batch.jobs))
    until_ended(person, dock)
    (run,) = runs_of(person.context.project.project)
    assert (run.state, run.epochs) == ("done", 20), says(dock)


@taught
def test_a_network_of_its_own_needs_no_backbone_that_was_chosen(person, dock):
    set_chosen_backbone(person.context.project.project, "resnet18-64px@layer3:avg")
    choose(person, dock, "from-scratch")
    dock.findChild(QSpinBox, "recipe.epochs").setValue(1)
    press(dock, "training.train")
    until_ended(person, dock)
    (run,) = runs_of(person.context.project.project)
    assert (run.state, run.backbone) == ("done", "")


def test_what_a_record_says_is_not_believed():
    facts = {"name": "x", "recipe": "svm", "parameters": {}, "started": "", "state": "done", "head": "svm-1"}
    good = {"accuracy": 0.9, "n": 1200, "interval": [0.8, 0.95]}
    for validation, says in ((good, "0.90 right (0.80–0.95) of 1,200"), ({**good, "interval": None}, "0.90 right of")):
        assert outcome(RunRecord(**facts, validation=validation)).startswith(says)
    for wrong in ({}, {"accuracy": "x"}, {"n": None}, {"interval": [1]}, {"interval": "ab"}):
        record = RunRecord(**facts, validation={**good, **wrong} if wrong else wrong)
        assert outcome(record) == "trained; no validation crops to judge it by; kept as svm-1"
    as_it_is = outcome(RunRecord(**facts | {"recipe": "as-is"}))
    assert as_it_is.startswith("nothing was trained: ") and as_it_is.endswith("top5.csv of the run; kept as svm-1")


@taught
def test_a_head_is_renamed_and_deleted_where_it_is_chosen(qtbot, person, dock, said):
    window, heads = person.context.window, dock.findChild(QComboBox, "training.head")
    person.do("head.rename")
    assert said[-1].startswith("The live head has no name")
    press(dock, "training.as_run")
    until_ended(person, dock)
    press(dock, "run.use")
    person.until(lambda: person.session.head is not None and person.session.head.name == "svm-1")

    (menu,) = dock.findChildren(QMenu, "training.more_menu")
    menu.actions()[0].trigger()
    dialog = window.findChild(QDialog, "name.dialog")
    field, keep = dialog.findChild(QLineEdit, "name.field"), dialog.findChild(QPushButton, "name.keep")
    assert field.text() == "svm-1" and not keep.isEnabled()
    field.setText("good")
    keep.click()
    person.until(lambda: person.session.head.name == "good")
    assert (heads.currentData(), heads.findData("svm-1")) == ("good", -1)
    person.until(lambda: says(dock).endswith("kept as good"))
    project = person.context.project.project
    assert active_head(project) == "good" and runs_of(project)[0].head == "good"

    menu.actions()[1].trigger()
    dialog = window.findChild(QDialog, "head.delete_dialog")
    assert "goes. The live head" in dialog.findChild(QLabel, "head.delete_dialog.sentence").text()
    dialog.findChild(QPushButton, "head.delete_dialog.do").click()
    person.until(lambda: heads.findData("good") == -1 and person.session.head_name == "live")
    person.until(lambda: "kept as" not in says(dock))
    assert not head_names(project) and active_head(project) is None and runs_of(project)[0].head == ""
    delete_run(project, runs_of(project)[0].name)
    person.session.runs_came.emit()
    person.until(lambda: not dock.run.isVisible())


@taught
def test_who_comes_back_from_a_terminal_finds_the_heads_of_there(qtbot, person, dock, qapp):
    press(dock, "training.as_run")
    until_ended(person, dock)
    press(dock, "run.use")
    person.until(lambda: person.session.head is not None and person.session.head.name == "svm-1")
    with Project.open(person.context.project.folder, write=True) as elsewhere:
        rename_named_head(elsewhere, "svm-1", "good")
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert person.session.head_name == "good" == dock.findChild(QComboBox, "training.head").currentData()
    person.until(lambda: says(dock).endswith("kept as good"))


@taught
def test_the_menu_brings_the_dock_forward_with_a_recipe(person, dock):
    dock.parentWidget().hide()
    person.do("run.prepare")
    person.until(lambda: dock.findChild(QPushButton, "training.train").isVisible())
    assert dock.findChild(QComboBox, "training.recipe").currentData() == "warm-up"
