"""torchvision's families with random weights, against plain forwards of the untouched networks."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.ml.backbones import architectures
from studio.ml.backbones.folding import fold_batch_norm
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.device import choose

EXACT = replace(choose("cpu"), dtype=torch.float32)
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
# Network, input size, what goes into its last linear layer, its map layer and the channels of it.
FAMILIES = [
    ("resnet18", 64, "fc", "layer2", 128),
    ("mobilenet_v3_small", 64, "classifier.3", "features.3", 24),
    ("efficientnet_b0", 64, "classifier.1", "features.3", 40),
    ("densenet121", 64, "classifier", "features.denseblock2", 512),
    ("shufflenet_v2_x0_5", 64, "fc", "stage2", 48),
    ("squeezenet1_1", 64, "classifier.1", None, 0),
    ("vit_b_32", 224, "heads.head", None, 0),
]


def random_network(name: str) -> nn.Module:
    """Random weights and, in the norms, random statistics, so that folding them has something to do."""
    torch.manual_seed(5)
    network = architectures.build(name, 10)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    return network


def backbone_of(name: str, side: int, network: nn.Module) -> NetworkBackbone:
    card = BackboneCard(
        name=name, architecture=name, licence="", source="", sha256="0" * 64, input_size=side, mean=MEAN, std=STD
    )
    own = copy.deepcopy(network)
    spatial = architectures.find_map_layer(copy.deepcopy(network).to("meta"), side)
    architectures.remove_classifier(own)
    return NetworkBackbone(card, own, EXACT, spatial)


def pictures(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(11).integers(0, 256, (count, height, width, 3), np.uint8)


def normalised(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(((images / 255 - MEAN) / STD).astype(np.float32)).permute(0, 3, 1, 2)


def seen_by(network: nn.Module, layer: str, x: torch.Tensor, what: str) -> torch.Tensor:
    """Input or output of a layer in a full forward, cloned before anything behind it can change it in place."""
    seen: list[torch.Tensor] = []
    module = network.get_submodule(layer)
    if what == "input":
        handle = module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    else:
        handle = module.register_forward_hook(lambda _, inputs, output: seen.append(output.clone()))
    with torch.no_grad():
        network(x)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize(("name", "side", "last", "layer", "channels"), FAMILIES)
def test_families_agree_with_plain_forwards(name: str, side: int, last: str, layer: str | None, channels: int) -> None:
    network = random_network(name)
    backbone = backbone_of(name, side, network)
    crops = pictures(3, side, side)
    wanted = seen_by(network, last, normalised(crops), "input")
    wanted = wanted.mean((2, 3)) if wanted.ndim == 4 else wanted
    found = backbone.embed(crops)
    assert found.shape == (3, backbone.embedding_size)
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-3 * float(wanted.abs().max()), rtol=1e-3)

    assert backbone.map_layer == (layer or "")
    images = torch.from_numpy(pictures(1, 75, 118)).permute(0, 3, 1, 2)
    if layer is None:
        assert not backbone.has_maps
        with pytest.raises(InputError, match=rf"{name} has no spatial feature maps.*not search densely"):
            backbone.maps(images)
        return
    whole_cells = nn.functional.pad(normalised(images.permute(0, 2, 3, 1).numpy()), (0, 2, 0, 5))
    maps = seen_by(network, layer, whole_cells, "output")
    assert maps.shape == (1, channels, 10, 15) and (backbone.stride, backbone.channels) == (8, channels)
    scale = float(maps.abs().max())
    torch.testing.assert_close(backbone.maps(images).contiguous(), maps, atol=1e-3 * scale, rtol=1e-3)


def test_norms_are_folded_away_and_layers_keep_their_names() -> None:
    network = random_network("resnet18")
    names = [name for name, _ in network.named_modules()]
    fold_batch_norm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert [name for name, _ in network.named_modules()] == names


def test_a_norm_is_not_folded_where_something_else_reads_the_convolution() -> None:
    class Fork(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            return x + self.norm(x)

    network = Fork().eval()
    nn.init.constant_(network.norm.running_mean, 0.5)
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        wanted = network(x)
        fold_batch_norm(network)
        torch.testing.assert_close(network(x), wanted)


def test_every_network_can_be_named() -> None:
    assert len(architectures.names()) >= 80
    with pytest.raises(InputError, match=r"unknown architecture 'resnet19'.*resnet18"):
        architectures.build("resnet19", 10)


def test_classics_are_built_for_colours_and_say_how_they_are_fed() -> None:
    assert architectures.all_names() == ["lenet5", "small-cnn", "tiny-cnn", *architectures.names()]
    for name, side, width in (("lenet5", 32, 84), ("small-cnn", 28, 128), ("tiny-cnn", 56, 128)):
        feeding = architectures.feeding(name)
        network = architectures.build(name, 3)
        assert feeding.input_size == side and not network.training
        assert network(torch.rand(2, 3, side, side)).shape == (2, 3)
        architectures.remove_classifier(network)
        assert network(torch.rand(2, 3, side, side)).shape == (2, width)
    # Black is -0.1 and white 1.175, as the paper has it.
    lenet = architectures.feeding("lenet5")
    assert [(value - lenet.mean[0]) / lenet.std[0] for value in (0, 1)] == pytest.approx([-0.1, 1.175])
    assert architectures.feeding("resnet18") == (224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    with pytest.raises(InputError, match="unknown architecture 'lenet6'"):
        architectures.feeding("lenet6")


def test_a_layer_from_a_card_must_exist_and_be_spatial() -> None:
    network = architectures.without_weights("resnet18", 10)
    assert architectures.find_map_layer(network, 64, "layer3") == ("layer3", 16, 256)
    with pytest.raises(InputError, match="no layer 'layer9'"):
        architectures.find_map_layer(network, 64, "layer9")
    with pytest.raises(InputError, match="no feature map"):
        architectures.find_map_layer(network, 64, "fc")


def test_weights_of_the_first_densenets_get_todays_names() -> None:
    state = {"features.denseblock1.denselayer1.norm.1.weight": torch.ones(1), "features.norm0.bias": torch.ones(1)}
    assert list(architectures.adapt(state)) == ["features.denseblock1.denselayer1.norm1.weight", "features.norm0.bias"]
