"""Which layer: scores against an independent machine on the same blocks, times, the front; and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.svm import SVC

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.folds import block_folds
from studio.core.project import BACKGROUND, Project
from studio.core.project.approvals import approve
from studio.core.stages import POOLINGS, Stage, TriedStage
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.embeddings import embed_places
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.training_set import read_regions, windows_of
from studio.ml.layer_choice import try_stages
from tests.ml import taught_project
from tests.moving_square import RATE

LAYERS = ("relu", "layer1", "layer2", "layer3", "layer4")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Iterator[Project]:
    """Six seconds, of which every other frame is labelled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taught_project, "FRAMES", 6 * RATE)
        made = taught_project.make_project(tmp_path_factory.mktemp("choice"))
    with made:
        yield made


@pytest.fixture(autouse=True)
def approved(own_cache, project):
    """The clip lies outside the project, and every test is another user."""
    row = project.media()[0]
    approve(project.id, project.folder, row.size, row.sha256, project.folder.parent / "clip.mp4")


@pytest.fixture(scope="module")
def progress() -> list[tuple[float, str]]:
    return []


@pytest.fixture(scope="module")
def tried(project, progress) -> list[TriedStage]:
    control = Control(lambda fraction, text: progress.append((fraction, text)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.ml.layer_choice.ROUNDS", 5)
        return try_stages(project, load_backbone(None, choose("cpu")), "linear", control)


def test_every_stage_is_tried_with_every_pooling_and_the_output_once(tried):
    wanted = [Stage(layer, pooling) for layer in LAYERS for pooling in POOLINGS]
    wanted.remove(Stage("layer4", "avg"))  # which is the output
    assert [each.stage for each in tried] == [*wanted, None]
    assert [each.dimensions for each in tried][:4] == [64, 64, 256, 64] and tried[-1].dimensions == 512
    assert tried[-1].name == "resnet18-64px" and tried[0].name == "resnet18-64px@relu:avg"
    assert all(0 <= each.score <= 1 and each.spread >= 0 for each in tried)


def test_deeper_stages_take_longer(tried):
    times = {each.stage and each.stage.layer: each.milliseconds for each in tried}
    assert 0 < times["relu"] < times[None] and times["layer1"] < times[None]


def test_what_nothing_beats_is_marked(tried):
    for each in tried:
        beaten = any(
            other.milliseconds <= each.milliseconds
            and other.score >= each.score
            and (other.milliseconds, other.score) != (each.milliseconds, each.score)
            for other in tried
        )
        assert each.best is not beaten


def test_a_score_is_that_of_machines_trained_without_the_block(project, tried):
    """scikit-learn's own linear SVM on the embeddings that the stage's backbone gives by itself."""
    chosen = next(each for each in tried if each.stage == Stage("relu", "max"))
    backbone = load_backbone(chosen.name, choose("cpu"))
    with OpenMedia(project) as media, FeatureCache(None) as cache:
        windows = windows_of(read_regions(project), media, project.label(BACKGROUND).id, backbone.input_size)
        vectors = embed_places(windows.places, media.picture, backbone, cache, Control()).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    positive = windows.labels == project.label("cup").id
    precisions = []
    for train, test in block_folds(windows.frames, RATE):
        machine = SVC(kernel="linear", class_weight="balanced").fit(vectors[train], positive[train])
        precisions.append(_average_precision(machine.decision_function(vectors[test]), positive[test]))
    assert len(precisions) > 1
    assert chosen.score == pytest.approx(np.mean(precisions), abs=5e-3)
    assert chosen.spread == pytest.approx(np.std(precisions, ddof=1), abs=5e-3)


def _average_precision(margins: np.ndarray, positive: np.ndarray) -> float:
    """For every positive the best precision at its recall or above, by counting."""
    thresholds = np.sort(margins[positive])
    precision = [positive[margins >= threshold].mean() for threshold in thresholds]
    return float(np.mean([max(precision[: index + 1]) for index in range(len(precision))]))


def test_progress_only_grows(tried, progress):
    fractions = [fraction for fraction, _ in progress]
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] < 1
    assert "timing" in {text for _, text in progress}


def test_it_can_be_stopped(project):
    control = Control(lambda fraction, text: control.cancel() if text == "timing" else None)
    with pytest.raises(Cancelled):
        try_stages(project, load_backbone(None, choose("cpu")), "linear", control)


def test_too_little_is_refused_before_anything_is_computed(tmp_path):
    backbone = load_backbone(None, choose("cpu"))
    (tmp_path / "short").mkdir()
    with Project.create(tmp_path / "new") as project, pytest.raises(InputError, match="no regions"):
        try_stages(project, backbone, "rbf", Control())
    with taught_project.make_project(tmp_path / "short") as project, pytest.raises(InputError, match="four seconds"):
        try_stages(project, backbone, "rbf", Control())
