"""A head as one torch module, from pixels to probabilities: what is exported."""

from __future__ import annotations

import copy

import torch
from torch import nn

from studio.core.errors import InputError
from studio.core.stages import Stage, split_stage
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.backbones.stage import StageBackbone, pooled
from studio.ml.heads.crop import CropPart
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers

TINY = 1e-24  # squared length of an embedding, below which it counts as zero


class HeadModule(nn.Module):
    """Crops as float RGB 0…255 `(n, 3, s, s)` to what `Head` says of them, `(n, outputs)`.

    Outputs are those of `HeadCard.outputs`. Everything is float32 and made of operations that every runtime knows; the
    constants are put together in float64 first.
    """

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, head: Head, backbone: Backbone) -> None:
        """Copy what is needed of both.

        Args:
            head: any.
            backbone: what it stands on, in float32 on the processor.

        Raises:
            InputError: it stands on an ONNX graph.
            ValueError: the backbone is in another format or place.
        """
        super().__init__()
        if not isinstance(backbone, NetworkBackbone | StageBackbone):
            raise InputError(
                f"the head {head.card.name} stands on {backbone.name}, which is an ONNX graph already; only heads on "
                "torch networks can be exported so"
            )
        if backbone.compute.dtype != torch.float32 or backbone.compute.device.type != "cpu":
            raise ValueError("only a backbone in float32 on the processor is exported")
        fed = backbone.card
        std, mean = (torch.tensor(each, dtype=torch.float64).view(1, 3, 1, 1) for each in (fed.std, fed.mean))
        self.register_buffer("scale", (1 / (255 * std)).float())
        self.register_buffer("shift", (-mean / std).float())
        # ONNX knows one memory order, and the exporter would write a transposition for each tensor in another.
        network = copy.deepcopy(backbone.module).to(memory_format=torch.contiguous_format)
        self.embedding = _Embedding(network, split_stage(head.card.backbone)[1])
        self.judge: nn.Module = _Machines(head.crop) if head.layers is None else _Dense(head.layers)
        self.eval().requires_grad_(False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.judge(self.embedding(pictures * self.scale + self.shift))


class _Embedding(nn.Module):
    """The network's output, or that of a layer inside of it, pooled; what comes after is left out of the graph."""

    def __init__(self, network: nn.Module, stage: Stage | None) -> None:
        super().__init__()
        self.network, self._stage = network, stage
        self._seen: list[torch.Tensor] = []
        if stage is not None:
            network.get_submodule(stage.layer).register_forward_hook(self._note)

    def _note(self, module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        self._seen.append(output)

    def forward(self, prepared: torch.Tensor) -> torch.Tensor:
        self._seen.clear()
        output = self.network(prepared)
        return output if self._stage is None else pooled(self._seen[0], self._stage.pooling)


def _unit(embeddings: torch.Tensor) -> torch.Tensor:
    return embeddings / (embeddings * embeddings).sum(1, keepdim=True).clamp_min(TINY).sqrt()


class _Dense(nn.Module):
    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self._unit = layers.unit
        pairs = [(w.double(), b.double()) for w, b in zip(layers.weights, layers.biases, strict=True)]
        pairs[-1] = pairs[-1][0] / layers.temperature, pairs[-1][1] / layers.temperature
        parts: list[nn.Module] = []
        for number, (weight, bias) in enumerate(pairs):
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            linear.load_state_dict({"weight": weight.float(), "bias": bias.float()})
            parts += [nn.ReLU(), linear] if number else [linear]
        self.layers = nn.Sequential(*parts, nn.Softmax(dim=1))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        return self.layers(_unit(embeddings) if self._unit else embeddings)


class _Machines(nn.Module):
    """All kernel machines at once: one product with all supports, one with a block matrix of coefficients.

    Of vectors of unit length |x − y|² is 2 − 2 x·y, so the RBF kernel is exp(2γ x·y − 2γ).
    """

    supports: torch.Tensor
    coefficients: torch.Tensor
    constant: torch.Tensor
    gammas: torch.Tensor

    def __init__(self, parts: tuple[CropPart, ...]) -> None:
        super().__init__()
        self._rbf = any(part.gamma for part in parts)
        supports = torch.cat([part.support for part in parts])
        coefficients = torch.zeros(len(supports), len(parts), dtype=torch.float64)
        gammas = torch.cat([torch.full((len(part.support),), part.gamma, dtype=torch.float64) for part in parts])
        start = 0
        for number, part in enumerate(parts):
            end = start + len(part.support)
            coefficients[start:end, number] = part.coefficients * part.calibration.slope
            start = end
        constant = [part.calibration.slope * (part.intercept - part.calibration.middle) for part in parts]
        self.register_buffer("supports", supports.T.contiguous().float())
        self.register_buffer("coefficients", coefficients.float())
        self.register_buffer("gammas", (2 * gammas).float())
        self.register_buffer("constant", torch.tensor(constant, dtype=torch.float64).float())

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        kernel = _unit(embeddings) @ self.supports
        if self._rbf:
            kernel = (kernel * self.gammas - self.gammas).exp()
        return (kernel @ self.coefficients + self.constant).sigmoid()
