"""Heads of layers with a network of their own, in every command that uses heads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio.cli.main import run
from studio.core.control import Control
from studio.core.detections_file import read_detections
from studio.core.project import Project
from studio.core.project.heads import head_problems
from studio.ml.gallery.measuring import MeasureRequest, measure
from studio.ml.gallery.mining import MiningRequest, mine
from studio.ml.heads.head import load_head, save_head
from studio.ml.heads.layers import Layers
from studio.ml.networks import Networks
from tests.ml.heads.made import classic_part, network_head
from tests.ml.taught_project import make_project

KINDS = ["cup", "jug"]


@pytest.fixture
def studio(capsys):
    """Runs a command; gives its exit code, its output and the lines of its messages."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err.splitlines()

    return call


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks("cpu")


def nearest_mean(project: Project, networks: Networks, part) -> Layers:
    """Means of labels as one linear layer: logits 2 m·x − |m|²."""
    import torch

    probe = network_head(KINDS, Layers((torch.zeros(2, 128),), (torch.zeros(2),)), part)
    means = np.stack([vectors.mean(0) for vectors in read_vectors(project, networks, probe)])
    scale = 20 / np.square(means[0] - means[1]).sum()
    weight, bias = torch.tensor(2 * scale * means), torch.tensor(-scale * np.square(means).sum(1))
    return Layers((weight.float(),), (bias.float(),))


def read_vectors(project: Project, networks: Networks, head) -> list[np.ndarray]:
    from studio.ml.gallery.material import read_material

    material = read_material(project, networks, Control(), head)
    own = material.crops.table.labels == project.label("cup").id
    return [material.vectors.values[own].astype(np.float32), material.vectors.values[~own].astype(np.float32)]


@pytest.fixture(scope="module")
def folder(networks, tmp_path_factory) -> Path:
    """A project with "cup" and a head "tiny" on it that knows cups from the rest, which it calls background."""
    place = tmp_path_factory.mktemp("trained")
    with make_project(place) as project:
        part = classic_part("tiny-cnn", 2)
        layers = nearest_mean(project, networks, part)
        head = network_head(["cup"], layers, part, background=True, recipe="from-scratch")
        save_head(head, project.models / "tiny")
    return project.folder


def test_it_is_listed_renamed_exported_brought_back_and_deleted(studio, folder, tmp_path):
    code, out, _ = studio("heads", "list", folder, "--json")
    (facts,) = json.loads(out)
    assert code == 0 and facts["labels"] == ["cup"] and facts["backbone"] == "tiny-cnn"
    assert studio("heads", "export", folder, "tiny", tmp_path / "tiny.zip")[0] == 0
    assert studio("heads", "import", folder, tmp_path / "tiny.zip", "--name", "second")[0] == 0
    assert studio("heads", "rename", folder, "second", "third")[0] == 0
    embeddings = np.random.default_rng(0).normal(size=(3, 128))
    first, third = (load_head(folder / "models" / name) for name in ("tiny", "third"))
    np.testing.assert_array_equal(first.crop_scores(embeddings), third.crop_scores(embeddings))
    assert third.card.name == "third"
    with Project.open(folder) as project:
        assert head_problems(project) == []
    assert studio("heads", "delete", folder, "third", "--yes")[0] == 0


@pytest.mark.parametrize("mode", ["fixed", "search", "track"])
def test_it_detects_in_the_modes_that_look_at_crops(studio, folder, tmp_path, mode):
    out = tmp_path / "found.jsonl"
    clip = folder.parent / "clip.mp4"
    code, _, lines = studio("detect", folder, clip, "--head", "tiny", "--mode", mode, "--out", out, "--device", "cpu")
    assert code == 0, lines
    header, found = read_detections(out)
    assert header.head == "tiny" and header.backbone == "head:tiny" and len(list(found)) == 24


def test_where_it_cannot_search_densely_it_says_why(studio, folder):
    clip = folder.parent / "clip.mp4"
    code, _, lines = studio("detect", folder, clip, "--head", "tiny", "--device", "cpu", "--out", folder / "x.jsonl")
    assert code == 2 and "it was made by hand" in lines[-1] and "search, track or fixed" in lines[-1]


def test_it_is_judged_and_compared(studio, folder, tmp_path):
    clip, same = folder.parent / "clip.mp4", ("--mode", "search", "--device", "cpu", "--json")
    code, out, lines = studio("evaluate", folder, clip, "--truth", "project", "--head", "tiny", *same)
    assert code == 0 and json.loads(out)["backbone"] == "head:tiny", lines
    studio("heads", "export", folder, "tiny", tmp_path / "tiny.zip")
    studio("heads", "import", folder, tmp_path / "tiny.zip", "--name", "twin")
    code, out, lines = studio("compare", folder, clip, "tiny", "twin", *same)
    studio("heads", "delete", folder, "twin", "--yes")
    document = json.loads(out)
    assert code == 0 and document["differ"] == document["only_first"] == document["only_second"] == 0, lines


def test_the_gallery_scores_with_it(folder, networks):
    head = load_head(folder / "models" / "tiny")
    scores = measure(MeasureRequest(folder, "score", head), networks, Control())
    with Project.open(folder) as project:
        cup = {row.id for row in project.regions() if row.label == project.label("cup").id}
        wanted = [head.crop_scores(vectors)[:, 0] for vectors in read_vectors(project, networks, head)]
    of_cup = np.array([each in cup for each in scores.ids.tolist()])
    np.testing.assert_allclose(scores.values[of_cup], wanted[0], atol=1e-6)
    np.testing.assert_allclose(scores.values[~of_cup], wanted[1], atol=1e-6)
    assert scores.values[of_cup].min() > 0.5 > scores.values[~of_cup].max()
    doubt = measure(MeasureRequest(folder, "doubt", head), networks, Control())
    np.testing.assert_allclose(doubt.values, 1 - np.abs(2 * scores.values - 1), atol=1e-6)


def test_it_cannot_be_mined_with_and_says_why(folder, networks):
    from studio.core.errors import InputError

    with pytest.raises(InputError, match="it was made by hand"):
        mine(MiningRequest(folder, load_head(folder / "models" / "tiny")), networks, Control())


def test_its_layers_are_listed(studio, folder):
    code, out, _ = studio("layers", "--project", folder, "--head", "tiny", "--json")
    assert code == 0 and "softmax" in out and "dense1" in out


def test_it_is_written_as_onnx(studio, folder, tmp_path):
    code, out, lines = studio("heads", "export", folder, "tiny", tmp_path / "tiny.onnx")
    assert code == 0 and len(out.splitlines()) == 4, lines
    assert any("opencv: scores differ" in line for line in lines)


def test_the_window_takes_it_and_a_correction_leaves_it_as_it_is(folder, networks):
    from studio.controllers.learner import named
    from studio.controllers.networks import LaneNetworks
    from studio.core.geometry import Box
    from studio.core.settings import Settings
    from studio.ml.teaching import Teacher, TeachRequest
    from tests.moving_square import box_at, picture

    learned = named(LaneNetworks(Settings()), folder / "models" / "tiny", Control())
    assert learned.head.labels == ("cup",) and learned.head.name == "tiny" and learned.head.f1 is None
    head = learned.head.head
    request = TeachRequest(head, False, "cup", 1, 3, picture(3), Box(*box_at(3)))
    taught = Teacher(networks).quick(request, Control())
    assert taught.head is head and "train it again" in (taught.note or "")
