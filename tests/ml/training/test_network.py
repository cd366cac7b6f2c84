"""Networks that are trained: what learns, what rests, and that what comes out is what heads make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.ops import StochasticDepth

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.ml.backbones import architectures
from studio.ml.backbones.loading import load_backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.device import choose
from studio.ml.training.network import TrainableNetwork, from_backbone, from_scratch
from tests.ml.training.pictures import striped

EXACT = replace(choose("cpu"), dtype=torch.float32)
# Network, input side, number of its stages, the last of them.
FAMILIES = [
    ("resnet18", 64, 5, "layer4"),
    ("mobilenet_v3_small", 64, 14, "classifier"),
    ("densenet121", 64, 8, "features.denseblock4"),
    ("squeezenet1_1", 64, 9, "features.12"),
    ("vit_b_32", 224, 13, "encoder.layers.encoder_layer_11"),
    ("lenet5", 32, 6, "network.f6"),
    ("small-cnn", 28, 3, "dense1"),
    ("tiny-cnn", 56, 4, "dense1"),
]


def learning(network: nn.Module) -> set[str]:
    return {name for name, each in network.named_parameters() if each.requires_grad}


@pytest.mark.parametrize(("architecture", "side", "count", "last"), FAMILIES)
def test_stages_hold_all_that_learns_and_thaw_from_the_top(architecture: str, side: int, count: int, last: str) -> None:
    network = from_scratch(architecture, 3, EXACT, input_size=side)
    assert len(network.stages) == count and network.stages[-1] == last
    everything = learning(network)
    assert everything == set(dict(network.named_parameters()))
    network.thaw("added")
    assert learning(network) == {"added.weight", "added.bias"}
    network.thaw("top:1")
    top = learning(network)
    assert all(name.startswith(("added.", "base.")) for name in top) and any(last in name for name in top)
    network.thaw(f"top:{count - 1}")
    first = learning(network)
    assert top < first < everything
    network.thaw("top:99")
    assert learning(network) == everything


def test_what_a_phase_trains_must_be_known() -> None:
    network = from_scratch("lenet5", 3, EXACT)
    with pytest.raises(InputError, match=r"added, all or top:K, not 'top:0'"):
        network.thaw("top:0")


def test_frozen_norms_do_not_move_and_thawed_ones_do() -> None:
    network = from_backbone(None, 3, EXACT)
    pictures = striped(8, 64, 3).pictures
    network.thaw("top:1")
    network.train()
    before = {name: each.clone() for name, each in network.named_buffers() if name.endswith("running_mean")}
    network(pictures)
    moved = {name for name, each in network.named_buffers() if name in before and not torch.equal(each, before[name])}
    assert moved and all(name.startswith("base.layer4") for name in moved)


def test_dropout_before_the_added_layer_works_while_the_base_rests() -> None:
    network = from_scratch("efficientnet_b0", 3, EXACT, input_size=32)
    network.thaw("added")
    network.train()
    working = [name for name, module in network.base.named_modules() if module.training and type(module) is nn.Dropout]
    assert working == ["classifier.0"]
    resting = [m for m in network.base.modules() if isinstance(m, StochasticDepth | nn.BatchNorm2d)]
    assert len(resting) > 50 and not any(module.training for module in resting)
    network.eval()
    assert not any(module.training for module in network.modules())


def test_logits_are_those_of_the_backbone_and_the_added_layer() -> None:
    """What is trained agrees with what heads run: the same weights, folded, and a linear layer behind."""
    network = from_backbone(None, 4, EXACT).eval()
    pictures = striped(5, 64, 4).pictures
    with torch.no_grad():
        found = network(pictures).numpy()
    embeddings = load_backbone(None, EXACT).embed(np.ascontiguousarray(pictures.permute(0, 2, 3, 1).numpy()))
    added = network.added
    wanted = embeddings @ added.weight.detach().numpy().T + added.bias.detach().numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", ["lenet5", "small-cnn", "tiny-cnn", "squeezenet1_1", "mobilenet_v3_small"])
def test_a_trained_network_is_taken_over_as_a_backbone(architecture: str) -> None:
    side = {"squeezenet1_1": 64, "mobilenet_v3_small": 64}.get(architecture, 0)
    network = from_scratch(architecture, 3, EXACT, input_size=side).eval()
    pictures = striped(4, network.input_size, 3).pictures
    with torch.no_grad():
        wanted = network(pictures).numpy()
    whole = network.whole()
    blank = architectures.without_weights(architecture, 3)
    blank.load_state_dict(whole.state_dict(), assign=True)
    spatial = architectures.find_map_layer(architectures.without_weights(architecture, 3), network.input_size)
    assert (spatial is not None) == (architecture in ("tiny-cnn", "mobilenet_v3_small"))
    architectures.remove_classifier(blank)
    card = BackboneCard(
        name="own", architecture=architecture, licence="", source="", sha256="0" * 64, classes=3,
        input_size=network.input_size, mean=network.mean, std=network.std,
    )  # fmt: skip
    backbone = NetworkBackbone(card, blank, EXACT, spatial)
    embeddings = backbone.embed(np.ascontiguousarray(pictures.permute(0, 2, 3, 1).numpy()))
    found = embeddings @ network.added.weight.detach().numpy().T + network.added.bias.detach().numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)


def test_lenet_sees_luminance_and_the_small_ones_colours() -> None:
    """Two colours of the same luminance by ITU-R BT.601."""
    red = torch.tensor([200, 50, 50]).view(1, 3, 1, 1)
    grey = torch.tensor([94.85] * 3).view(1, 3, 1, 1)  # 0.299 · 200 + 0.587 · 50 + 0.114 · 50
    for architecture, same in (("lenet5", True), ("small-cnn", False), ("tiny-cnn", False)):
        network = from_scratch(architecture, 3, EXACT).eval()
        side = network.input_size
        with torch.no_grad():
            outputs = [network(colour.float().expand(1, 3, side, side)) for colour in (red, grey)]
        assert torch.allclose(*outputs, atol=1e-5) == same, architecture


def test_the_same_seed_gives_the_same_weights_and_leaves_the_generator_alone() -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    one, same, other = (from_scratch("lenet5", 3, EXACT, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(4), wanted)
    assert torch.equal(one.added.weight, same.added.weight) and not torch.equal(one.added.weight, other.added.weight)


def test_a_single_crop_can_be_trained_on() -> None:
    """Batch norms have nothing to compare it with where maps are one cell."""
    network: TrainableNetwork = from_scratch("resnet18", 2, EXACT, input_size=32)
    network.train()
    network(striped(1, 32, 2).pictures).sum().backward()
    assert network.base.conv1.weight.grad is not None


def test_what_cannot_be_trained_is_said(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="unknown architecture 'lenet6'; there are: lenet5"):
        from_scratch("lenet6", 3, EXACT)
    with pytest.raises(InputError, match=r"vit_b_32 cannot run on crops of 64 pixels"):
        from_scratch("vit_b_32", 3, EXACT, input_size=64)
    with pytest.raises(InputError, match=r"studio models get resnet50"):
        from_backbone("resnet50", 3, EXACT)
    with pytest.raises(InputError, match=r"to train the network, take resnet18-64px"):
        from_backbone("resnet18-64px@layer3:avg", 3, EXACT)
    folder = tmp_path / "models" / "graph"
    folder.mkdir(parents=True)
    BackboneCard(
        name="graph", architecture="onnx", licence="", source="", sha256="0" * 64, input_size=64
    ).write(folder / "card.json")  # fmt: skip
    monkeypatch.setenv("STUDIO_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="graph is an ONNX graph, which can be run but not trained"):
        from_backbone("graph", 3, EXACT)
