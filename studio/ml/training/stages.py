"""The stages of a network: what unfreezes when only its top is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

_FEWEST = 4  # stages; where there are fewer blocks, the largest is opened
_NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)


@dataclass(frozen=True, eq=False)
class Stage:
    """Blocks of a network that freeze and unfreeze together.

    Attributes:
        name: of its first block, as the network knows it.
        blocks: in their order; the norms and activations behind a block belong to it.
        parameters: that the blocks have, and in the first stage those of no block (a transformer's tokens).
    """

    name: str
    blocks: tuple[nn.Module, ...]
    parameters: tuple[nn.Parameter, ...]


def stages_of(network: nn.Module) -> list[Stage]:
    """The stages of any network of torchvision's, first to last.

    They are its outermost blocks that learn something besides norms: the children of the network and, while these are
    fewer than four, the children of the largest. That gives `conv1` and `layer1` to `layer4` of a ResNet, `features.0`
    and on of a MobileNet, EfficientNet or VGG, the dense blocks and transitions of a DenseNet, and the encoder's blocks
    of a vision transformer. A norm, activation, pooling or dropout belongs to the stage before it.

    Args:
        network: without its classifier.
    """
    groups: list[tuple[str, list[nn.Module]]] = []
    before: list[nn.Module] = []  # what learns nothing, before anything that does
    for name, block in _outermost(network):
        if _learns(block):
            groups.append((name, [*before, block]))
            before = []
        elif groups:
            groups[-1][1].append(block)
        else:
            before.append(block)
    stages = [Stage(name, tuple(blocks), _parameters(*blocks)) for name, blocks in groups]
    owned = {id(each) for stage in stages for each in stage.parameters}
    loose = tuple(each for each in network.parameters() if id(each) not in owned)
    if loose:
        stages[0] = Stage(stages[0].name, stages[0].blocks, (*loose, *stages[0].parameters))
    return stages


def behind_all(network: nn.Module) -> list[nn.Module]:
    """The layers behind the last one that learns, such as the dropout before a classifier."""
    leaves = [module for module in network.modules() if not any(True for _ in module.children())]
    last = max((place for place, leaf in enumerate(leaves) if _parameters(leaf)), default=-1)
    return leaves[last + 1 :]


def _outermost(network: nn.Module) -> list[tuple[str, nn.Module]]:
    blocks = list(network.named_children())
    while sum(_learns(block) for _, block in blocks) < _FEWEST:
        sizes = [_size(block) if any(map(_size, block.children())) else 0 for _, block in blocks]
        if not any(sizes):
            break
        place = sizes.index(max(sizes))
        name, opened = blocks[place]
        blocks[place : place + 1] = [(f"{name}.{inner}", child) for inner, child in opened.named_children()]
    return blocks


def _learns(block: nn.Module) -> bool:
    """Whether it has parameters besides those of norms."""
    return any(True for module in block.modules() if not isinstance(module, _NORMS) for _ in module.parameters(False))


def _size(block: nn.Module) -> int:
    return sum(each.numel() for each in block.parameters())


def _parameters(*blocks: nn.Module) -> tuple[nn.Parameter, ...]:
    return tuple(each for block in blocks for each in block.parameters())
