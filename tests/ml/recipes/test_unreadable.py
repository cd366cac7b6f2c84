"""Pictures that are lost or changed cost a training their own crops alone."""

from __future__ import annotations

import csv
import shutil

import pytest

from studio.core.control import Control
from studio.core.project import Project
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.heads.fit import fit
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest


def request(folder, recipe, **parameters):
    return TrainRequest(folder, recipe, parameters, "cpu")


@pytest.mark.parametrize("recipe", ["logistic", "frozen"])
def test_pictures_that_are_lost_or_changed_are_left_out_and_listed_and_no_others(coloured, recipe):
    gone, changed, *others = sorted((coloured / "media").glob("*/3.png"))
    gone.unlink()
    changed.write_bytes(others[0].read_bytes())
    shutil.copy(others[0], changed.parent / "00.png")  # before all others
    record = run_recipe(request(coloured, recipe, **({"epochs": 1} if recipe == "frozen" else {})), Control())
    assert record.state == "done"
    said = next(note for note in record.notes if "cannot be read" in note)
    assert said.startswith("2 crops cannot be read and are left out: ") and str(gone) in said and str(changed) in said
    header, *rows = csv.reader((coloured / "runs" / record.name / "unreadable.csv").read_text("utf-8").splitlines())
    assert header == ["region", "why"] and len({region for region, _ in rows}) == 2
    with Project.open(coloured) as project:
        known = {row.id: row.frame for row in project.regions()}
    assert {known[int(region)] for region, _ in rows} == {3}


def test_a_fit_does_without_pictures_that_are_lost(coloured):
    gone, *_ = (coloured / "media").glob("*/3.png")
    with Project.open(coloured) as project:
        backbone = load_backbone(None, choose("cpu"))
        before = fit(project, "all", backbone, "linear", 0, Control())
        gone.unlink()
        for path in project.cache.glob("features.db*"):
            path.unlink()
        fitted = fit(project, "fewer", backbone, "linear", 0, Control())
    assert before.unread == () and len(fitted.unread) == 1 and str(gone) in fitted.unread[0]
    assert 0 < fitted.positives < before.positives
