"""Embeddings of a layer inside a network: what that layer puts out, pooled; found by name, and kept apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.core.geometry import Window
from studio.core.stages import Stage
from studio.ml.backbones.architectures import find_stages, without_weights
from studio.ml.backbones.graph import GraphBackbone
from studio.ml.backbones.loading import BUNDLED, load_backbone
from studio.ml.backbones.stage import StageBackbone
from studio.ml.device import choose
from studio.ml.embeddings import Place, key_of
from studio.ml.networks import Networks
from tests.ml.backbones import graphs

CPU = replace(choose("cpu"), dtype=torch.float32)


@pytest.fixture(scope="module")
def base():
    return load_backbone(None, CPU)


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(3).integers(0, 256, (5, 64, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def maps(base, crops):
    """What layer2 puts out, by the network's own parts called one after another."""
    network = base.module
    with torch.inference_mode():
        x = base.prepare(torch.from_numpy(crops).permute(0, 3, 1, 2))
        x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
        return network.layer2(network.layer1(x)).numpy()


@pytest.mark.parametrize("pooling", ["avg", "max", "grid"])
def test_embeddings_are_the_pooled_output_of_the_layer(base, crops, maps, pooling):
    found = load_backbone(f"{BUNDLED}@layer2:{pooling}", CPU)
    half = maps.shape[2] // 2
    sides = (slice(half), slice(half, None))
    quarters = [maps[:, :, rows, columns].mean((2, 3)) for rows in sides for columns in sides]
    wanted = {
        "avg": maps.mean((2, 3)),
        "max": maps.max((2, 3)),
        "grid": np.stack(quarters, 2).reshape(len(maps), -1),
    }[pooling]
    assert found.embedding_size == wanted.shape[1] and found.name == f"{BUNDLED}@layer2:{pooling}"
    np.testing.assert_allclose(found.embed(crops), wanted, rtol=1e-4, atol=1e-5)


def test_the_average_of_the_last_stage_is_the_output(base, crops):
    np.testing.assert_allclose(
        StageBackbone(base, Stage("layer4", "avg")).embed(crops), base.embed(crops), rtol=1e-4, atol=1e-5
    )


def test_maps_for_dense_search_are_those_of_the_whole_backbone_and_cached_with_them(base):
    stage = StageBackbone(base, Stage("layer1", "max"))
    picture = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 3, 96, 64), np.uint8))
    assert torch.equal(stage.maps(picture), base.maps(picture))
    assert (stage.stride, stage.channels, stage.identity) == (base.stride, base.channels, base.identity)


def test_embeddings_are_cached_apart(base):
    place = Place("0" * 64, 1, Window(0, 0, 64))
    stages = [StageBackbone(base, Stage(*each)) for each in (("layer4", "avg"), ("layer4", "max"), ("layer3", "avg"))]
    assert len({key_of(place, each) for each in (base, *stages)}) == 4


def test_stages_of_a_lane_share_the_network(crops):
    networks = Networks("cpu")
    first, second = (networks.backbone(f"{BUNDLED}@{stage}") for stage in ("layer1:avg", "layer2:avg"))
    assert networks.backbone(f"{BUNDLED}@layer1:avg") is first
    assert first._base is second._base is networks.backbone()


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        ("layer9:avg", "no layer 'layer9'"),
        ("avgpool:grid", "512 × 1 × 1"),
        ("fc:avg", "cannot be pooled"),
        ("layer3:mean", "NETWORK@LAYER:POOLING"),
    ],
)
def test_what_is_no_stage_is_refused_in_a_sentence(stage, says):
    with pytest.raises(InputError, match=says):
        load_backbone(f"{BUNDLED}@{stage}", CPU)


def test_a_graph_has_no_stages(tmp_path: Path):
    path = graphs.write(tmp_path / "talk.onnx")
    card = BackboneCard(
        name="talk", architecture="onnx", licence="", source="", sha256="0" * 64, input_size=graphs.SIDE
    )
    with pytest.raises(InputError, match="ONNX graph"):
        StageBackbone(GraphBackbone(card, path, CPU), Stage("cells", "avg"))


@pytest.mark.parametrize(
    ("architecture", "stages"),
    [
        ("resnet18", [("relu", 2, 64), ("layer1", 4, 64), ("layer2", 8, 128), ("layer3", 16, 256),
                      ("layer4", 32, 512)]),
        ("vgg16", [("features.3", 1, 64), ("features.8", 2, 128), ("features.15", 4, 256), ("features.22", 8, 512),
                   ("features.29", 16, 512), ("features", 32, 512)]),
        ("vit_b_16", []),
    ],
)  # fmt: skip
def test_a_stage_ends_where_the_network_shrinks(architecture, stages):
    assert find_stages(without_weights(architecture, 1000), 224) == stages
