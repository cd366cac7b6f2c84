"""A network that is trained: from a backbone or from scratch, its classifier new, as much of it thawed as asked."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from studio.core.cards import BackboneCard, read_card
from studio.core.errors import InputError
from studio.core.stages import BUNDLED, split_stage
from studio.ml.backbones import architectures
from studio.ml.backbones.loading import ONNX, folder_of
from studio.ml.backbones.weights import load_weights, read_safetensors
from studio.ml.device import Compute
from studio.ml.training.memory import is_full
from studio.ml.training.stages import behind_all, stages_of

ADDED, ALL = "added", "all"
_TOP = re.compile(r"top:([1-9]\d*)")
_Triple = tuple[float, float, float]


class TrainableNetwork(nn.Module):
    """A base, which gives embeddings, and the layer that was added: what goes in are crops, what comes out logits.

    Frozen parts run in evaluation mode: their batch norms use the statistics they came with and do not move them. The
    dropout of the architecture before the added layer belongs to that, so it works whatever is frozen.

    Attributes:
        base: the architecture without its classifier; batch norms are not folded.
        added: the new classifier, linear.
        architecture, input_size, mean, std, map_layer: as on a card.
        compute: where it runs.
    """

    _scale: torch.Tensor
    _shift: torch.Tensor

    def __init__(
        self,
        network: nn.Module,
        outputs: int,
        compute: Compute,
        *,
        architecture: str,
        input_size: int,
        mean: _Triple,
        std: _Triple,
        map_layer: str | None = None,
    ) -> None:
        """Take over `network`, which has weights, and a classifier that is thrown away.

        Raises:
            InputError: the architecture cannot run on crops of that size.
        """
        super().__init__()
        self.architecture, self.input_size, self.mean, self.std = architecture, input_size, mean, std
        self.map_layer, self.compute = map_layer, compute
        self._classifier = architectures.find_classifier(network)
        old = network.get_submodule(self._classifier)
        self._convolutional = isinstance(old, nn.Conv2d)
        width = old.in_channels if isinstance(old, nn.Conv2d) else old.in_features
        network.set_submodule(self._classifier, nn.Identity())
        _try_size(architecture, input_size)
        self.base = network
        self.added = nn.Linear(int(width), outputs)  # type: ignore[arg-type]
        # Buffers, so that they move along; no weights, so that they are in no file.
        self.register_buffer("_scale", 1 / (255 * torch.tensor(std).view(3, 1, 1)), persistent=False)
        self.register_buffer("_shift", -(torch.tensor(mean) / torch.tensor(std)).view(3, 1, 1), persistent=False)
        self._stages, self._behind = stages_of(network), behind_all(network)
        self._frozen: list[nn.Module] = []
        self.to(compute.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.thaw(ALL)

    @property
    def outputs(self) -> int:
        return self.added.out_features

    @property
    def stages(self) -> list[str]:
        """Names of its stages, first to last, see `stages_of`."""
        return [stage.name for stage in self._stages]

    def thaw(self, trained: str) -> None:
        """Let only a part learn, and freeze the rest.

        Args:
            trained: "added": the new layer; "top:K": that and the last K stages; "all".

        Raises:
            InputError: it is none of these.
        """
        top = _TOP.fullmatch(trained)
        if trained not in (ADDED, ALL) and not top:
            raise InputError(f"what a phase trains is {ADDED}, {ALL} or top:K, not {trained!r}")
        count = len(self._stages) if trained == ALL else min(int(top[1]), len(self._stages)) if top else 0
        first = len(self._stages) - count
        self._frozen = [block for stage in self._stages[:first] for block in stage.blocks]
        for place, stage in enumerate(self._stages):
            for each in stage.parameters:
                each.requires_grad_(place >= first)
        self.train(self.training)

    def train(self, mode: bool = True) -> TrainableNetwork:
        """As torch's, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for block in self._frozen:
            block.eval()
        for layer in self._behind:
            layer.train(mode)
        return self

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Crops, uint8 `(n, 3, s, s)` RGB on its device, to logits, float32 `(n, outputs)`."""
        moved = pictures.to(torch.float32, memory_format=torch.channels_last)
        prepared = torch.addcmul(self._shift, moved, self._scale)
        if self.training and len(pictures) == 1:  # which has no statistics where maps are one cell
            with self._norms_resting():
                return self.added(self.base(prepared)).float()
        return self.added(self.base(prepared)).float()

    def whole(self) -> nn.Module:
        """A copy of the network with the added layer in its classifier's place, on the processor, in evaluation mode.

        A convolution that is a classifier (SqueezeNet's) gets the weights of the added layer, which is trained on
        pooled maps; the activation that this architecture has behind it is then the only difference.
        """
        network, added = copy.deepcopy(self.base).cpu(), copy.deepcopy(self.added).cpu()
        last: nn.Module = added
        if self._convolutional:
            last = nn.Conv2d(added.in_features, added.out_features, 1)
            last.load_state_dict({"weight": added.weight[:, :, None, None], "bias": added.bias})
        network.set_submodule(self._classifier, last)
        return network.eval().requires_grad_(False)

    @contextmanager
    def _norms_resting(self) -> Iterator[None]:
        norms = [m for m in self.base.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training]
        for norm in norms:
            norm.eval()
        try:
            yield
        finally:
            for norm in norms:
                norm.train()


def trainable(name: str) -> tuple[Path, BackboneCard]:
    """Folder and card of a backbone that can be trained.

    Raises:
        InputError: unknown, not here yet, an ONNX graph, or a layer inside of a network.
    """
    network, stage = split_stage(name)
    if stage:
        raise InputError(f"{name} ends at a layer inside of {network}; to train the network, take {network}")
    folder = folder_of(network)
    card = read_card(folder / "card.json", BackboneCard)
    if card.architecture == ONNX:
        raise InputError(f"{card.name} is an ONNX graph, which can be run but not trained; take another --backbone")
    return folder, card


def from_backbone(name: str | None, outputs: int, compute: Compute, seed: int = 0) -> TrainableNetwork:
    """The backbone called `name` (None: the bundled one) with its weights, unfolded, and a new classifier.

    Args:
        name: of one that is here.
        outputs: of the new classifier.
        compute: where it will be trained.
        seed: of the new layer's weights.

    Raises:
        InputError: unknown, not here yet, damaged, an ONNX graph, or a layer inside of a network.
    """
    folder, card = trainable(name or BUNDLED)
    network = architectures.without_weights(card.architecture, card.classes)
    weights = folder / card.file
    load_weights(network, read_safetensors(weights, card.sha256), str(weights))
    with _seeded(seed):
        return TrainableNetwork(
            network,
            outputs,
            compute,
            architecture=card.architecture,
            input_size=card.input_size,
            mean=card.mean,
            std=card.std,
            map_layer=card.map_layer,
        )


def from_scratch(
    architecture: str, outputs: int, compute: Compute, seed: int = 0, input_size: int = 0
) -> TrainableNetwork:
    """The architecture with random weights.

    Args:
        architecture: one of `studio.ml.backbones.architectures.all_names`.
        outputs: of its classifier.
        compute: where it will be trained.
        seed: of the weights.
        input_size: side of the crops in pixels; 0: what it was made for.

    Raises:
        InputError: unknown, or it cannot run on crops of that size.
    """
    feeding = architectures.feeding(architecture)
    with _seeded(seed):
        return TrainableNetwork(
            architectures.build(architecture, outputs),
            outputs,
            compute,
            architecture=architecture,
            input_size=input_size or feeding.input_size,
            mean=feeding.mean,
            std=feeding.std,
        )


def _try_size(architecture: str, side: int) -> None:
    try:
        with torch.inference_mode():
            architectures.without_weights(architecture, 2)(torch.zeros(1, 3, side, side, device="meta"))
    except (RuntimeError, AssertionError) as error:
        if is_full(error):
            raise
        reason = str(error).splitlines()[0]
        raise InputError(f"{architecture} cannot run on crops of {side} pixels ({reason})") from None


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random weights that are the same for the same seed, whoever else draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
