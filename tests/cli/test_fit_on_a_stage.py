"""A head on a layer inside the network: fitted, kept, carried elsewhere, and the same in the program's two halves."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from studio.cli.main import run
from studio.core.control import Control
from studio.core.detections_file import read_detections
from studio.core.media import open_medium
from studio.core.project import Project
from studio.core.project.chosen_backbone import set_chosen_backbone

STAGE = "resnet18-64px@layer2:max"
pytestmark = pytest.mark.usefixtures("quick_fits")


@pytest.fixture(scope="module")
def once(fitted_once, tmp_path_factory):
    """The head called "deep" stands on a stage, because the project says so; "head-1" was fitted before."""
    folder = tmp_path_factory.mktemp("stage") / "project"
    shutil.copytree(fitted_once, folder)
    with Project.open(folder, write=True) as project:
        set_chosen_backbone(project, STAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.ml.heads.training_set.MOST_FRAMES", 8)
        assert run(["fit", str(folder), "--name", "deep", "--device", "cpu"]) == 0
    return folder


@pytest.fixture
def on_a_stage(once, tmp_path):
    shutil.copytree(once, tmp_path / "project")
    return tmp_path / "project"


def card(project, name="deep"):
    return json.loads((project / "models" / name / "card.json").read_text())


def test_the_head_finds_the_same_on_the_command_line_and_in_the_window(studio, on_a_stage, clip, tmp_path):
    from studio.ml.heads.head import load_head
    from studio.ml.live import LiveDetector, LiveRequest
    from studio.ml.networks import Networks

    assert card(on_a_stage)["backbone"] == STAGE and card(on_a_stage)["scores"]["square"]["crop"]["f1"] > 0.8
    out = tmp_path / "found.jsonl"
    where = ("--mode", "search", "--start", 50, "--end", 54, "--device", "cpu")
    assert studio("detect", on_a_stage, clip, "--head", "deep", *where, "--out", out)[0] == 0
    header, found = read_detections(out)
    assert header.backbone == STAGE
    head = load_head(on_a_stage / "models" / "deep")
    assert head.crop[0].support.shape[1] == 128
    live = LiveDetector(Networks("cpu"))
    with open_medium(clip) as medium:
        for each in found:
            request = LiveRequest(1, each.frame, each.time, medium.frame(each.frame), head, "search")
            here = live.detect(request, Control()).detections
            said = here.scores >= 0.5
            np.testing.assert_allclose(here.boxes[said], each.detections.boxes, atol=0.01)
            np.testing.assert_allclose(here.scores[said], each.detections.scores, atol=1e-3)


def test_it_survives_a_journey(studio, on_a_stage, labelled_once, clip, tmp_path):
    assert studio("heads", "export", on_a_stage, "deep", tmp_path / "head.zip")[0] == 0
    assert studio("heads", "import", on_a_stage, tmp_path / "head.zip", "--name", "again")[0] == 0
    assert card(on_a_stage, "again")["backbone"] == STAGE
    where = ("--mode", "search", "--start", 50, "--end", 54, "--device", "cpu", "--out", "-")
    first, second = (studio("detect", on_a_stage, clip, "--head", name, *where)[1] for name in ("deep", "again"))
    assert first.splitlines()[1:] == second.splitlines()[1:] != []


def test_dense_search_does_not_care(studio, on_a_stage, clip):
    where = ("--start", 50, "--end", 54, "--device", "cpu", "--out", "-")
    first, second = (studio("detect", on_a_stage, clip, "--head", name, *where)[1] for name in ("deep", "head-1"))
    assert first.splitlines()[1:] == second.splitlines()[1:] != []


def test_a_named_backbone_goes_before_the_chosen_one_which_is_said(studio, on_a_stage):
    code, _, lines = studio("fit", on_a_stage, "--backbone", "resnet18-64px", "--name", "flat", "--device", "cpu")
    assert code == 0 and card(on_a_stage, "flat")["backbone"] == "resnet18-64px" and STAGE not in "".join(lines)
    lines = studio("fit", on_a_stage, "--kernel", "none", "--device", "cpu")[2]
    assert any(STAGE in line for line in lines)


def test_what_is_no_stage_is_one_clear_line(refused, labelled):
    assert "no layer 'layer7'" in refused("fit", labelled, "--backbone", "resnet18-64px@layer7:avg", "--device", "cpu")
    assert "NETWORK@LAYER:POOLING" in refused("fit", labelled, "--backbone", "resnet18-64px@layer3", "--device", "cpu")
