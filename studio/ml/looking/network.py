"""A network as it was trained, to be looked into: nothing folded, nothing taken away, float32."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from studio.core.cards import BackboneCard, read_card
from studio.core.errors import InputError
from studio.core.stages import split_stage
from studio.ml import classics
from studio.ml.backbones import architectures
from studio.ml.backbones.loading import BUNDLED, ONNX, installed, names
from studio.ml.backbones.weights import load_weights, read_safetensors
from studio.ml.device import Compute

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601, as OpenCV turns RGB into grey


@dataclass(frozen=True, eq=False)
class LookedNetwork:
    """A network that is looked into. It belongs to one thread: whoever looks registers hooks on it.

    Unlike a `Backbone` it keeps its batch norms and its classifier, and computes in float32.

    Attributes:
        name: as `load_looked` knows it.
        card: what the weights are; None for a classic, or where only shapes were asked for.
        module: in evaluation mode, its weights without gradients; on the meta device where only shapes were asked for.
        compute: where it runs; its `dtype` is not used.
        input_size: side of the square pictures it was made for, in pixels.
        mean: what is subtracted from each channel (RGB, 0…1).
        std: by what each channel is divided afterwards.
        channels: that it takes: 3, or 1 for a network of grey pictures.
        note: what a person should know about its weights; empty where they are trained.
    """

    name: str
    card: BackboneCard | None
    module: nn.Module
    compute: Compute
    input_size: int
    mean: tuple[float, ...] = _IMAGENET_MEAN
    std: tuple[float, ...] = _IMAGENET_STD
    channels: int = 3
    note: str = ""

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """What the outputs of its classifier stand for, in their order; None where nobody said."""
        card = self.card
        if card is None:
            return None
        if card.class_names is not None:
            return card.class_names
        from torchvision.models import get_model_weights

        published = get_model_weights(card.architecture).DEFAULT
        # Cards were written before they had names.
        return tuple(published.meta["categories"]) if card.training == f"torchvision {published}" else None

    def prepare(self, pictures: torch.Tensor) -> torch.Tensor:
        """Normalise pictures on the device; nothing is scaled or cut.

        Args:
            pictures: uint8 `(n, 3, h, w)` RGB on any device.

        Returns:
            float32 `(n, channels, h, w)`, contiguous.

        Raises:
            ValueError: another shape or dtype.
        """
        if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[1] != 3:
            raise ValueError(f"pictures must be uint8 (n, 3, h, w), not {pictures.dtype} {tuple(pictures.shape)}")
        return self.normalise(pictures.to(self.compute.device).contiguous().float() / 255)

    def normalise(self, values: torch.Tensor) -> torch.Tensor:
        """The same for float32 `(n, 3, h, w)` in 0…1, on the device; gradients go through."""
        if self.channels == 1:
            weights = torch.tensor(_GREY, device=values.device).view(1, 3, 1, 1)
            values = (values * weights).sum(1, keepdim=True)
        mean, std = (
            torch.tensor(numbers, device=values.device).view(1, self.channels, 1, 1)
            for numbers in (self.mean, self.std)
        )
        return (values - mean) / std


def load_looked(name: str | None, compute: Compute, *, shapes_only: bool = False) -> LookedNetwork:
    """The network called `name` (None: the bundled one) with the weights it was trained with.

    Args:
        name: of a backbone that is here (of "NETWORK@STAGE" the network), or of one of the classics, whose weights are
            random: nobody has trained them.
        compute: the device.
        shapes_only: no weights, so that any network of torchvision's can be looked up; nothing can be run.

    Raises:
        InputError: unknown, not here, damaged, or an ONNX graph, which torch cannot run.
    """
    name = split_stage(name or BUNDLED)[0]
    if classic := classics.CLASSICS.get(name):
        return LookedNetwork(
            name,
            None,
            classic.build().to(compute.device),
            compute,
            classic.input_size,
            classic.mean,
            classic.std,
            classic.channels,
            "its weights are random: it has not been trained",
        )
    if folder := installed().get(name):
        return _load_folder(folder, compute, shapes_only)
    if shapes_only and name in architectures.names():
        module = architectures.without_weights(name, 1000)
        return LookedNetwork(name, None, module, compute, _published_side(name), note="only its shapes: no weights")
    there_are = [*names(), *classics.CLASSICS]
    if name in there_are:
        raise InputError(f"the weights of {name} are not here yet; get them with: studio models get {name}")
    raise InputError(f"unknown network {name!r}; there are: {', '.join(there_are)}")


def _load_folder(folder: Path, compute: Compute, shapes_only: bool) -> LookedNetwork:
    card = read_card(folder / "card.json", BackboneCard)
    if card.architecture == ONNX:
        raise InputError(
            f"{card.name} is an ONNX graph, which OpenCV runs as a whole: its layers can be listed, but nothing inside "
            "it can be looked at"
        )
    module = architectures.without_weights(card.architecture, card.classes)
    if not shapes_only:
        weights = folder / card.file
        load_weights(module, read_safetensors(weights, card.sha256), str(weights))
        module = module.to(compute.device)
    module.eval().requires_grad_(False)
    return LookedNetwork(card.name, card, module, compute, card.input_size, card.mean, card.std)


def _published_side(architecture: str) -> int:
    """The input size that torchvision's default weights were made for."""
    from torchvision.models import get_model_weights

    return int(get_model_weights(architecture).DEFAULT.transforms().crop_size[0])
