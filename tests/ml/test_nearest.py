"""Why did it fire: pulls are the terms of the margin."""

from __future__ import annotations

import pytest

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.geometry import Box, iou_matrix
from studio.core.project import Project
from studio.core.project.corrections import reject
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.heads.fit import fit
from studio.ml.nearest import nearest_examples
from tests.ml.heads.made import EMBEDDING, network_head, random_layers
from tests.ml.taught_project import WRONG, make_project, scene
from tests.moving_square import box_at, picture

AT = 5  # a frame that was not labelled


@pytest.fixture(scope="module")
def backbone():
    return load_backbone(None, choose("cpu"))


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_all_pulls_and_the_intercept_are_the_margin(tmp_path, backbone, kernel):
    with make_project(tmp_path) as project:
        head = fit(project, "h", backbone, kernel, 0, Control()).head
        asked = head, backbone, project.folder, picture(AT), box_at(AT), "cup", Control()
        everything = nearest_examples(*asked, count=10_000)
        few = nearest_examples(*asked)
    assert sum(each.pull for each in everything.examples) + everything.intercept == pytest.approx(everything.margin)
    assert everything.others == pytest.approx(0, abs=1e-6)
    assert len(few.examples) == 8 and few.examples == everything.examples[:8]
    pulled = sum(each.pull for each in few.examples) + few.others + few.intercept
    assert pulled == pytest.approx(few.margin)
    assert few.score > 0.5


def test_a_head_from_elsewhere_has_no_examples_in_an_empty_project(tmp_path, backbone):
    with make_project(tmp_path) as project:
        head = fit(project, "h", backbone, "rbf", 0, Control()).head
    Project.create(tmp_path / "empty").close()
    with pytest.raises(InputError, match="holds no examples: h learned from those of another one"):
        nearest_examples(head, backbone, tmp_path / "empty", picture(AT), box_at(AT), "cup", Control())


def test_the_nearest_are_of_the_object_and_say_where_they_are(tmp_path, backbone):
    with make_project(tmp_path) as project:
        head = fit(project, "h", backbone, "rbf", 0, Control()).head
        found = nearest_examples(head, backbone, project.folder, picture(AT), box_at(AT), "cup", Control())
        rows = {row.id: row for row in project.regions()}
    similarities = [each.similarity for each in found.examples]
    assert similarities == sorted(similarities, reverse=True) and similarities[0] > 0.8
    nearest = found.examples[0]
    assert nearest.label == "cup" and nearest.region is not None
    row = rows[nearest.region]
    assert (nearest.medium, nearest.frame) == (row.medium, row.frame)
    assert iou_matrix([nearest.box], [Box(row.x, row.y, row.width, row.height)])[0, 0] > 0.5
    assert any(each.pull > 0 for each in found.examples)


def test_a_rejected_crop_pulls_down(tmp_path, backbone):
    with make_project(tmp_path) as project:
        label, medium = project.label("cup").id, project.media()[0].id
        project.apply(reject(project, medium, AT, label, WRONG, 0.9))
        head = fit(project, "h", backbone, "rbf", 0, Control()).head
        found = nearest_examples(head, backbone, project.folder, scene(AT), WRONG, "cup", Control())
    first = found.examples[0]
    assert first.rejected and first.label == "cup" and first.similarity == pytest.approx(1, abs=0.02)
    assert first.pull <= 0 and found.score < 0.5


def test_a_head_of_layers_keeps_no_examples_but_finds_those_alike(tmp_path, backbone):
    head = network_head(["cup", "jug"], random_layers(EMBEDDING, 3, unit=True), background=True)
    with make_project(tmp_path) as project:
        found = nearest_examples(head, backbone, project.folder, picture(AT), box_at(AT), "cup", Control())
    similarities = [each.similarity for each in found.examples]
    assert not found.kept and similarities == sorted(similarities, reverse=True) and similarities[0] > 0.8
    assert {each.pull for each in found.examples} == {0} and 0 < found.score < 1
