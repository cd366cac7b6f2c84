"""What becomes of a run and its head when something happens to it: bad input, going on, a folder that goes away."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError
from studio.core.project import Project
from studio.core.project.heads import head_names, rename_head
from studio.core.runs import Progress, read_metrics, read_run, runs_of
from studio.ml.heads.head import load_head
from studio.ml.recipes.keeping import FILES, keep_in_models
from studio.ml.recipes.run import CANCELLED, run_recipe
from studio.ml.recipes.task import TrainRequest

STAGE = "resnet18-64px@layer3:avg"
FAST = {"epochs": 8, "units": 8}


def asked(folder, recipe="fast-transfer", name=None, resume=None, backbone=None, **parameters):
    return TrainRequest(folder, recipe, parameters, "cpu", backbone, name, resume)


def at_epoch(number, what):
    """A control that does something when an epoch begins."""
    done = []

    def hear(value):
        if isinstance(value, Progress) and value.epoch == number and not done:
            done.append(number)
            what(control)

    control = Control(on_partial=hear)
    return control


def stopped(folder, **wish):
    """A run that was cancelled in its third epoch."""
    record = run_recipe(asked(folder, **FAST, **wish), at_epoch(3, Control.cancel))
    assert record.state == "cancelled" and record.head
    return record


def heads(folder):
    with Project.open(folder) as project:
        return head_names(project)


@pytest.mark.parametrize(
    ("recipe", "wish", "says"),
    [
        ("as-is", {"backbone": STAGE}, "name the network alone"),
        ("fast-transfer", {"backbone": STAGE, "features": "flattened"}, "no last map to flatten"),
        ("from-scratch", {"architecture": "alexnet", "input_size": 16}, "cannot run on crops of 16 pixels"),
    ],
)
def test_what_only_the_recipe_finds_wrong_leaves_no_run(coloured, recipe, wish, says):
    with pytest.raises(InputError, match=says):
        run_recipe(asked(coloured, recipe, **wish), Control())
    assert not any((coloured / "runs").iterdir()) and not any((coloured / "models").iterdir())


def test_a_run_that_cannot_go_on_is_as_it_was(coloured):
    control = at_epoch(3, Control.cancel)
    record = run_recipe(asked(coloured, "from-scratch", epochs=9), control)
    index = coloured / "runs" / record.name / "checkpoint" / "checkpoint.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"training": "another"}))
    with pytest.raises(InputError, match="of another training"):
        run_recipe(asked(coloured, "", resume="last"), Control())
    assert read_run(coloured / "runs" / record.name) == record and index.exists()


def test_who_cancels_before_there_is_a_run_leaves_none(coloured):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        run_recipe(asked(coloured), control)
    assert not any((coloured / "runs").iterdir())


def test_a_run_that_goes_on_puts_its_head_in_the_place_of_its_own(coloured):
    before = stopped(coloured)
    again = run_recipe(asked(coloured, "", resume="last"), at_epoch(5, Control.cancel))
    done = run_recipe(asked(coloured, "", resume=before.name), Control())
    assert before.head == again.head == done.head == "fast-transfer-1" and done.state == "done"
    assert heads(coloured) == ["fast-transfer-1"] and not done.notes
    for file in FILES:
        kept = (coloured / "models" / "fast-transfer-1" / file).read_bytes()
        assert kept == (coloured / "runs" / done.name / file).read_bytes()
    assert load_head(coloured / "models" / "fast-transfer-1").card.why_not_dense != CANCELLED


def test_a_head_that_was_renamed_is_somebodys_and_stays(coloured):
    stopped(coloured)
    with Project.open(coloured, write=True) as project:
        rename_head(project, "fast-transfer-1", "good")
    kept = (coloured / "models" / "good" / "card.json").read_bytes()
    assert run_recipe(asked(coloured, "", resume="last"), Control()).head == "fast-transfer-1"
    assert heads(coloured) == ["fast-transfer-1", "good"]
    assert (coloured / "models" / "good" / "card.json").read_bytes() == kept


@pytest.mark.parametrize("file", ["card.json", "notes.txt"])
def test_a_head_that_was_changed_stays_and_that_is_said(coloured, file):
    stopped(coloured)
    changed = coloured / "models" / "fast-transfer-1" / file
    changed.write_text((changed.read_text() if changed.exists() else "mine") + "\n")
    record = run_recipe(asked(coloured, "", resume="last"), Control())
    assert record.head == "fast-transfer-2" and heads(coloured) == ["fast-transfer-1", "fast-transfer-2"]
    assert "There is another head fast-transfer-1 by now; this one is called fast-transfer-2." in record.notes


def test_the_name_that_was_asked_for_outlives_the_stop(coloured):
    control = Control(lambda fraction, text: control.cancel() if any((coloured / "runs").iterdir()) else None)
    assert run_recipe(asked(coloured, name="mine", **FAST), control).head == ""
    again = run_recipe(asked(coloured, "", resume="last"), at_epoch(3, Control.cancel))
    done = run_recipe(asked(coloured, "", name="mine", resume="last"), Control())  # as people type it again
    assert again.head == done.head == "mine" and heads(coloured) == ["mine"]


def test_another_name_leaves_the_head_of_before(coloured):
    stopped(coloured)
    assert run_recipe(asked(coloured, "", name="final", resume="last"), Control()).head == "final"
    assert heads(coloured) == ["fast-transfer-1", "final"]


def test_a_head_that_cannot_be_replaced_is_still_there(coloured, monkeypatch):
    record = stopped(coloured)
    rename = type(coloured).rename

    def refuse(self, target):
        if self.name == "fast-transfer-1" and ".making-" in str(self):
            raise PermissionError(13, "in use", str(self))
        return rename(self, target)

    monkeypatch.setattr(type(coloured), "rename", refuse)
    with Project.open(coloured) as project, pytest.raises(PermissionError):
        keep_in_models(coloured / "runs" / record.name, project, "fast-transfer-1", instead=True)
    assert load_head(coloured / "models" / "fast-transfer-1").labels and len(list((coloured / "models").iterdir())) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows moves no folder with open files")
@pytest.mark.parametrize("recipe", ["from-scratch", "fast-transfer"])
def test_a_project_that_is_moved_while_it_trains_goes_on_where_it_is(coloured, recipe):
    there = coloured.with_name("elsewhere")
    control = at_epoch(3, lambda _: coloured.rename(there))
    with pytest.raises(StudioError, match=r"is no longer in .*runs: its project was moved") as said:
        run_recipe(asked(coloured, recipe, epochs=6), control)
    assert said.value.exit_code == 1 and not coloured.exists()
    record = run_recipe(asked(there, "", resume="last"), Control())
    assert (record.state, record.epochs) == ("done", 6)


@pytest.mark.skipif(os.name != "posix", reason="Windows deletes no open file")
def test_a_run_that_is_deleted_while_it_trains_is_gone_and_that_is_said(coloured):
    control = at_epoch(3, lambda _: shutil.rmtree(next((coloured / "runs").iterdir())))
    with pytest.raises(StudioError, match="or the run was deleted"):
        run_recipe(asked(coloured, "from-scratch", epochs=6), control)
    assert not any((coloured / "runs").iterdir()) and heads(coloured) == []


def test_a_run_that_was_stopped_says_how_far_it_came(coloured):
    control = at_epoch(4, Control.cancel)
    record = run_recipe(asked(coloured, "from-scratch", epochs=9), control)
    assert record.epochs == len(read_metrics(coloured / "runs" / record.name)) in (3, 4) and record.best_epoch >= 1
    with Project.open(coloured) as project:
        assert runs_of(project) == [record]


def test_the_svms_card_says_what_validation_says_where_it_held_nothing_out(coloured):
    record = run_recipe(asked(coloured, "svm"), Control())
    scores = load_head(coloured / "models" / record.head).card.scores
    assert {parts["crop"]["crops"] for parts in scores.values()} == {6}
