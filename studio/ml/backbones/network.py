"""A backbone that is a torch network: one forward for embeddings, a shorter one for feature maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.folding import fold_batch_norm
from studio.ml.device import Compute

BATCH_ON_CPU = 64
BATCH_ON_GPU = 256


class _Reached(Exception):
    """Carries the output of the map layer out of a forward that need not go on."""

    def __init__(self, output: torch.Tensor) -> None:
        self.output = output


class NetworkBackbone(Backbone):
    """A torch network whose output is the embedding.

    The batch norms are folded into the convolutions, and the weights lie channels-last in the dtype of `compute`
    (autocast would convert them again at every call).

    Attributes:
        batch: how many crops go through at once.
        module: the network that runs; input normalised, output `(n, embedding_size)`.
    """

    def __init__(
        self, card: BackboneCard, module: nn.Module, compute: Compute, spatial: tuple[str, int, int] | None
    ) -> None:
        """Take over `module` (float32, without its classifier).

        Args:
            card: how to feed it.
            module: changed in place.
            compute: where to run.
            spatial: name of the map layer, its stride and its channels; None where there are no maps.

        Raises:
            InputError: the network cannot run at the card's input size.
        """
        self.card, self.compute = card, compute
        self.batch = BATCH_ON_CPU if compute.device.type == "cpu" else BATCH_ON_GPU
        module.eval().requires_grad_(False)
        with torch.inference_mode(False):
            fold_batch_norm(module)
        self.module = module.to(compute.device, compute.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._map_layer = ""
        if spatial:
            self._map_layer, self.stride, self.channels = spatial
        self._scale = 1 / (255 * torch.tensor(card.std, device=compute.device))
        self._shift = -255 * torch.tensor(card.mean, device=compute.device) * self._scale
        blank = torch.zeros(1, 3, card.input_size, card.input_size, dtype=torch.uint8)
        try:
            self.embedding_size = self._forward(blank).shape[1]
        except (RuntimeError, AssertionError) as error:
            size, reason = card.input_size, str(error).splitlines()[0]
            raise InputError(f"{card.architecture} cannot run on crops of {size} pixels ({reason})") from error

    @property
    def map_layer(self) -> str:
        """Name of the layer whose output the maps are; empty where there are none."""
        return self._map_layer

    def prepare(self, pictures: torch.Tensor) -> torch.Tensor:
        """Move uint8 pictures `(n, 3, h, w)` to the device and normalise them there: channels-last, in `dtype`."""
        moved = pictures.to(self.compute.device, non_blocking=True).permute(0, 2, 3, 1)
        count, height, width, _ = moved.shape
        # Whole rows against repeated constants: broadcasting over an innermost axis of three is four times as slow.
        rows = moved.reshape(count * height, width * 3).float()
        rows = torch.addcmul(self._shift.repeat(width), rows, self._scale.repeat(width)).to(self.compute.dtype)
        return rows.view(count, height, width, 3).permute(0, 3, 1, 2)

    @torch.inference_mode()
    def _forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.module(self.prepare(pictures))

    def _embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.embed_by(crops, self.module)

    @torch.inference_mode()
    def embed_by(
        self, crops: NDArray[np.uint8], forward: Callable[[torch.Tensor], torch.Tensor]
    ) -> NDArray[np.float32]:
        """What `forward` makes of crops, a batch at a time.

        Args:
            crops: uint8 `(n, s, s, 3)` RGB, n above 0.
            forward: from prepared pictures `(b, 3, s, s)` to `(b, d)`; may use `module`.

        Returns:
            float32 `(n, d)`.
        """
        # torch refuses negative strides and warns about memory that may not be written.
        ready = np.ascontiguousarray(crops)
        pictures = torch.from_numpy(ready if ready.flags.writeable else ready.copy()).permute(0, 3, 1, 2)
        parts = [forward(self.prepare(part)) for part in pictures.split(self.batch)]
        embeddings: NDArray[np.float32] = torch.cat(parts).float().cpu().numpy()
        return embeddings

    @torch.inference_mode()
    def _maps(self, pictures: torch.Tensor) -> torch.Tensor:
        prepared = self.prepare(pictures)
        # Some networks round sizes down, others up; whole cells leave nothing to round. Zero is the mean colour.
        height, width = prepared.shape[2:]
        prepared = functional.pad(prepared, (0, -width % self.stride, 0, -height % self.stride))
        layer = self.module.get_submodule(self._map_layer)
        handle = layer.register_forward_hook(_leave)
        try:
            self.module(prepared)
        except _Reached as reached:
            return reached.output
        finally:
            handle.remove()
        raise RuntimeError(f"the forward of {self.name} never came to its map layer {self._map_layer}")


def _leave(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> NoReturn:
    raise _Reached(output)
