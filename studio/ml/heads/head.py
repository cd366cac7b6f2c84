"""A head: what was trained on top of a backbone, or together with a network of its own, in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from studio.core.cards import read_card
from studio.core.errors import InputError
from studio.core.files import own_place, sha256_of_bytes
from studio.core.stages import split_stage
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.weights import read_safetensors
from studio.ml.calibration import Calibration
from studio.ml.heads.card import NETWORK_HEAD, SVM_HEAD
from studio.ml.heads.card import HeadCard as HeadCard
from studio.ml.heads.crop import CropPart
from studio.ml.heads.dense import MOST_CELLS, DensePart
from studio.ml.heads.layers import Layers

ARCHITECTURE = SVM_HEAD
_NETWORK = "network."  # before the names of its own network's tensors


@dataclass(frozen=True)
class Head:
    """A trained head.

    Attributes:
        card: what it is; its `sha256` counts only once it is saved.
        crop: a kernel machine for each label; empty where it has layers.
        dense: a part for each label; empty where the backbone has no maps.
        layers: that all labels share instead of kernel machines.
        network: tensors of its own network by their names in it, on the processor; None where it uses a backbone.
    """

    card: HeadCard
    crop: tuple[CropPart, ...]
    dense: tuple[DensePart, ...]
    layers: Layers | None = None
    network: Mapping[str, torch.Tensor] | None = None

    def __post_init__(self) -> None:
        """Refuse parts that do not belong to the card.

        Raises:
            ValueError: another number of parts or outputs, or a network that the card does not know.
        """
        if (self.layers is None) != (self.card.architecture == SVM_HEAD):
            raise ValueError(f"a head of kind {self.card.architecture} with other parts than such have")
        if self.layers is not None and (self.crop or self.layers.outputs != len(self.card.outputs)):
            raise ValueError(f"layers of {self.layers.outputs} outputs for {len(self.card.outputs)} names")
        if (self.network is None) != (self.card.network is None):
            raise ValueError("the network is on the card or among the tensors alone")

    @property
    def labels(self) -> list[str]:
        return self.card.labels

    @property
    def named_backbone(self) -> str | None:
        """What `load_backbone` knows its network by; None where that is its own."""
        return self.card.backbone if self.card.network is None else None

    def crop_scores(
        self, embeddings: NDArray[np.floating], labels: Sequence[int] | None = None
    ) -> NDArray[np.float32]:  # fmt: skip
        """How much each crop looks like each label: `(n, labels)` in 0…1.

        Calibrated scores of kernel machines, each for itself; probabilities of layers, background left out.

        Args:
            embeddings: `(n, d)` of the network that the head stands on.
            labels: positions in `labels` of those that are wanted, in that order; None: all.
        """
        chosen = list(range(len(self.labels)) if labels is None else labels)
        if self.layers is not None:
            return self.layers.probabilities(embeddings)[:, chosen]
        scores = [self.crop[label].scores(embeddings) for label in chosen]
        return np.stack(scores, axis=1) if scores else np.zeros((len(embeddings), 0), np.float32)

    def top(self, embedding: NDArray[np.floating], count: int) -> tuple[tuple[str, float], ...]:
        """What one crop most looks like: at most `count` names with their scores in 0…1, the highest first.

        Args:
            embedding: `(d,)` of the crop.
            count: how many; background is one of them where the layers know it.
        """
        one = embedding[None]
        scores = (self.crop_scores(one) if self.layers is None else self.layers.probabilities(one))[0]
        best = np.argsort(-scores, kind="stable")[:count]
        return tuple((self.card.outputs[place], float(scores[place])) for place in best)

    def check(self, backbone: Backbone) -> None:
        """Raise an InputError where `backbone` is not the one it was trained on, or the tensors do not fit it."""
        if backbone.sha256 != self.card.backbone_sha256:
            raise InputError(
                f"the head {self.card.name} was trained on {self.card.backbone} with other weights than those here "
                f"(sha256 {self.card.backbone_sha256[:12]}… against {backbone.sha256[:12]}…); fit it again"
            )
        if split_stage(self.card.backbone)[1] != split_stage(backbone.name)[1]:
            raise InputError(f"the head {self.card.name} was trained on {self.card.backbone}, not on {backbone.name}")
        sizes = {part.support.shape[1] for part in self.crop}
        if self.layers is not None:
            sizes.add(self.layers.embedding_size)
        fits = sizes == {backbone.embedding_size} and all(
            part.kernel.shape[0] == backbone.channels for part in self.dense
        )
        if not fits:
            raise InputError(f"the head {self.card.name} does not fit the backbone {backbone.name}; fit it again")


def save_head(head: Head, folder: Path) -> Head:
    """Write `head` as `folder`/weights.safetensors and card.json, whole or not at all; returns it with its sha256.

    Raises:
        InputError: the folder exists already; a head with a name never changes.
    """
    if folder.exists():
        raise InputError(f"there is a head {folder.name} already and heads do not change; give another --name")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with own_place(folder.parent) as place:
        staged = place / folder.name
        staged.mkdir()
        weights = save(_tensors(head))
        (staged / "weights.safetensors").write_bytes(weights)  # not save_file, whose errors say nothing of a full disk
        card = head.card.model_copy(update={"name": folder.name, "sha256": sha256_of_bytes(weights)})
        card.write(staged / "card.json")
        staged.rename(folder)
    return replace(head, card=card)


def load_head(folder: Path) -> Head:
    """Read a head.

    Raises:
        InputError: missing, cut short, with another sha256 than its card's, or of another layout.
    """
    card = read_card(folder / "card.json", HeadCard)
    if card.architecture not in (SVM_HEAD, NETWORK_HEAD):
        raise InputError(
            f"the head {folder} is of another kind ({card.architecture}); this program reads {SVM_HEAD} and "
            f"{NETWORK_HEAD}"
        )
    tensors = read_safetensors(folder / "weights.safetensors", card.sha256)
    try:
        return _made(card, tensors)
    except (KeyError, ValueError) as error:
        raise InputError(f"the head {folder} does not hold what its card says ({error})") from None


def _made(card: HeadCard, tensors: dict[str, torch.Tensor]) -> Head:
    count = range(len(card.labels))
    dense = tuple(_dense_part(tensors, i) for i in count) if card.dense else ()
    if card.architecture == SVM_HEAD:
        return Head(card, tuple(_crop_part(tensors, i) for i in count), dense)
    network = None if card.network is None else _network(tensors)
    return Head(card, (), dense, Layers.from_tensors(tensors), network)


def _network(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Its own network's; whether names and shapes are right is known once it is built."""
    own = {name.removeprefix(_NETWORK): tensor for name, tensor in tensors.items() if name.startswith(_NETWORK)}
    for name, tensor in own.items():
        if tensor.dtype not in (torch.float32, torch.int64) or not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{_NETWORK}{name} is of another type, or has values that are no numbers")
    return own


