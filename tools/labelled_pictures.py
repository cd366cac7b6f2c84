"""Labelled pictures in memory, and batches of them, varied as networks for classification are trained."""

from __future__ import annotations

import io
import json
import math
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio.core.errors import InputError
from studio.ml.device import Compute
from studio.ml.training.parallel import ALONE, Group

AREA, RATIO, BORDER, JITTER = (0.25, 1.0), (3 / 4, 4 / 3), 1 / 8, 0.3
KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
Pictures = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures uint8 `(n, s, s, 3)` RGB, the class of each `(n,)`, and the names of the classes."""

    pictures: Pictures
    targets: NDArray[np.int64]
    classes: list[str]


def read_labelled(folder: Path, split: str, side: int) -> Labelled | None:
    """The pictures of a split, "train" or "val"; None where there are none.

    Args:
        folder: holds `SPLIT/CLASS/*.jpg`; or tars `SPLIT-*.tar`, each with `images.webp.bin` (pictures one after the
            other), `offsets.npy` (int64, where each begins, and the end) and `labels.npy`, beside `classes.json`, a
            list of names or of [number, name]. All are held in memory: side × side × 3 bytes each.
        split: which.
        side: of a picture in pixels.

    Raises:
        InputError: a picture that cannot be read.
    """
    if tars := sorted(folder.glob(f"{split}-*.tar")):
        parts = [_of_tar(path, side) for path in tars]
        classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        names = [each if isinstance(each, str) else each[-1] for each in classes]
        pictures, targets = (np.concatenate(found) for found in zip(*parts, strict=True))
        return Labelled(pictures, targets.astype(np.int64), names)
    classes = sorted(each.name for each in (folder / split).glob("*") if each.is_dir())
    files = [
        (file, number)
        for number, name in enumerate(classes)
        for file in sorted((folder / split / name).iterdir())
        if file.suffix.lower() in KINDS
    ]
    if not files:
        return None
    pictures = np.stack([_decoded(np.fromfile(file, np.uint8), side, str(file)) for file, _ in files])
    return Labelled(pictures, np.array([number for _, number in files], np.int64), classes)


def _of_tar(path: Path, side: int) -> tuple[Pictures, NDArray[np.int64]]:
    with tarfile.open(path) as archive:
        found = {Path(member.name).name: archive.extractfile(member) for member in archive.getmembers()}
        content = {name: file.read() for name, file in found.items() if file is not None}
    data = np.frombuffer(content["images.webp.bin"], np.uint8)
    offsets = np.load(io.BytesIO(content["offsets.npy"]), allow_pickle=False)
    targets = np.load(io.BytesIO(content["labels.npy"]), allow_pickle=False)
    pictures = np.zeros((len(targets), side, side, 3), np.uint8)
    for row, (start, end) in enumerate(pairwise(offsets)):
        pictures[row] = _decoded(data[start:end], side, f"picture {row} of {path}")
    return pictures, targets.astype(np.int64)


def _decoded(data: NDArray[np.uint8], side: int, what: str) -> Pictures:
    """The middle square, RGB."""
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"{what} cannot be read")
    height, width = picture.shape[:2]
    least = min(height, width)
    top, left = (height - least) // 2, (width - least) // 2
    square = picture[top : top + least, left : left + least]
    how = cv2.INTER_AREA if least > side else cv2.INTER_LINEAR
    resized = square if least == side else cv2.resize(square, (side, side), interpolation=how)
    return np.asarray(resized[..., ::-1], np.uint8)


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures uint8 `(b, 3, s, s)` and classes int64 `(b,)`."""

    pictures: torch.Tensor
    targets: torch.Tensor


class PictureBatches:
    """Batches of pictures, varied where `training`; order and variation depend on the seed and the epoch alone."""

    def __init__(
        self, labelled: Labelled, size: int, compute: Compute, seed: int, training: bool, group: Group = ALONE
    ) -> None:
        self._pictures = torch.from_numpy(labelled.pictures).permute(0, 3, 1, 2)
        self._targets = torch.from_numpy(labelled.targets)
        if compute.device.type == "cuda":  # 64 pixels of 100,000 pictures are 1.2 GB
            self._pictures, self._targets = self._pictures.to(compute.device), self._targets.to(compute.device)
        self._size, self._compute, self._seed, self._training, self._group = size, compute, seed, training, group

    def __len__(self) -> int:
        return math.ceil(len(self._targets) / self._size)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        order = np.arange(len(self._targets))
        if self._training:
            order = np.random.default_rng([self._seed, number]).permutation(order)
        for batch in range(start, len(self)):
            rows = order[batch * self._size : (batch + 1) * self._size][self._group.rank :: self._group.size]
            chosen = torch.from_numpy(rows).to(self._pictures.device)
            pictures = self._pictures[chosen].to(self._compute.device)
            if self._training:
                draw = np.random.default_rng([self._seed, number, batch, self._group.rank])
                pictures = varied(pictures, draw)
            yield Batch(pictures, self._targets[chosen].to(self._compute.device))


def varied(pictures: torch.Tensor, draw: np.random.Generator) -> torch.Tensor:
    """Random resized crops with reflected borders (Szegedy et al. 2015), flips, and jitter of brightness, contrast and
    saturation: uint8 `(b, 3, s, s)` to the same.
    """
    count = len(pictures)

    def drawn(low: float, high: float) -> torch.Tensor:
        return torch.from_numpy(draw.uniform(low, high, count).astype(np.float32)).to(pictures.device)

    area, ratio = drawn(*AREA), drawn(math.log(RATIO[0]), math.log(RATIO[1])).exp()
    wide, high = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    room = 1 + 2 * BORDER
    theta = pictures.new_zeros((count, 2, 3), dtype=torch.float32)
    theta[:, 0, 0], theta[:, 1, 1] = room * wide * torch.where(drawn(-1, 1) < 0, -1, 1), room * high
    theta[:, 0, 2], theta[:, 1, 2] = room * (1 - wide) * drawn(-1, 1), room * (1 - high) * drawn(-1, 1)
    grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    seen = functional.grid_sample(pictures.float(), grid, padding_mode="reflection", align_corners=False)
    factors = [drawn(1 - JITTER, 1 + JITTER).view(-1, 1, 1, 1) for _ in range(3)]
    seen = (seen * factors[0]).clamp(0, 255)
    seen = (factors[1] * (seen - (middle := _grey(seen).mean((1, 2, 3), keepdim=True))) + middle).clamp(0, 255)
    seen = (factors[2] * (seen - (grey := _grey(seen))) + grey).clamp(0, 255)
    return seen.round().to(torch.uint8)


def _grey(pictures: torch.Tensor) -> torch.Tensor:
    return (pictures * pictures.new_tensor([0.2989, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
