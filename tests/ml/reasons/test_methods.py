"""The three ways against formulas, and Captum's maps beside our hooks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.plugins import ways_of_explaining
from studio.ml.looking.capture import Capture
from studio.ml.reasons import methods
from studio.ml.reasons.explaining import Question, explain
from studio.ml.reasons.methods import Pace, grad_cam, integrated, occlusion
from studio.ml.reasons.scores import Score
from studio.ml.reasons.sights import ClassOf, LabelOf, sight
from tests.moving_square import box_at, picture


def pace():
    return Pace(Control(), 1)


class Weighted(Score):
    """Linear in the pixels."""

    def __init__(self, weights):
        super().__init__(nn.Identity())
        self.register_buffer("weights", weights)

    def forward(self, pixels):
        return (self.network(pixels) * self.weights).flatten(1).sum(1)


@pytest.fixture
def coarse(monkeypatch):
    """Maps that take less time."""
    monkeypatch.setattr(methods, "PATCH", 6)
    monkeypatch.setattr(methods, "STEPS", 16)


@pytest.fixture
def linear():
    return Weighted(torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(0)))


@pytest.fixture
def pixels():
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def test_integrated_gradients_of_a_linear_score_are_its_terms(linear, pixels):
    found = integrated(linear, pixels, pace())
    np.testing.assert_allclose(found.values, (linear.weights * pixels[0]).sum(0), atol=1e-4)
    assert found.delta == pytest.approx(0, abs=1e-3)


def test_occlusion_of_a_linear_score_is_what_each_patch_holds(linear, pixels):
    found = occlusion(linear, pixels, pace())
    terms = (linear.weights * pixels[0]).sum(0).numpy()
    expected, counts = np.zeros((32, 32)), np.zeros((32, 32))
    for y in range(0, 29, 2):
        for x in range(0, 29, 2):
            expected[y : y + 4, x : x + 4] += terms[y : y + 4, x : x + 4].sum()
            counts[y : y + 4, x : x + 4] += 1
    np.testing.assert_allclose(found.values, expected / counts, atol=1e-3)


def test_occlusion_shows_patches_beside_each_other_first(linear, pixels):
    seen = []
    found = occlusion(linear, pixels, Pace(Control(), 1, seen.append))
    terms = (linear.weights * pixels[0]).sum(0)
    patches = terms.reshape(8, 4, 8, 4).sum((1, 3)).numpy()
    [rough] = seen
    np.testing.assert_allclose(rough.values, patches.repeat(4, 0).repeat(4, 1), atol=1e-3)
    np.testing.assert_array_equal(found.values, occlusion(linear, pixels, pace()).values)


def test_grad_cam_is_its_formula_on_a_network_that_works_in_place(networks):
    seen = sight(networks, picture(5), box_at(5), ClassOf(None))
    found = grad_cam(seen.score, seen.pixels, pace())
    network = seen.score.network
    with Capture(network, [found.layer]) as capture:
        outputs = network(seen.pixels.clone().requires_grad_())
        maps = capture.outputs[found.layer]
    # The copy that Capture keeps is beside the way to the score: from there on the network is run again.
    maps = maps.detach().requires_grad_()
    assert found.layer == "layer3"
    again = network.fc(network.avgpool(network.layer4(maps)).flatten(1))
    torch.testing.assert_close(again, outputs)
    number = int(outputs.argmax())
    (gradient,) = torch.autograd.grad(again[0, number], maps)
    expected = (gradient.mean((2, 3), keepdim=True) * maps).sum(1).relu()[0]
    np.testing.assert_allclose(found.cells, expected.detach(), rtol=1e-4, atol=1e-6)
    assert found.values.shape == (64, 64) and found.cells.shape == (4, 4)


@pytest.mark.parametrize("way", ways_of_explaining.names)
def test_maps_are_the_same_while_our_hooks_copy_every_layer(networks, heads, way):
    attribute = ways_of_explaining[way].load().attribute
    seen = sight(networks, picture(5), box_at(5), LabelOf(heads["rbf"], "cup"))
    alone = attribute(seen.score, seen.pixels, pace())
    network = seen.score.network
    with Capture(network, [name for name, _ in network.named_modules() if name]) as capture:
        hooked = attribute(seen.score, seen.pixels, pace())
    assert capture.outputs and np.array_equal(alone.values, hooked.values)


@pytest.mark.parametrize("dense", [False, True])
def test_integrated_gradients_of_a_head_are_complete(networks, heads, dense):
    seen = sight(networks, picture(5), box_at(5), LabelOf(heads["rbf"], "cup", dense))
    found = integrated(seen.score, seen.pixels, pace())
    with torch.no_grad():
        rise = float(seen.score(seen.pixels)[0] - seen.score(torch.zeros_like(seen.pixels))[0])
    assert found.values.sum(dtype=float) - rise == pytest.approx(found.delta, abs=1e-3)
    assert abs(found.delta) < 0.05 * abs(rise)


@pytest.mark.parametrize("way", ways_of_explaining.names)
def test_what_speaks_for_an_object_lies_on_it(networks, heads, way, coarse):
    """Half of the place is the square, the other half ground."""
    box = box_at(5)
    asked = Question(picture(5), Box(box.x + 24, box.y, 48, 48), LabelOf(heads["linear"], "cup"), way)
    found = explain(networks, asked, Control())
    width = found.values.shape[1]
    x = found.place.x + (np.arange(width) + 0.5) * found.place.width / width
    on_it = (x > box.x) & (x < box.x + box.width)
    assert 0.2 < on_it.mean() < 0.9
    assert found.values[:, on_it].mean() > found.values[:, ~on_it].mean()


@pytest.mark.parametrize("way", ways_of_explaining.names)
def test_the_window_of_an_object_speaks_for_it(networks, heads, way, coarse):
    asked = Question(picture(5), box_at(5), LabelOf(heads["rbf"], "cup", dense=True), way)
    found = explain(networks, asked, Control())
    assert found.values.shape == found.random.shape == found.picture.shape[:2] == (48, 48)
    assert found.values.dtype == np.float32 and np.isfinite(found.values).all()
    assert found.score > 0.5 and found.title == "cup" and found.values.sum() > 0
    assert found.cells == ((6, 6) if way == "gradcam" else (48, 48))
    assert found.layer == ("layer2 at unit length" if way == "gradcam" else "")
    if found.delta is not None:
        assert found.from_grey + found.delta == pytest.approx(found.values.sum(dtype=float), abs=1e-4)


@pytest.mark.parametrize("way", ways_of_explaining.names)
def test_a_map_is_published_before_it_is_checked(networks, heads, way, coarse):
    asked = Question(picture(5), box_at(5), LabelOf(heads["rbf"], "cup"), way)
    published = []
    found = explain(networks, asked, Control(on_partial=published.append))
    assert len(published) == (2 if way == "occlusion" else 1)
    assert all(each.random is None and each.correlation is None and each.draws == 0 for each in published)
    np.testing.assert_array_equal(published[-1].values, found.values)
    assert published[-1].margin == found.margin and found.random is not None


def test_a_network_of_tokens_is_refused_with_the_reason():
    class Transformer(Score):
        def __init__(self):
            super().__init__(torchvision.models.VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=5))

        def forward(self, pixels):
            return self.network(pixels)[:, 0]

    score, pixels = Transformer(), torch.randn(1, 3, 32, 32)
    with pytest.raises(InputError, match="tokens or vectors that have no places; take integrated"):
        grad_cam(score, pixels, pace())
    assert integrated(score, pixels, pace()).values.shape == (32, 32)
    assert occlusion(score, pixels, pace()).values.shape == (32, 32)


@pytest.mark.parametrize("way", ways_of_explaining.names)
def test_it_says_how_far_it_is_and_can_be_stopped(networks, heads, way, coarse):
    asked = Question(picture(5), box_at(5), LabelOf(heads["rbf"], "cup"), way)
    said = []
    explain(networks, asked, Control(lambda fraction, text: said.append(fraction)))
    assert said == sorted(said) and 0 <= said[0] < 0.01 and 0.4 < said[-1] <= 1
    calls = []
    control = Control(lambda fraction, text: (calls.append(fraction), len(calls) == 2 and control.cancel()))
    with pytest.raises(Cancelled):
        explain(networks, asked, control)
    assert len(calls) == 2
