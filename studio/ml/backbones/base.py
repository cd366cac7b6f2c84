"""What every backbone offers: embeddings of crops and, where its layers are spatial, dense feature maps."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.ml.device import Compute


class Backbone(ABC):
    """A pretrained network whose features are reused. An instance belongs to one thread.

    Attributes:
        card: what the weights are and how to feed them.
        compute: where it runs.
        embedding_size: length of an embedding.
        stride: pixels per cell of a feature map; 0 where there are none.
        channels: channels of a feature map; 0 where there are none.
        stage: the layer and pooling that embeddings are made with, `LAYER:POOLING`; empty for the network's output.
    """

    card: BackboneCard
    compute: Compute
    embedding_size: int
    stride: int = 0
    channels: int = 0
    stage: str = ""

    @property
    def name(self) -> str:
        """What `load_backbone` knows it by."""
        return f"{self.card.name}@{self.stage}" if self.stage else self.card.name

    @property
    def sha256(self) -> str:
        """Of the file of weights; together with the layer it names what a cached feature was made with."""
        return self.card.sha256

    @property
    def identity(self) -> tuple[object, ...]:
        """All that its maps depend on besides the pictures: the key of what is cached."""
        card = self.card
        made_by = (card.sha256, card.architecture, card.input_size, card.mean, card.std, card.map_layer, card.output)
        return (*made_by, self.compute.dtype, self.compute.device.type)

    @property
    def embedding_identity(self) -> tuple[object, ...]:
        """All that its embeddings depend on besides the crops."""
        return (*self.identity, self.stage) if self.stage else self.identity

    @property
    def input_size(self) -> int:
        """Side of the square crops, in pixels."""
        return self.card.input_size

    @property
    def has_maps(self) -> bool:
        return self.stride > 0

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings of crops.

        Args:
            crops: uint8 `(n, s, s, 3)` RGB, s = `input_size`; n may be 0.

        Returns:
            float32 `(n, embedding_size)`.

        Raises:
            ValueError: another shape or dtype.
        """
        side = self.input_size
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != (side, side, 3):
            raise ValueError(f"crops must be uint8 (n, {side}, {side}, 3), not {crops.dtype} {crops.shape}")
        if not len(crops):
            return np.zeros((0, self.embedding_size), np.float32)
        return self._embed(crops)

    def maps(self, pictures: torch.Tensor) -> torch.Tensor:
        """Raw feature maps of whole pictures.

        Args:
            pictures: uint8 `(n, 3, h, w)` RGB on any device, h and w at least `stride`.

        Returns:
            `(n, channels, ceil(h / stride), ceil(w / stride))` on the device and in the dtype of `compute`.

        Raises:
            InputError: this backbone has no spatial maps.
            ValueError: another shape or dtype, or pictures smaller than one cell.
        """
        if not self.has_maps:
            raise InputError(
                f"the backbone {self.name} has no spatial feature maps ({self.why_no_maps}), so it can score crops "
                "but not search densely; use another --mode or --backbone"
            )
        if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[1] != 3:
            raise ValueError(f"pictures must be uint8 (n, 3, h, w), not {pictures.dtype} {tuple(pictures.shape)}")
        if min(pictures.shape[2:]) < self.stride:
            raise ValueError(f"pictures must be at least {self.stride} pixels wide and high: {tuple(pictures.shape)}")
        return self._maps(pictures)

    @property
    def why_no_maps(self) -> str:
        """The reason, where `has_maps` is false."""
        return "no layer of stride 8 whose input size is free"

    @abstractmethod
    def _embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]: ...

    def _maps(self, pictures: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError(f"{type(self).__name__} says it has maps and makes none")
