"""The measures of a small project: each against what it is said to be."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.gallery.measures import MEASURES
from studio.core.project import BACKGROUND, Project
from studio.core.project.labels import rename_label
from studio.ml.gallery.material import compare, judge_labels, read_material
from studio.ml.gallery.measuring import MeasureRequest, measure
from studio.ml.heads.crop import fit_crop
from studio.ml.heads.fit import UNSAVED
from studio.ml.heads.head import ARCHITECTURE, Head, HeadCard
from studio.ml.networks import Networks
from tests.ml.taught_project import make_project


@pytest.fixture(scope="module")
def networks():
    return Networks("cpu")


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as made:
        yield made


@pytest.fixture
def head(project, networks):
    """With a crop part alone: a dense part would take seconds."""
    backbone = networks.backbone()
    ids, values = vectors(project, networks)
    cups = {row.id for row in project.regions(label=project.label("cup").id)}
    positive = np.array([int(region) in cups for region in ids])
    part = fit_crop(values, positive, "rbf", [], np.zeros(len(ids), bool)).part
    what = {"name": "h", "architecture": ARCHITECTURE, "licence": "", "source": "", "sha256": UNSAVED, "history": 0}
    base = {"backbone": backbone.name, "backbone_sha256": backbone.sha256, "kernel": "rbf", "window_side": 64}
    return Head(HeadCard(**what, **base, labels=["cup"], dense=False), (part,), ())


def measured(project, networks, name, **more):
    return measure(MeasureRequest(project.folder, name, **more), networks, Control())


def vectors(project, networks):
    found = read_material(project, networks, Control()).vectors
    values = found.values.astype(np.float64)
    return found.ids, values / np.linalg.norm(values, axis=1, keepdims=True)


def test_every_measure_of_the_table_that_takes_work_is_there(project, networks, head):
    regions = sorted(row.id for row in project.regions())
    for kind in MEASURES:
        if kind.needs != "box":
            found = measured(project, networks, kind.name, head=head, like=(regions[0],))
            assert found.name == kind.name and found.ids.tolist() == regions and found.values.dtype == np.float32


def test_uniqueness_and_likeness_are_cosines(project, networks):
    ids, values = vectors(project, networks)
    similarity = values @ values.T
    asked = [int(ids[3]), int(ids[4])]
    likeness = measured(project, networks, "likeness", like=tuple(asked)).of(ids)
    middle = values[[3, 4]].mean(0)
    np.testing.assert_allclose(likeness, values @ middle / np.linalg.norm(middle), atol=1e-3)
    np.fill_diagonal(similarity, -2)
    np.testing.assert_allclose(measured(project, networks, "uniqueness").of(ids), 1 - similarity.max(1), atol=1e-3)


def test_scores_are_the_heads_and_doubt_is_nearness_to_the_decision(project, networks, head):
    ids, values = vectors(project, networks)
    scores = measured(project, networks, "score", head=head)
    np.testing.assert_allclose(scores.of(ids), head.crop[0].scores(values), atol=2e-3)
    cup = project.label("cup").id
    rows = {row.id: row for row in project.regions()}
    is_cup = np.array([rows[int(region)].label == cup for region in ids])
    assert scores.of(ids)[is_cup].min() > 0.5 > scores.of(ids)[~is_cup].max()
    doubt = measured(project, networks, "doubt", head=head)
    np.testing.assert_allclose(doubt.of(ids), 1 - np.abs(2 * scores.of(ids) - 1), atol=1e-6)


def test_a_label_that_is_renamed_keeps_its_scores(project, networks, head):
    before = measured(project, networks, "score", head=head)
    project.apply(rename_label(project, project.label("cup"), "mug").edit)
    np.testing.assert_array_equal(measured(project, networks, "score", head=head).values, before.values)


def test_without_a_head_or_the_crop_asked_about_it_says_so(project, networks):
    with pytest.raises(InputError, match="no head"):
        measured(project, networks, "doubt")
    with pytest.raises(InputError, match="cannot be read"):
        measured(project, networks, "likeness", like=(12345,))


def test_lost_pictures_are_one_sentence(project, networks, tmp_path):
    (tmp_path / "clip.mp4").unlink()
    with pytest.raises(InputError, match="none of their pictures can be read"):
        measured(project, networks, "uniqueness")
    assert np.isnan(measured(project, networks, "sharpness").values).all()


def test_an_empty_project_has_no_numbers(networks, tmp_path):
    with Project.create(tmp_path / "new") as project:
        for name in ("uniqueness", "suspicion", "outlier", "sharpness"):
            assert len(measured(project, networks, name).values) == 0
        duplicates, looks = compare(read_material(project, networks, Control()), Control())
        assert duplicates.count(0.9) == 0 and len(looks.ids) == 0


def test_it_can_be_stopped_also_where_all_embeddings_are_known(project, networks):
    measured(project, networks, "uniqueness")
    control = Control()
    control.cancel()
    for name in ("uniqueness", "outlier"):
        with pytest.raises(Cancelled):
            measure(MeasureRequest(project.folder, name), networks, control)


def test_still_background_is_superfluous_and_the_moving_thing_is_not(project, networks):
    """The corners of the clip's frames never change."""
    duplicates, looks = compare(read_material(project, networks, Control()), Control())
    background = project.label(BACKGROUND).id
    rows = {row.id: row for row in project.regions()}
    groups = duplicates.groups(0.995)
    assert all(len({rows[int(region)].label for region in ids}) == 1 for ids in groups)
    assert len(groups[0]) >= 10 and rows[int(groups[0][0])].label == background
    assert len(duplicates.superfluous(0.995, looks)) == duplicates.count(0.995)


def test_a_short_clip_is_not_judged(project, networks):
    errors = judge_labels(read_material(project, networks, Control()), Control())
    assert np.isnan(errors.suspicion).all()
