"""Backbones that come from elsewhere: torchvision's on request, and the user's own files. All become folder + card."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torchvision
from safetensors.torch import save_file

from studio.core.cards import BackboneCard
from studio.core.catalogue import model_folder
from studio.core.control import Control
from studio.core.downloads import RemoteFile, fetch, problem_of
from studio.core.errors import InputError, StudioError
from studio.core.files import sha256_of
from studio.ml.backbones import architectures
from studio.ml.backbones.graph import GraphBackbone
from studio.ml.backbones.loading import ONNX, load_folder, names
from studio.ml.backbones.weights import load_weights, read_state_dict
from studio.ml.device import choose

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_DIGITS = re.compile(r"-([0-9a-f]{8,64})\.pth$")
_LICENCE = "BSD-3-Clause (torchvision); trained on ImageNet, whose pictures are provided for non-commercial research"


@dataclass(frozen=True)
class Published:
    """torchvision's default weights of one network."""

    name: str
    file: RemoteFile
    licence: str
    size: int  # bytes, rounded by the publisher
    facts: Mapping[str, Any]  # what goes on the card


def published(name: str) -> Published:
    """What torchvision says about the default weights of `name`."""
    weights = torchvision.models.get_model_weights(name).DEFAULT
    digits = _DIGITS.search(weights.url)
    assert digits, f"torchvision gives no hash for {weights.url}"
    preset = weights.transforms()
    scores = {
        f"{data} {key}": value for data, table in weights.meta["_metrics"].items() for key, value in table.items()
    }
    return Published(
        name,
        RemoteFile(weights.url, digits.group(1)),
        weights.meta.get("license", _LICENCE),
        round(weights.meta["_file_size"] * 2**20),
        {
            "architecture": name,
            "input_size": preset.crop_size[0],
            "mean": tuple(preset.mean),
            "std": tuple(preset.std),
            "classes": len(weights.meta["categories"]),
            "class_names": tuple(weights.meta["categories"]),
            "training": f"torchvision {weights}",
            "scores": scores,
        },
    )


def get(wanted: Published, control: Control | None = None) -> Path:
    """Download torchvision's weights, verify them by the digits in their name, and install them.

    Raises:
        StudioError: they could not be had; the message says how else.
    """
    folder = model_folder(wanted.name)
    try:
        path = fetch(wanted.file, folder.parent, control)
    except StudioError as error:
        raise StudioError(
            f"{error}. Or fetch it by other means and run: studio models add {wanted.file.name}"
        ) from error
    try:
        return adopt(path, wanted)
    finally:
        path.unlink()


def adopt(path: Path, wanted: Published) -> Path:
    """Install a file of torchvision's that was fetched by other means.

    Raises:
        InputError: its content is not what its name says.
    """
    if problem := problem_of(path, wanted.file):
        raise InputError(f"{path} is not {wanted.file.name}: {problem} (cut short?); get it from {wanted.file.url}")
    return _install_state(path, wanted.name, {"licence": wanted.licence, "source": wanted.file.url, **wanted.facts})


def known_file(name: str) -> Published | None:
    """The torchvision weights whose file is called `name`."""
    for architecture in architectures.names():
        if torchvision.models.get_model_weights(architecture).DEFAULT.url.endswith(f"/{name}"):
            return published(architecture)
    return None


def add_state_dict(path: Path, name: str, facts: Mapping[str, Any]) -> Path:
    """Install weights of the user's for a network of torchvision's.

    Args:
        path: `.safetensors`, or a `.pth` that holds nothing but tensors.
        name: what the backbone will be called.
        facts: what goes on the card: architecture, classes, and where they differ input_size, mean, std, map_layer.

    Raises:
        InputError: the name is taken, or the file is damaged, holds code or is of another architecture.
    """
    _check_name(name)
    return _install_state(path, name, {"licence": "the user's own", "source": path.name, **facts})


def add_graph(path: Path, name: str, facts: Mapping[str, Any]) -> Path:
    """Install an ONNX file of the user's.

    Args:
        path: the file.
        name: what the backbone will be called.
        facts: what goes on the card: input_size, and where they differ mean, std, output.

    Raises:
        InputError: the name is taken, or OpenCV cannot run the graph.
    """
    _check_name(name)
    own = {"licence": "the user's own", "source": path.name, "architecture": ONNX, "file": "weights.onnx"}
    with _staged(name) as folder:
        shutil.copyfile(path, folder / "weights.onnx")
        GraphBackbone(_write_card(folder, name, own | dict(facts)), path, choose("cpu"))
    return model_folder(name)


def _install_state(path: Path, name: str, facts: Mapping[str, Any]) -> Path:
    state = read_state_dict(path)
    network = architectures.without_weights(facts["architecture"], facts["classes"])
    load_weights(network, state, str(path))
    with _staged(name) as folder:
        tensors = {key: tensor.contiguous() for key, tensor in network.state_dict().items()}
        save_file(tensors, folder / "weights.safetensors")
        _write_card(folder, name, facts)
        load_folder(folder, choose("cpu"))
    return model_folder(name)


def _write_card(folder: Path, name: str, facts: Mapping[str, Any]) -> BackboneCard:
    file = folder / str(facts.get("file", "weights.safetensors"))
    card = BackboneCard.model_validate({"name": name, "sha256": sha256_of(file), **facts})
    card.write(folder / "card.json")
    return card


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name for a backbone: letters, digits, dot, dash and underscore")
    if name in names():
        raise InputError(f"there is a backbone {name} already; choose another --name")


@contextmanager
def _staged(name: str) -> Iterator[Path]:
    """A folder that becomes that of `name` where all goes well, and vanishes otherwise."""
    target = model_folder(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=target.parent) as holder:
        folder = Path(holder) / name
        folder.mkdir()
        yield folder
        if target.is_dir():  # a download again over what was damaged
            shutil.rmtree(target)
        folder.replace(target)
