"""The rows of layers: names, shapes, parameters; of the networks people know."""

from __future__ import annotations

import pytest
import torch

from studio.core.errors import InputError
from studio.ml.backbones import architectures
from studio.ml.classics import CLASSICS
from studio.ml.looking.layers import layers
from studio.ml.looking.network import load_looked
from studio.ml.networks import Networks


@pytest.mark.parametrize("name", ["resnet18", "vgg16", "mobilenet_v3_small", "vit_b_32"])
def test_shapes_are_those_of_a_real_forward_and_parameters_add_up(name, cpu):
    network = load_looked(name, cpu, shapes_only=True)
    rows = layers(network)
    assert rows[-1].shape == (1000,)
    total = sum(parameter.numel() for parameter in network.module.parameters())
    outside = sum(parameter.numel() for parameter in network.module.parameters(recurse=False))
    assert sum(row.parameters for row in rows) == total - outside


def test_shapes_follow_the_size_of_the_picture(cpu):
    network = load_looked(None, cpu)
    shapes = {row.name: row.shape for row in layers(network, 96, 160)}
    with torch.inference_mode():
        found: dict[str, tuple[int, ...]] = {}

        def note(name, output):
            found.setdefault(name, tuple(output.shape[1:]))

        handles = [
            module.register_forward_hook(lambda _module, _inputs, output, name=name: note(name, output))
            for name, module in network.module.named_modules()
            if name in shapes
        ]
        network.module(torch.zeros(1, 3, 96, 160))
        for handle in handles:
            handle.remove()
    assert found == {name: shape for name, shape in shapes.items() if "#" not in name}
    assert network.module.conv1.weight.device.type == "cpu"  # the real weights were not touched


def test_a_size_that_does_not_fit_is_refused(cpu):
    with pytest.raises(InputError, match="cannot run on pictures of 100 × 100"):
        layers(load_looked("vit_b_32", cpu, shapes_only=True), 100, 100)


def test_the_classics_have_the_numbers_of_their_books(cpu):
    def total(name):
        return sum(row.parameters for row in layers(load_looked(name, cpu)))

    # C1 156, S2 12, C3 2,416 with all connections, S4 32, C5 48,120, F6 10,164, output 850.
    assert total("lenet5") == 156 + 12 + 2416 + 32 + 48120 + 10164 + 850
    assert total("small-cnn") == 320 + 18496 + 204928 + 1290  # as Keras' summary says
    shapes = {row.name: row.shape for row in layers(load_looked("lenet5", cpu))}
    assert shapes["c1"] == (6, 28, 28) and shapes["s2"] == (6, 14, 14) and shapes["c5"] == (120, 1, 1)
    assert {row.name: row.shape for row in layers(load_looked("tiny-cnn", cpu))}["pool3"] == (64, 7, 7)


@pytest.mark.parametrize("name", CLASSICS)
def test_a_classic_takes_pictures_and_is_the_same_every_time(name, cpu):
    first, again = load_looked(name, cpu), load_looked(name, cpu)
    pictures = torch.randint(0, 256, (2, 3, first.input_size, first.input_size), dtype=torch.uint8)
    with torch.inference_mode():
        output = first.module(first.prepare(pictures))
        assert output.shape == (2, 10) and torch.equal(output, again.module(again.prepare(pictures)))
    assert "random" in first.note


def test_lenet_sees_black_and_white_as_its_paper_says(cpu):
    network = load_looked("lenet5", cpu)
    ends = network.prepare(torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 1, 1))
    torch.testing.assert_close(ends.flatten(), torch.tensor([-0.1, 1.175]))


def test_a_looked_network_is_the_trained_one(cpu):
    """Unfolded, with its classifier: as torchvision's own with the same weights."""
    network = load_looked(None, cpu)
    assert network.card is not None
    plain = architectures.build(network.card.architecture, network.card.classes)
    plain.load_state_dict(network.module.state_dict())
    picture = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (network.card.mean, network.card.std))
    with torch.inference_mode():
        expected = plain((picture / 255 - mean) / std)
        torch.testing.assert_close(network.module(network.prepare(picture)), expected)
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network.module.modules())


def test_what_is_not_here_or_unknown_is_said(cpu):
    with pytest.raises(InputError, match="studio models get resnet50"):
        load_looked("resnet50", cpu)
    with pytest.raises(InputError, match="unknown network 'nonsense'"):
        load_looked("nonsense", cpu)
    with pytest.raises(ValueError, match="uint8"):
        load_looked("tiny-cnn", cpu).prepare(torch.zeros(1, 3, 56, 56))


def test_a_lane_keeps_the_newest_looked_network():
    networks = Networks("cpu")
    first = networks.looked()
    assert networks.looked("resnet18-64px") is first and networks.looked("resnet18-64px@layer3:avg") is first
    assert networks.looked("tiny-cnn").name == "tiny-cnn"
    assert networks.looked() is not first
