"""Devices: what is chosen, what is refused, and what is said about it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from studio.core.errors import InputError
from studio.ml import device
from studio.ml.device import choose


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_auto_falls_back_to_the_processor_and_says_why(no_gpu: None) -> None:
    compute = choose()
    assert compute.device.type == "cpu"
    assert "because" in compute.reason and "\n" not in compute.reason
    assert compute.capabilities["cores"]


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "cuda:-1", "CPU", "xpu"])
def test_unknown_names_are_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(InputError, match="auto, cpu, cuda, cuda:N, mps"):
        choose(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_a_gpu_that_is_not_there_is_refused(no_gpu: None, name: str) -> None:
    with pytest.raises(InputError, match=f"device {name}: .*--device cpu"):
        choose(name)


def test_a_driver_too_old_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    def is_available() -> bool:
        warnings.warn(
            "CUDA initialization: the NVIDIA driver is too old (Triggered internally at x.cpp:1)", stacklevel=1
        )
        return False

    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match="driver is too old; use --device cpu"):
        choose("cuda")


@pytest.mark.parametrize(
    ("units", "dtype"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": True, "amx_bf16": False}, torch.bfloat16),
        ({"avx2": True, "avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_the_number_format_follows_the_processor(
    monkeypatch: pytest.MonkeyPatch, units: dict[str, bool], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(device, "_torch_capabilities", lambda: units)
    assert choose("cpu").dtype == dtype


@pytest.mark.parametrize(("major", "dtype"), [(7, torch.float16), (8, torch.bfloat16), (9, torch.bfloat16)])
def test_the_number_format_follows_the_gpu(monkeypatch: pytest.MonkeyPatch, major: int, dtype: torch.dtype) -> None:
    found = SimpleNamespace(name="Some GPU", total_memory=8 << 30, major=major, minor=0)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: found)
    compute = choose("auto")
    assert (compute.device, compute.dtype) == (torch.device("cuda", 0), dtype)
    assert "Some GPU" in compute.reason
    with pytest.raises(InputError, match="GPUs 0 to 0"):
        choose("cuda:1")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_auto_takes_the_gpu_where_there_is_one() -> None:
    compute = choose()
    assert compute.device.type == "cuda"
    compute.synchronize()
