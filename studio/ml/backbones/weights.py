"""Weights from a file: verified, and never a file that would run code when it is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import nn

from studio.core.errors import InputError
from studio.core.files import sha256_of_bytes
from studio.ml.backbones.architectures import adapt

# How torch's unpickler words that a file names a function or class beyond those that tensors need.
_REFUSED_CODE = re.compile(r"GLOBAL \w|Trying to (call|instantiate)|Can only (create|build)")


def read_safetensors(path: Path, sha256: str | None = None) -> dict[str, torch.Tensor]:
    """Tensors of a `.safetensors` file, read once and verified before they are used.

    Args:
        path: the file.
        sha256: what the card says; not checked where None.

    Raises:
        InputError: the file is missing, cut short, no safetensors, or has another hash.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there are no weights {path}") from None
    if sha256 is not None and sha256_of_bytes(content) != sha256:
        raise InputError(f"the weights {path} are not those of their card (another sha256); get them again")
    try:
        return load_safetensors(content)
    except SafetensorError as error:
        raise InputError(f"the weights {path} are cut short or no safetensors file ({error})") from None


def read_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """A network's weights from a `.safetensors`, or from a `.pth`/`.pt` that holds nothing but tensors.

    Raises:
        InputError: another kind of file, cut short, no state dict, or with code inside.
    """
    if path.suffix == ".safetensors":
        return read_safetensors(path)
    if path.suffix not in (".pth", ".pt"):
        raise InputError(f"{path} is neither .safetensors nor .pth nor .onnx")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except Exception as error:  # noqa: BLE001 - a damaged pickle fails in every way there is
        if _REFUSED_CODE.search(str(error)):
            raise InputError(
                f"{path} holds code that would run when it is loaded, not only tensors; save the state_dict alone"
            ) from None
        raise InputError(f"{path} is cut short or no file of weights") from None
    named = isinstance(content, Mapping) and all(isinstance(value, torch.Tensor) for value in content.values())
    if not named or not content:
        raise InputError(f"{path} holds no state_dict: a table of names and tensors")
    return dict(content)


def load_weights(network: nn.Module, state: Mapping[str, torch.Tensor], what: str) -> None:
    """Give `network` (which may be on the meta device) its weights in float32; names and shapes must agree exactly.

    Raises:
        InputError: weights of another architecture.
    """
    wanted = {name: tensor.shape for name, tensor in network.state_dict().items()}
    state = adapt(state)
    # Weights saved before torch 0.4.1 lack these counters, which nothing reads in evaluation.
    for name in wanted.keys() - state.keys():
        if name.endswith(".num_batches_tracked"):
            state[name] = torch.tensor(0)
    odd = sorted(wanted.keys() ^ state.keys())
    if odd:
        raise InputError(f"{what} are weights of another architecture: {len(odd)} layers differ, {odd[0]} among them")
    for name, shape in wanted.items():
        if state[name].shape != shape:
            raise InputError(
                f"{what} are weights of another architecture: {name} is {tuple(state[name].shape)}, not {tuple(shape)}"
            )
    ready = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    network.load_state_dict(ready, assign=True)
