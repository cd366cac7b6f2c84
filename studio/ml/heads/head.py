"""A head: what was trained on top of a backbone, in memory and on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import Field, field_validator
from safetensors.torch import save

from studio.core.cards import Card, read_card
from studio.core.errors import InputError
from studio.core.files import own_place, sha256_of_bytes
from studio.core.project.heads import are_labels
from studio.core.stages import split_stage
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.weights import read_safetensors
from studio.ml.calibration import Calibration
from studio.ml.heads.crop import CropPart
from studio.ml.heads.dense import MOST_CELLS, DensePart

ARCHITECTURE = "svm-head-1"  # names the layout of the tensors


class HeadCard(Card):
    """The card of a head.

    Attributes:
        backbone, backbone_sha256: what it stands on; it is of no use on anything else.
        labels: in the order of its parts; different, and each a name that a label can have.
        kernel: of the crop part: "rbf" or "linear".
        window_side: pixels, the usual side of the crops it was trained on.
        dense: whether it has dense parts; `why_not_dense` says why where it has none.
        searched_sizes: for each label the least and largest √(width × height) in pixels that its dense part looks for.
        history: position of the project's history it was trained at.
        project: id of that project; "" in cards of older versions.
        seed: of the training.
    """

    backbone: str
    backbone_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    labels: list[str]
    kernel: str = Field(pattern="^(rbf|linear)$")
    window_side: int = Field(ge=1, le=100_000)
    dense: bool
    why_not_dense: str | None = None
    searched_sizes: dict[str, tuple[float, float]] = Field(default_factory=dict)
    history: int = Field(ge=0)
    project: str = ""
    seed: int = 0

    @field_validator("labels")
    @classmethod
    def _names(cls, labels: list[str]) -> list[str]:
        if not are_labels(labels):
            raise ValueError("must be different names of printable characters, one or more")
        return labels


@dataclass(frozen=True)
class Head:
    """A trained head.

    Attributes:
        card: what it is; its `sha256` counts only once it is saved.
        crop: a part for each label.
        dense: a part for each label; empty where the backbone has no maps.
    """

    card: HeadCard
    crop: tuple[CropPart, ...]
    dense: tuple[DensePart, ...]

    @property
    def labels(self) -> list[str]:
        return self.card.labels

    def check(self, backbone: Backbone) -> None:
        """Raise an InputError where `backbone` is not the one it was trained on, or the tensors do not fit it."""
        if backbone.sha256 != self.card.backbone_sha256:
            raise InputError(
                f"the head {self.card.name} was trained on {self.card.backbone} with other weights than those here "
                f"(sha256 {self.card.backbone_sha256[:12]}… against {backbone.sha256[:12]}…); fit it again"
            )
        if split_stage(self.card.backbone)[1] != split_stage(backbone.name)[1]:
            raise InputError(f"the head {self.card.name} was trained on {self.card.backbone}, not on {backbone.name}")
        fits = all(part.support.shape[1] == backbone.embedding_size for part in self.crop) and all(
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
    return Head(card, head.crop, head.dense)


def load_head(folder: Path) -> Head:
    """Read a head.

    Raises:
        InputError: missing, cut short, with another sha256 than its card's, or of another layout.
    """
    card = read_card(folder / "card.json", HeadCard)
    if card.architecture != ARCHITECTURE:
        raise InputError(
            f"the head {folder} is of another kind ({card.architecture}); this program reads {ARCHITECTURE}"
        )
    tensors = read_safetensors(folder / "weights.safetensors", card.sha256)
    try:
        crop = tuple(_crop_part(tensors, i) for i in range(len(card.labels)))
        dense = tuple(_dense_part(tensors, i) for i in range(len(card.labels))) if card.dense else ()
    except (KeyError, ValueError) as error:
        raise InputError(f"the head {folder} does not hold what its card says ({error})") from None
    return Head(card, crop, dense)


def _tensors(head: Head) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for i, crop in enumerate(head.crop):
        tensors[f"crop.{i}.support"] = crop.support
        tensors[f"crop.{i}.coefficients"] = crop.coefficients
        tensors[f"crop.{i}.numbers"] = _numbers(crop.intercept, crop.gamma, crop.calibration)
    for i, dense in enumerate(head.dense):
        tensors[f"dense.{i}.kernel"] = dense.kernel
        tensors[f"dense.{i}.box_weights"] = dense.box_weights
        tensors[f"dense.{i}.box_bias"] = dense.box_bias
        tensors[f"dense.{i}.numbers"] = _numbers(dense.bias, dense.exponent, dense.calibration)
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
