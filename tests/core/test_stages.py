"""Names of stages, the Pareto front, and the backbone that a project remembers."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone, set_chosen_backbone
from studio.core.stages import Stage, on_front, split_stage, titled


def test_a_name_says_network_layer_and_pooling():
    assert split_stage("resnet18-64px") == ("resnet18-64px", None)
    assert split_stage("densenet121@features.denseblock2:grid") == (
        "densenet121",
        Stage("features.denseblock2", "grid"),
    )
    network, stage = split_stage("resnet18-64px@layer3:avg")
    assert f"{network}@{stage}" == "resnet18-64px@layer3:avg"
    assert titled(stage) == "layer3 · average" and titled(None) == "output"


@pytest.mark.parametrize("name", ["net@layer3", "net@:avg", "@layer3:avg", "net@layer3:mean", "net@"])
def test_half_a_name_is_refused(name):
    with pytest.raises(InputError, match="NETWORK@LAYER:POOLING"):
        split_stage(name)


def test_the_front_is_what_nothing_beats():
    rng = np.random.default_rng(0)
    for _ in range(20):
        costs, scores = rng.integers(1, 6, 9).astype(float), rng.integers(0, 6, 9) / 5
        beaten = [
            any(
                costs[j] <= costs[i] and scores[j] >= scores[i] and (costs[j] < costs[i] or scores[j] > scores[i])
                for j in range(9)
            )
            for i in range(9)
        ]
        assert on_front(costs, scores).tolist() == [not each for each in beaten]


def test_a_project_remembers_the_chosen_backbone_and_its_history_does_not(tmp_path):
    with Project.create(tmp_path / "project") as project:
        assert chosen_backbone(project) is None
        set_chosen_backbone(project, "net@layer2:max")
        set_chosen_backbone(project, "net@layer3:avg")
        assert project.position == 0
    with Project.open(tmp_path / "project") as project:
        assert chosen_backbone(project) == "net@layer3:avg"
        with pytest.raises(InputError, match="reading only"):
            set_chosen_backbone(project, None)
    with Project.open(tmp_path / "project", write=True) as project:
        set_chosen_backbone(project, None)
        assert chosen_backbone(project) is None
        with pytest.raises(InputError):
            set_chosen_backbone(project, "net@nothing")


def test_what_a_foreign_project_says_there_and_is_no_backbone_counts_as_not_chosen(tmp_path):
    with Project.create(tmp_path / "project") as project:
        with project.writing() as connection:
            connection.execute("INSERT INTO facts VALUES ('backbone', 'net@half')")
        assert chosen_backbone(project) is None
