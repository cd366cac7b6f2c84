"""The check tells a map of what was learned from one of the picture alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from scipy.stats import rankdata

from studio.core.control import Control
from studio.ml.reasons.explaining import Question, explain
from studio.ml.reasons.sanity import draw_anew, randomised, rank_correlation
from studio.ml.reasons.sights import LabelOf, sight
from tests.moving_square import box_at, picture


def test_the_rank_correlation_is_that_of_ranks_whatever_the_sign():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(8, 9)), random.normal(size=(8, 9))
    expected = np.corrcoef(rankdata(np.abs(first)), rankdata(np.abs(second)))[0, 1]
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(first, -3 * first) == pytest.approx(1)
    assert rank_correlation(first, np.zeros((8, 9))) is None


def test_a_random_copy_shares_nothing_and_is_the_same_each_time(networks, heads):
    seen = sight(networks, picture(5), box_at(5), LabelOf(heads["rbf"], "cup"))
    before = {name: tensor.clone() for name, tensor in seen.score.state_dict().items()}
    first, again, other = (randomised(seen.score, seed) for seed in (1, 1, 2))
    assert all(torch.equal(tensor, before[name]) for name, tensor in seen.score.state_dict().items())
    with torch.no_grad():
        scores = [float(score(seen.pixels)[0]) for score in (seen.score, first, again, other)]
    assert np.isfinite(scores).all() and scores[1] == scores[2] and len(set(scores)) == 3
    assert torch.equal(first.support, seen.score.support), "what a head learned stays"


@pytest.mark.parametrize("name", ["resnet101", "densenet121", "mobilenet_v3_small", "swin_t"])
def test_random_networks_of_any_kind_answer_with_numbers(name):
    network = torchvision.models.get_model(name, weights=None, num_classes=7).eval()
    draw_anew(network, 0)
    with torch.no_grad():
        first, second = network(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert torch.isfinite(first).all() and not torch.equal(first, second)


def test_a_map_of_the_picture_alone_is_seen_through(networks, heads, monkeypatch):
    """A way that shows edges, whatever the network: the check must say so, and not of Grad-CAM."""
    from studio.ml.reasons import methods

    def edges(score, pixels, pace):
        pace.watch(score, 1)(pixels)
        found = np.abs(np.diff(pixels[0].mean(0).numpy(), axis=0, prepend=0))
        return methods.Attribution(found, found)

    asked = picture(5), box_at(5), LabelOf(heads["rbf"], "cup")
    honest = explain(networks, Question(*asked, "gradcam"), Control())
    monkeypatch.setattr(methods, "GRAD_CAM", methods.Way(edges, 2))
    assert explain(networks, Question(*asked, "gradcam"), Control()).correlation == pytest.approx(1)
    assert honest.correlation is None or honest.correlation < 0.6
