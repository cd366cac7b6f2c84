"""What ends a training early costs nothing that was learned: full memory, media that go away, regions that change."""

from __future__ import annotations

import errno
from dataclasses import replace

import pytest
import torch

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.formats.importing import import_data
from studio.core.judging.run_lines import run_lines
from studio.core.project import Edit, Project
from studio.core.runs import Progress, runs_of
from studio.ml.calibration import UNCALIBRATED
from studio.ml.heads.head import load_head
from studio.ml.recipes.run import FAILED, run_recipe
from studio.ml.recipes.task import TrainRequest
from tests.ml import taught_project
from tests.ml.recipes.coloured import write_pictures

SMALL = {"architecture": "small-cnn", "batch": 12, "epochs": 5}


def request(folder, recipe="from-scratch", resume=None, **parameters):
    return TrainRequest(folder, recipe, parameters, "cpu", None, None, resume)


def after_epoch(number, what):
    """A control that does something once when an epoch has ended."""
    done = []

    def hear(value):
        if isinstance(value, Progress) and value.line and value.line.epoch == number and not done:
            done.append(number)
            what(control)

    control = Control(on_partial=hear)
    return control


def raises(error):
    def fail(_):
        raise error

    return fail


def the_run(folder):
    with Project.open(folder) as project:
        (record,) = runs_of(project)
    return record


def torch_says_full():
    try:
        torch.empty(1 << 60)
    except RuntimeError as error:
        return error
    raise AssertionError("so much memory is nowhere")


@pytest.mark.parametrize(
    "error",
    [torch_says_full(), RuntimeError("could not create a primitive"), OSError(errno.ENOMEM, "Cannot allocate memory")],
)
@pytest.mark.parametrize("recipe", ["from-scratch", "fast-transfer"])
def test_memory_that_is_full_is_one_sentence_and_the_best_epoch_is_kept(coloured, recipe, error):
    more = SMALL if recipe == "from-scratch" else {"epochs": 5, "units": 8}
    with pytest.raises(StudioError, match=r"^the memory is full; end what else uses it") as said:
        run_recipe(request(coloured, recipe, **more), after_epoch(2, raises(error)))
    assert said.value.exit_code == 1 and ("torch said" in str(said.value)) == ("primitive" in str(error))
    record = the_run(coloured)
    assert (record.state, record.head, record.error) == ("failed", f"{recipe}-1", str(said.value))
    head = load_head(coloured / "models" / record.head)
    assert head.labels == ["green", "red", "yellow"] and head.card.why_not_dense == FAILED


def test_memory_that_is_full_outside_of_the_engine_is_the_same_sentence(coloured, monkeypatch):
    monkeypatch.setattr("studio.ml.recipes.shallow.layered_head", lambda *_: raises(torch_says_full())(None))
    with pytest.raises(StudioError, match=r"^the memory is full; end what else uses it[^(]*$"):
        run_recipe(request(coloured, "logistic"), Control())


def test_a_run_that_failed_goes_on(coloured):
    with pytest.raises(StudioError, match="what was learned so far is the head from-scratch-1"):
        run_recipe(request(coloured, **SMALL), after_epoch(3, raises(MemoryError())))
    record = run_recipe(request(coloured, "", "last"), Control())
    assert (record.state, record.epochs, record.head) == ("done", 5, "from-scratch-1")


def hidden(folder):
    """Put the media away, as of a drive that is unplugged."""
    (folder / "media").rename(folder / "away")


@pytest.mark.parametrize("recipe", ["from-scratch", "logistic"])
def test_media_that_are_away_are_found_before_anything_is_trained(coloured, recipe):
    more = SMALL if recipe == "from-scratch" else {}
    run_recipe(request(coloured, recipe, **more), Control())  # from now on crops and features are kept
    hidden(coloured)
    with pytest.raises(InputError, match="is missing; put it back"):
        run_recipe(request(coloured, recipe, **more), Control())
    assert the_run(coloured).state == "done"


def test_a_head_is_kept_where_media_go_away_while_it_trains(coloured):
    record = run_recipe(request(coloured, **SMALL), after_epoch(2, lambda _: hidden(coloured)))
    assert (record.state, record.head, record.epochs) == ("done", "from-scratch-1", 5)
    assert record.validation is None and record.test is None
    assert any(note.startswith("It is not judged: the medium ") for note in record.notes)
    assert load_head(coloured / "models" / record.head).card.scores == {}


def test_regions_that_change_while_a_run_is_stopped_are_said(coloured):
    run_recipe(request(coloured, **SMALL), after_epoch(2, Control.cancel))
    with Project.open(coloured, write=True) as project:
        (green, red, *_), regions = project.labels()[1:], project.regions()
        row = next(row for row in regions if row.label == green.id)
        project.apply(Edit.rows("relabel", [replace(row, label=red.id)]))
    again = run_recipe(request(coloured, "", "last"), after_epoch(3, Control.cancel))
    record = run_recipe(request(coloured, "", "last"), Control())
    assert again.mixed == record.mixed == "1 relabelled"  # also where nothing was changed the second time
    assert "The regions have changed since it began: 1 relabelled." in record.notes
    with Project.open(coloured) as project:
        (line,) = run_lines(project, runs_of(project))
        assert line.data == "as now, changed on the way"


def test_a_run_whose_labels_are_others_by_now_does_not_go_on(coloured):
    stopped = run_recipe(request(coloured, **SMALL), after_epoch(2, Control.cancel))
    with Project.open(coloured, write=True) as project:
        row = next(row for row in project.labels() if row.name == "green")
        project.apply(Edit.rows("rename", [replace(row, name="violet")]))
    with pytest.raises(InputError, match="learned green, red, yellow, and the labels are red, violet, yellow by now"):
        run_recipe(request(coloured, "", "last"), Control())
    assert the_run(coloured) == stopped


def test_a_search_that_cannot_be_learned_any_more_is_said_and_the_head_is_kept(tmp_path):
    project = taught_project.make_project(tmp_path)
    project.close()
    with Project.open(tmp_path / "project") as opened:
        (clip,) = {(opened.folder / row.path).resolve() for row in opened.media()}
    gone = after_epoch(2, lambda _: clip.rename(clip.with_name("away")))
    record = run_recipe(request(tmp_path / "project", "fast-transfer", epochs=3, units=8), gone)
    assert record.state == "done" and load_head(tmp_path / "project" / "models" / record.head).labels == ["cup"]
    assert any(note.startswith("It does not search frames: the medium ") for note in record.notes)


def test_one_example_of_a_label_is_trained_by_the_svm_too(tmp_path):
    for split, seed in (("train", 0), ("test", 1)):
        write_pictures(tmp_path / "pictures" / split, 4, seed, ("green", "red"))
    write_pictures(tmp_path / "pictures" / "train", 1, 2, ("yellow",))
    write_pictures(tmp_path / "pictures" / "test", 1, 3, ("yellow",))
    import_data(tmp_path / "project", tmp_path / "pictures", "image-folder", True, Control())
    record = run_recipe(request(tmp_path / "project", "svm", allow_leaks=True), Control())
    assert record.state == "done" and record.counts["train"]["yellow"] == 1 and record.test["n"] == 9
    assert "The scores of yellow are not calibrated, as that needs two examples." in record.notes
    head = load_head(tmp_path / "project" / "models" / record.head)
    assert head.labels == ["green", "red", "yellow"]
    assert head.card.why_not_dense == "yellow has fewer than 2 regions to learn a search from"
    assert head.crop[2].calibration == UNCALIBRATED
