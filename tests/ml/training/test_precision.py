"""Fewer bits: what GPUs and newer processors do, tried on this one, which is only slower at it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from studio.core.control import Control
from studio.ml.device import choose
from studio.ml.training.checkpoint import FOLDER, INDEX
from studio.ml.training.fitting import fit_network
from studio.ml.training.network import TrainableNetwork, from_scratch
from studio.ml.training.phases import Phase, Settings
from studio.ml.training.steps import Precision
from tests.ml.training.pictures import InMemory, striped


def trained(dtype: torch.dtype, run: Path, *, mixed: bool = True, resume: bool = False) -> TrainableNetwork:
    network = from_scratch("small-cnn", 3, replace(choose("cpu"), dtype=dtype))
    crops, judged = InMemory(striped(64, 28, 3), 16), InMemory(striped(32, 28, 3, seed=1), 16, shuffled=False)
    settings = Settings(clip=1.0, mixed_precision=mixed)
    fit_network(network, crops, judged, [Phase(2, 0.02)], settings, run, Control(), resume=resume)
    return network


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_training_with_fewer_bits_is_near_that_with_all(tmp_path: Path, dtype: torch.dtype) -> None:
    few, all_ = trained(dtype, tmp_path), trained(torch.float32, tmp_path)
    assert all(each.dtype == torch.float32 for each in few.parameters())
    started = from_scratch("small-cnn", 3, choose("cpu")).state_dict()
    for name, one in few.state_dict().items():
        other = all_.state_dict()[name]
        moved = float((other - started[name]).norm())
        assert float((one - other).norm()) < (0.2 if dtype == torch.bfloat16 else 0.05) * moved, name
        assert not torch.equal(one, other), name


def test_without_mixed_precision_it_is_float32_to_the_bit(tmp_path: Path) -> None:
    one, two = trained(torch.float16, tmp_path, mixed=False), trained(torch.float32, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_float16_scales_its_loss_and_a_checkpoint_knows_by_how_much(tmp_path: Path) -> None:
    trained(torch.float16, tmp_path)
    scaler = json.loads((tmp_path / FOLDER / INDEX).read_text())["scaler"]
    assert scaler["scale"] == 2**16 and scaler["_growth_tracker"] in (4, 8)
    trained(torch.float16, tmp_path, resume=True)


def test_formats_of_devices() -> None:
    """Metal has no scaler; processors without units for it stay with float32, as do those who ask for it."""
    cpu = choose("cpu")
    gpu = replace(cpu, device=torch.device("cuda", 0), dtype=torch.bfloat16)
    assert Precision(gpu, mixed=True).dtype == torch.bfloat16 and Precision(gpu, mixed=False).dtype is None
    assert not Precision(replace(cpu, dtype=torch.bfloat16), mixed=True).scaler().is_enabled()
    assert Precision(replace(cpu, device=torch.device("mps"), dtype=torch.float16), mixed=True).dtype is None
    assert Precision(replace(cpu, dtype=torch.float32), mixed=True).dtype is None
