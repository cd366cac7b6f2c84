"""Heads of dense layers, with a backbone or a network of their own: on the disk, and what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.errors import InputError
from studio.core.files import sha256_of
from studio.ml import classics
from studio.ml.heads.card import HeadCard
from studio.ml.heads.head import Head, load_head, save_head
from studio.ml.heads.own_network import blank_network, network_sha256
from studio.ml.networks import Networks
from tests.ml.heads.made import EMBEDDING, bundled_part, classic_part, network_head, random_layers

LABELS = ["cup", "jug", "lid"]


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks("cpu")


@pytest.fixture(scope="module")
def own() -> Head:
    return network_head(LABELS, random_layers(EMBEDDING, 8, 3, scale=3.0), bundled_part(), name="own")


def crops(count: int, side: int = 64) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, side, side, 3), np.uint8)


def test_its_own_network_with_the_same_weights_says_exactly_the_same(networks: Networks, own: Head) -> None:
    named = network_head(LABELS, random_layers(EMBEDDING, 8, 3, scale=3.0))
    first, second = (networks.of(head).embed(crops(4)) for head in (named, own))
    np.testing.assert_array_equal(first, second)
    scores = named.crop_scores(first)
    np.testing.assert_array_equal(scores, own.crop_scores(second))
    np.testing.assert_allclose(scores.sum(1), 1, atol=1e-6)
    picture = torch.from_numpy(crops(1, 96)).permute(0, 3, 1, 2)
    assert torch.equal(networks.of(named).maps(picture), networks.of(own).maps(picture))
    assert networks.of(named) is networks.backbone() and networks.of(own) is networks.of(own)
    assert networks.of(own).name == "head:own"


def test_background_is_left_out_of_the_scores() -> None:
    head = network_head(["cup"], random_layers(EMBEDDING, 2), background=True)
    embeddings = np.random.default_rng(0).normal(size=(5, EMBEDDING)).astype(np.float32)
    scores = head.crop_scores(embeddings)
    assert scores.shape == (5, 1)
    np.testing.assert_array_equal(scores, head.layers.probabilities(embeddings)[:, :1])  # type: ignore[union-attr]
    several = network_head(LABELS, random_layers(EMBEDDING, 3))
    np.testing.assert_array_equal(several.crop_scores(embeddings, [2, 0]), several.crop_scores(embeddings)[:, [2, 0]])


def test_it_is_read_as_it_was(own: Head, tmp_path: Path) -> None:
    saved, read = save_head(own, tmp_path / "own"), load_head(tmp_path / "own")
    assert read.card == saved.card and read.card.sha256 == sha256_of(tmp_path / "own" / "weights.safetensors")
    assert read.network is not None and own.network is not None and read.network.keys() == own.network.keys()
    assert network_sha256(read.network) == own.card.backbone_sha256
    embeddings = np.ones((1, EMBEDDING), np.float32)
    np.testing.assert_array_equal(read.crop_scores(embeddings), own.crop_scores(embeddings))


@pytest.mark.parametrize("name", ["lenet5", "small-cnn", "tiny-cnn"])
def test_classics_are_networks_of_colour_crops(name: str, networks: Networks, tmp_path: Path) -> None:
    part, tensors = classic_part(name, 3)
    head = network_head(LABELS, random_layers(84 if name == "lenet5" else 128, 3), (part, tensors))
    save_head(head, tmp_path / "h")
    backbone = networks.of(load_head(tmp_path / "h"))
    pictures = crops(2, part.input_size)
    module = classics.for_colour(name, 3)
    module.load_state_dict(tensors)
    values = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    if name == "lenet5":  # which sees what OpenCV calls grey
        grey = (values * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
        module, values = module.network, grey
    values = (values - part.mean[0]) / part.std[0]
    with torch.no_grad():
        wanted = torch.nn.Sequential(*list(module.children())[:-1])(values).numpy()
    np.testing.assert_allclose(backbone.embed(pictures), wanted, atol=3e-2 * np.abs(wanted).max())  # maybe bfloat16
    assert backbone.has_maps == (name == "tiny-cnn")


def test_a_projection_is_part_of_the_embedding(networks: Networks) -> None:
    part, tensors = classic_part("tiny-cnn", 16)
    kept = part.model_copy(update={"embeds_by_output": True})
    head = network_head(LABELS, random_layers(16, 3, unit=True), (kept, tensors))
    assert networks.of(head).embedding_size == 16
    wanted = networks.looked_of(head)
    pictures = crops(2, 56)
    output = wanted.module(wanted.prepare(torch.from_numpy(pictures).permute(0, 3, 1, 2))).numpy()
    np.testing.assert_allclose(networks.of(head).embed(pictures), output, atol=3e-2 * np.abs(output).max())


def test_what_does_not_belong_together_is_refused(own: Head, networks: Networks, tmp_path: Path) -> None:
    other = dict(own.network or {})
    other["conv1.weight"] = other["conv1.weight"] + 1
    with pytest.raises(InputError, match="not the one on its card"):
        networks.of(replace(own, network=other))
    wide = replace(own, layers=random_layers(7, 3))
    with pytest.raises(InputError, match="does not fit"):
        networks.of(wide)
    with pytest.raises(ValueError, match="outputs"):
        replace(own, layers=random_layers(EMBEDDING, 4))
    with pytest.raises(ValueError, match="alone"):
        replace(own, network=None)
    broken = {name: tensor for name, tensor in other.items() if name != "fc.bias"}
    sha256 = network_sha256(broken)
    part = own.card.network.model_copy(update={"sha256": sha256})  # type: ignore[union-attr]
    card = HeadCard(**own.card.model_dump() | {"network": part, "backbone_sha256": sha256})
    with pytest.raises(InputError, match="another architecture"):
        networks.of(replace(own, card=card, network=broken))


def test_damaged_files_are_refused(own: Head, tmp_path: Path) -> None:
    half = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in (own.network or {}).items()
    }
    save_head(replace(own, network=half), tmp_path / "half")
    with pytest.raises(InputError, match="another type"):
        load_head(tmp_path / "half")
    save_head(own, tmp_path / "other")
    card = tmp_path / "other" / "card.json"
    card.write_text(card.read_text().replace("network-head-1", "network-head-9"))
    with pytest.raises(InputError, match="another kind"):
        load_head(tmp_path / "other")


def test_unknown_architectures_are_refused() -> None:
    with pytest.raises(InputError, match="unknown architecture"):
        blank_network("resnet19", 3)


def test_a_folder_names_a_network(own: Head, networks: Networks, tmp_path: Path) -> None:
    save_head(own, tmp_path / "kept")
    looked = networks.looked(f"head:{tmp_path / 'kept'}")
    assert looked is networks.looked_of(networks.head(tmp_path / "kept"))
    assert looked.name == "head:kept" and looked.module.fc.out_features == own.card.network.classes  # type: ignore[union-attr]
    assert networks.head(tmp_path / "kept") is networks.head(tmp_path / "kept")
    with pytest.raises(InputError, match="no card"):
        networks.head(tmp_path / "nothing")


def test_the_top_names_are_those_of_the_highest_outputs() -> None:
    head = network_head(LABELS, random_layers(EMBEDDING, 4, scale=3.0), background=True)
    embedding = np.random.default_rng(2).normal(size=EMBEDDING)
    shares = dict(zip([*LABELS, "background"], head.layers.probabilities(embedding[None])[0], strict=True))  # type: ignore[union-attr]
    best = head.top(embedding, 3)
    assert list(best) == sorted(shares.items(), key=lambda pair: -pair[1])[:3]
    assert len(head.top(embedding, 9)) == 4
