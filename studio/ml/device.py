"""Which device computes and in which number format, chosen from what the machine has and never from a timing."""

from __future__ import annotations

import os
import platform
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch

from studio.core.errors import InputError

Capabilities = Mapping[str, str | int | bool]

_BF16_UNITS = ("amx_bf16", "avx512_bf16", "bf16")
_REPORTED = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16", "neon", "bf16", "sve")


@dataclass(frozen=True)
class Compute:
    """Where networks run.

    Attributes:
        device: the torch device.
        dtype: what weights and activations are held in: bfloat16, float16 or float32.
        reason: one line: what was chosen and why not the GPU.
        capabilities: of the processor and, where one is used, of the GPU; plain values for cards and reports.
    """

    device: torch.device
    dtype: torch.dtype
    reason: str
    capabilities: Capabilities = field(default_factory=dict)

    def synchronize(self) -> None:
        """Wait until the device has finished; for clocks."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()


def choose(name: str = "auto") -> Compute:
    """The device called `name`: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.

    `auto` takes the GPU where there is one that works, else the processor.

    Raises:
        InputError: unknown name, or a device that this machine does not have.
    """
    if name == "auto":
        return _automatic()
    if name == "cpu":
        return _processor("cpu, as asked")
    if name == "mps":
        if problem := _mps_problem():
            raise InputError(f"device mps: {problem}; use --device cpu")
        return _metal("as asked")
    if not re.fullmatch(r"cuda(:\d+)?", name):
        raise InputError(f"unknown device {name!r}; there are: auto, cpu, cuda, cuda:N, mps")
    if problem := _cuda_problem():
        raise InputError(f"device {name}: {problem}; use --device cpu")
    index = int(name.partition(":")[2] or 0)
    if index >= torch.cuda.device_count():
        raise InputError(f"device {name}: this machine has GPUs 0 to {torch.cuda.device_count() - 1}")
    return _cuda(index, "as asked")


def processor_capabilities() -> dict[str, str | int | bool]:
    """The processor's name, its cores, and the vector and matrix units that torch can use."""
    found = _torch_capabilities()
    facts: dict[str, str | int | bool] = {
        "processor": str(found.get("cpu_name") or platform.processor() or platform.machine()),
        "architecture": platform.machine(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
    }
    return facts | {unit: bool(found[unit]) for unit in _REPORTED if unit in found}


def gpu_problem() -> str | None:
    """Why no GPU can be used, in a few words; None where one can."""
    if not _cuda_problem() or not _mps_problem():
        return None
    return _mps_problem() if platform.system() == "Darwin" else _cuda_problem()


def _automatic() -> Compute:
    if not _cuda_problem():
        return _cuda(0, "found by auto")
    if not _mps_problem():
        return _metal("found by auto")
    return _processor(f"cpu, because {gpu_problem()}")


def _processor(reason: str) -> Compute:
    facts = processor_capabilities()
    unit = next((unit for unit in _BF16_UNITS if facts.get(unit)), None)
    dtype = torch.bfloat16 if unit else torch.float32
    why = f"bfloat16 ({unit})" if unit else "float32 (the processor has no bfloat16 units)"
    return Compute(torch.device("cpu"), dtype, f"{reason}; {why}", MappingProxyType(facts))


def _cuda(index: int, reason: str) -> Compute:
    device = torch.device("cuda", index)
    properties = torch.cuda.get_device_properties(device)
    native = properties.major >= 8  # Ampere and later have bfloat16 units
    facts = processor_capabilities() | {
        "gpu": properties.name,
        "gpu_memory": properties.total_memory,
        "gpu_capability": f"{properties.major}.{properties.minor}",
    }
    dtype = torch.bfloat16 if native else torch.float16
    text = f"{device}, {properties.name}, {reason}; {str(dtype).removeprefix('torch.')}"
    return Compute(device, dtype, text, MappingProxyType(facts))


def _metal(reason: str) -> Compute:
    facts = MappingProxyType(processor_capabilities() | {"gpu": "Apple"})
    return Compute(torch.device("mps"), torch.float16, f"mps, {reason}; float16", facts)


def _cuda_problem() -> str | None:
    if not torch.backends.cuda.is_built():
        return "this torch was built without CUDA"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        usable = torch.cuda.is_available()
    if usable:
        return None
    if said:  # an old driver, for one, is only reported as a warning
        return str(said[0].message).splitlines()[0].split(" (Triggered")[0].rstrip(".")
    return "no CUDA GPU or driver was found"


def _mps_problem() -> str | None:
    if not torch.backends.mps.is_built():
        return "this torch was built without Metal"
    return None if torch.backends.mps.is_available() else "Metal is not available on this machine"


def _torch_capabilities() -> Mapping[str, str | int | bool]:
    if hasattr(torch.cpu, "get_capabilities"):
        return torch.cpu.get_capabilities()
    supported = {  # releases of torch before that function
        "avx2": "_is_avx2_supported",
        "avx512_f": "_is_avx512_supported",
        "avx512_bf16": "_is_avx512_bf16_supported",
        "amx_bf16": "_is_amx_tile_supported",
    }
    return {unit: getattr(torch.cpu, name)() for unit, name in supported.items() if hasattr(torch.cpu, name)}
