"""What a head's layers say, as a function of pixels, against what the head itself says of crops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logit

from studio.core.control import Control
from studio.core.geometry import Window
from studio.ml.crops import cut_all
from studio.ml.looking.listing import list_head
from studio.ml.reasons.explaining import Question, explain
from studio.ml.reasons.scores import calibration_of_crop, of_crop
from studio.ml.reasons.sights import LabelOf
from tests.ml.heads.made import EMBEDDING, bundled_part, classic_part, network_head, random_layers
from tests.moving_square import box_at, picture

LABELS = ["cup", "jug"]


def head_of(kind: str):
    layers = random_layers(EMBEDDING, 8, 3, unit=True, scale=4.0)
    if kind == "tiny":
        layers = random_layers(12, 3, scale=4.0)
        part, tensors = classic_part("tiny-cnn", 12)
        own = part.model_copy(update={"embeds_by_output": True}), tensors
    else:
        own = bundled_part() if kind == "own" else None
    return network_head(LABELS, layers, own, background=True)


@pytest.mark.parametrize("kind", ["named", "own", "tiny"])
def test_it_is_the_log_odds_of_the_heads_probability(kind: str, networks) -> None:
    head = head_of(kind)
    backbone, looked = networks.of(head), networks.looked_of(head)
    crops = cut_all(picture(5), [Window(10, 20, 64), Window(100, 50, 100)], backbone.input_size)
    scores = head.crop_scores(backbone.embed(crops))
    pixels = looked.prepare(torch.from_numpy(crops).permute(0, 3, 1, 2))
    for place, label in enumerate(LABELS):
        with torch.no_grad():
            odds = of_crop(looked, head, label)(pixels).numpy()
        np.testing.assert_allclose(odds, logit(scores[:, place].astype(np.float64)), atol=2e-3)
        np.testing.assert_allclose(calibration_of_crop(head, label).scores(odds), scores[:, place], atol=1e-4)


@pytest.mark.parametrize("way", ["gradcam", "integrated"])
def test_a_head_with_its_own_network_is_explained_as_one_on_the_same_backbone(way: str, networks) -> None:
    answers = [
        explain(networks, Question(picture(5), box_at(5), LabelOf(head_of(kind), "cup"), way), Control())
        for kind in ("named", "own")
    ]
    np.testing.assert_allclose(answers[0].values, answers[1].values, atol=1e-6)
    assert answers[0].score == pytest.approx(answers[1].score) and 0 < (answers[0].score or 0) < 1
    assert np.abs(answers[0].values).max() > 0


def test_its_layers_are_listed_behind_its_network() -> None:
    named, own = (list_head(head_of(kind)) for kind in ("named", "own"))
    assert [row.name for row in own.rows][-3:] == ["head.1", "head.2", "softmax"]
    assert own.rows == named.rows and own.inside == named.inside
    assert own.rows[-2].parameters == 8 * 3 + 3 and own.rows[-1].shape == (3,)
    tiny = list_head(head_of("tiny"))
    assert tiny.rows[tiny.inside - 1].name == "dense2" and tiny.input_size == 56
