"""The small networks that people learn with, ready to be looked at and trained. Their weights are random."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import nn
from torch.nn import functional

SEED = 0


class ScaledTanh(nn.Module):
    """1.7159 · tanh(2/3 · x): the squashing function of LeNet-5 (LeCun et al. 1998, appendix A); ±1 stay ±1."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element, any shape."""
        return 1.7159 * torch.tanh(values * (2 / 3))


class Subsampling(nn.Module):
    """The mean of 2 × 2 values times a learned factor, plus a learned bias, both per channel (LeCun et al. 1998).

    The paper adds the four values up; its factor is a quarter of this one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """`(n, channels, h, w)` to `(n, channels, h // 2, w // 2)`."""
        return functional.avg_pool2d(maps, 2) * self.weight[:, None, None] + self.bias[:, None, None]


class LeNet5(nn.Sequential):
    """LeNet-5 as in LeCun, Bottou, Bengio and Haffner (1998), for grey pictures of 32 × 32 pixels.

    Its learned subsampling and its scaled tanh are kept. Two things are as everybody builds it today: C3 reads all six
    maps instead of the paper's table of some of them, and the output is linear instead of distances to drawn digits.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.act1 = ScaledTanh()
        self.s2 = Subsampling(6)
        self.act2 = ScaledTanh()
        self.c3 = nn.Conv2d(6, 16, 5)
        self.act3 = ScaledTanh()
        self.s4 = Subsampling(16)
        self.act4 = ScaledTanh()
        self.c5 = nn.Conv2d(16, 120, 5)
        self.act5 = ScaledTanh()
        self.flatten = nn.Flatten()
        self.f6 = nn.Linear(120, 84)
        self.act6 = ScaledTanh()
        self.output = nn.Linear(84, classes)


class SmallCNN(nn.Sequential):
    """The first network of most courses: two convolutions of 3 × 3, each pooled, and 128 dense units.

    For grey pictures of 28 × 28 pixels, scaled to 0…1. The output is before the softmax, as torch's losses take it.
    """

    def __init__(self, classes: int = 10, channels: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 3)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(64 * 5 * 5, 128)
        self.relu3 = nn.ReLU()
        self.dense2 = nn.Linear(128, classes)


class TinyCNN(nn.Sequential):
    """A network for colour crops of 56 × 56 pixels: three convolutions of 3 × 3 with 16, 32 and 64 filters, pooled.

    The borders are padded, so that 56 pixels become maps of 28, 14 and 7 cells; 128 dense units follow. Pictures are
    scaled to 0…1, the output is before the softmax.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.relu3 = nn.ReLU()
        self.pool3 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(64 * 7 * 7, 128)
        self.relu4 = nn.ReLU()
        self.dense2 = nn.Linear(128, classes)


class Grey(nn.Module):
    """Colours to grey, as OpenCV does it (ITU-R BT.601); the weights add up to 1, so normalising may come first."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """`(n, 3, h, w)` to `(n, 1, h, w)`."""
        return 0.299 * pictures[:, :1] + 0.587 * pictures[:, 1:2] + 0.114 * pictures[:, 2:]


@dataclass(frozen=True)
class Classic:
    """A classic and how to feed it.

    Attributes:
        title: for people, with the year or the use.
        make: makes it for a number of classes.
        input_size: side of its pictures in pixels.
        channels: 1 for grey pictures, 3 for RGB.
        mean: what is subtracted from each channel (0…1).
        std: by what it is divided afterwards.
    """

    title: str
    make: Callable[[int], nn.Module]
    input_size: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def build(self, classes: int = 10) -> nn.Module:
        """The network in evaluation mode, with random weights that are the same at every call, without gradients."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return self.make(classes).eval().requires_grad_(False)


# The paper scales pictures so that 0 becomes -0.1 and 1 becomes 1.175.
_LENET_STD = 1 / 1.275

CLASSICS: Mapping[str, Classic] = MappingProxyType(
    {
        "lenet5": Classic("LeNet-5 (1998)", LeNet5, 32, 1, (0.1 * _LENET_STD,), (_LENET_STD,)),
        "small-cnn": Classic("small CNN for digits", SmallCNN, 28, 1, (0.0,), (1.0,)),
        "tiny-cnn": Classic("tiny CNN for crops", TinyCNN, 56, 3, (0.0,) * 3, (1.0,) * 3),
    }
)


def for_colour(name: str, classes: int) -> nn.Module:
    """The classic `name` as a network for colour crops, its weights from torch's generator, ready to be trained.

    Grey networks get the pictures through `Grey`; their mean and std are then the same for all three channels.
    """
    classic = CLASSICS[name]
    if classic.make is SmallCNN:  # nothing in it is about grey
        return SmallCNN(classes, channels=3)
    network = classic.make(classes)
    return nn.Sequential(OrderedDict(grey=Grey(), network=network)) if classic.channels == 1 else network
