"""The bundled backbone: loaded from the repository, against a plain forward of torchvision's network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file

from studio.core.errors import InputError
from studio.core.paths import MODELS
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


@pytest.fixture(scope="module")
def exact() -> Backbone:
    return load_backbone(None, replace(choose("cpu"), dtype=torch.float32))


@pytest.fixture(scope="module")
def plain() -> torch.nn.Module:
    network = torchvision.models.resnet18(weights=None, num_classes=200)
    state = load_file(MODELS / "resnet18-64px" / "weights.safetensors")
    network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return network.eval()


def pictures(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, height, width, 3), np.uint8)


def normalised(images: np.ndarray) -> torch.Tensor:
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


@torch.no_grad()
def plain_embedding(network: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    x = network.maxpool(network.relu(network.bn1(network.conv1(normalised(images)))))
    x = network.layer4(network.layer3(network.layer2(network.layer1(x))))
    return x.mean((2, 3)).numpy()


@torch.no_grad()
def plain_maps(network: torch.nn.Module, images: np.ndarray) -> torch.Tensor:
    x = torch.nn.functional.pad(normalised(images), (0, -images.shape[2] % 8, 0, -images.shape[1] % 8))
    x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    return network.layer2(network.layer1(x))


def test_says_what_it_is(exact: Backbone) -> None:
    assert (exact.name, exact.input_size, exact.embedding_size) == ("resnet18-64px", 64, 512)
    assert (exact.has_maps, exact.stride, exact.channels) == (True, 8, 128)
    assert exact.sha256 == exact.card.sha256


def test_embeddings_are_those_of_the_plain_network(exact: Backbone, plain: torch.nn.Module) -> None:
    crops = pictures(70, 64, 64)
    found = exact.embed(crops)
    assert found.dtype == np.float32 and found.shape == (70, 512)
    np.testing.assert_allclose(found, plain_embedding(plain, crops), atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("size", [(8, 8), (64, 96), (61, 83), (480, 640)])
def test_maps_are_those_of_the_plain_network(exact: Backbone, plain: torch.nn.Module, size: tuple[int, int]) -> None:
    images = pictures(2, *size)
    found = exact.maps(torch.from_numpy(images).permute(0, 3, 1, 2))
    assert found.shape == (2, 128, -(-size[0] // 8), -(-size[1] // 8))
    torch.testing.assert_close(found.contiguous(), plain_maps(plain, images), atol=2e-4, rtol=1e-3)


def test_reduced_precision_stays_close(plain: torch.nn.Module) -> None:
    crops = pictures(5, 64, 64)
    reduced = load_backbone(None, replace(choose("cpu"), dtype=torch.bfloat16))
    found, wanted = reduced.embed(crops), plain_embedding(plain, crops)
    cosine = (found * wanted).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    assert cosine.min() > 0.999
    assert reduced.maps(torch.from_numpy(crops).permute(0, 3, 1, 2)).dtype == torch.bfloat16


def test_an_embedding_does_not_depend_on_its_batch() -> None:
    backbone = load_backbone("resnet18-64px", choose("cpu"))
    crops = pictures(65, 64, 64)
    together = backbone.embed(crops)
    alone = np.concatenate([backbone.embed(crops[n : n + 1]) for n in (0, 63, 64)])
    np.testing.assert_allclose(together[[0, 63, 64]], alone, atol=0.05, rtol=0.02)


def test_takes_views_and_read_only_memory_as_they_come(exact: Backbone) -> None:
    crops = pictures(3, 64, 64)
    wanted = exact.embed(crops)
    frozen = crops.copy()
    frozen.flags.writeable = False
    mirrored = np.ascontiguousarray(crops[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_array_equal(exact.embed(frozen), wanted)
    np.testing.assert_array_equal(exact.embed(mirrored), wanted)
    assert exact.embed(crops[:0]).shape == (0, 512)


def test_refuses_arrays_of_another_kind(exact: Backbone) -> None:
    with pytest.raises(ValueError, match="uint8"):
        exact.embed(pictures(1, 64, 64).astype(np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="64, 64"):
        exact.embed(pictures(1, 32, 64))
    with pytest.raises(ValueError, match="at least 8"):
        exact.maps(torch.zeros(1, 3, 7, 40, dtype=torch.uint8))
    with pytest.raises(ValueError, match="uint8"):
        exact.maps(torch.zeros(1, 3, 40, 40))


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(InputError, match=r"unknown backbone 'resnet17'.*resnet18-64px.*vit_b_16"):
        load_backbone("resnet17", choose("cpu"))