def _tensors(head: Head) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {} if head.layers is None else head.layers.to_tensors()
    for i, crop in enumerate(head.crop):
        tensors[f"crop.{i}.support"] = crop.support
        tensors[f"crop.{i}.coefficients"] = crop.coefficients
        tensors[f"crop.{i}.numbers"] = _numbers(crop.intercept, crop.gamma, crop.calibration)
    for i, dense in enumerate(head.dense):
        tensors[f"dense.{i}.kernel"] = dense.kernel
        tensors[f"dense.{i}.box_weights"] = dense.box_weights
        tensors[f"dense.{i}.box_bias"] = dense.box_bias
        tensors[f"dense.{i}.numbers"] = _numbers(dense.bias, dense.exponent, dense.calibration)
    for name, tensor in (head.network or {}).items():
        tensors[f"{_NETWORK}{name}"] = tensor
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def _numbers(constant: float, other: float, calibration: Calibration) -> torch.Tensor:
    return torch.tensor([constant, other, calibration.slope, calibration.middle], dtype=torch.float64)


def _crop_part(tensors: dict[str, torch.Tensor], label: int) -> CropPart:
    support = _checked(tensors[f"crop.{label}.support"], torch.float64, 2)
    coefficients = _checked(tensors[f"crop.{label}.coefficients"], torch.float64, 1)
    if len(support) != len(coefficients):
        raise ValueError("supports and coefficients differ in number")
    intercept, gamma, calibration = _read_numbers(tensors[f"crop.{label}.numbers"])
    return CropPart(support, coefficients, intercept, gamma, calibration)


def _dense_part(tensors: dict[str, torch.Tensor], label: int) -> DensePart:
    kernel = _checked(tensors[f"dense.{label}.kernel"], torch.float32, 3)
    channels, rows, columns = kernel.shape
    if channels < 1 or not (1 <= rows <= MOST_CELLS and 1 <= columns <= MOST_CELLS):
        raise ValueError(f"a kernel of {channels} × {rows} × {columns}")
    weights = _checked(tensors[f"dense.{label}.box_weights"], torch.float32, 2)
    bias = _checked(tensors[f"dense.{label}.box_bias"], torch.float32, 1)
    if weights.shape != (kernel.numel(), 4) or bias.shape != (4,):
        raise ValueError("the box regression does not fit the kernel")
    constant, exponent, calibration = _read_numbers(tensors[f"dense.{label}.numbers"])
    if not (exponent.is_integer() and abs(exponent) <= 40):
        raise ValueError("impossible level")
    return DensePart(kernel, constant, weights, bias, int(exponent), calibration)


def _read_numbers(tensor: torch.Tensor) -> tuple[float, float, Calibration]:
    constant, other, slope, middle = _checked(tensor, torch.float64, 1).tolist()
    if slope <= 0:
        raise ValueError("a calibration whose slope is not above zero")
    return constant, other, Calibration(slope, middle)


def _checked(tensor: torch.Tensor, dtype: torch.dtype, dimensions: int) -> torch.Tensor:
    if tensor.dtype != dtype or tensor.ndim != dimensions or not bool(np.isfinite(tensor.numpy()).all()):
        raise ValueError("a tensor of another shape or type, or with values that are no numbers")
    return tensor
