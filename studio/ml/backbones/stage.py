"""A backbone whose embeddings are those of a layer inside its network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from studio.core.errors import InputError
from studio.core.stages import Stage
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.looking.capture import Capture

GRID = 2  # cells a side of the pooling "grid"


def pooled(maps: torch.Tensor, pooling: str) -> torch.Tensor:
    """Feature maps `(n, channels, h, w)` as vectors, float32: `(n, channels)`, of "grid" `(n, 4 · channels)`.

    In the grid the four quarters of a channel lie side by side; quarters of odd sizes share a row or column.
    """
    values = maps.float()
    if pooling == "avg":
        return values.mean((2, 3))
    if pooling == "max":
        return values.amax((2, 3))
    return functional.adaptive_avg_pool2d(values, GRID).flatten(1)


class StageBackbone(Backbone):
    """A network whose crops go as far as one layer; its maps for dense search are those of the whole backbone."""

    def __init__(self, base: Backbone, stage: Stage) -> None:
        """Take the embeddings of `base` at `stage`; the network is shared.

        Raises:
            InputError: the backbone is an ONNX graph, has no such layer, or its output is no map that can be pooled.
        """
        if not isinstance(base, NetworkBackbone):
            raise InputError(
                f"{base.name} is an ONNX graph, so it has no layers to choose from; another output of it can be named "
                "when it is added: studio models add"
            )
        self.card, self.compute = base.card, base.compute
        self.stride, self.channels, self.stage = base.stride, base.channels, str(stage)
        self._base, self._stage = base, stage
        self.embedding_size = self._tried(base)

    @property
    def why_no_maps(self) -> str:
        return self._base.why_no_maps

    @property
    def module(self) -> nn.Module:
        """As `NetworkBackbone.module`."""
        return self._base.module

    @property
    def map_layer(self) -> str:
        """As `NetworkBackbone.map_layer`."""
        return self._base.map_layer

    def _tried(self, base: NetworkBackbone) -> int:
        """The length of an embedding, by a forward of nothing."""
        layer, side = self._stage.layer, base.input_size
        maps = self._maps_of(base.prepare(torch.zeros(1, 3, side, side, dtype=torch.uint8)))
        least = GRID if self._stage.pooling == "grid" else 1
        if maps.ndim != 4 or min(maps.shape[2:]) < least:
            shape = " × ".join(map(str, maps.shape[1:]))
            raise InputError(
                f"the output of layer {layer} of {base.name} is {shape} for a crop, which cannot be pooled so"
            )
        return pooled(maps, self._stage.pooling).shape[1]

    def _embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._base.embed_by(crops, lambda prepared: pooled(self._maps_of(prepared), self._stage.pooling))

    def _maps_of(self, prepared: torch.Tensor) -> torch.Tensor:
        try:
            with torch.inference_mode(), Capture(self._base.module, [self._stage.layer], leave_after=True) as capture:
                return capture.run(prepared)[self._stage.layer]
        except KeyError:
            raise InputError(
                f"{self._base.name} has no layer {self._stage.layer!r}; studio layers {self._base.name} lists them"
            ) from None

    def _maps(self, pictures: torch.Tensor) -> torch.Tensor:
        return self._base.maps(pictures)
