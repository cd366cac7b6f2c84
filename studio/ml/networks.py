"""The networks of one lane: the device is chosen and each backbone loaded when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

from studio.core.stages import HEAD, split_stage
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import BUNDLED, load_backbone
from studio.ml.backbones.stage import StageBackbone
from studio.ml.device import Compute, choose
from studio.ml.heads.head import Head, load_head
from studio.ml.heads.own_network import load_own_network, look_into
from studio.ml.looking.network import LookedNetwork, load_looked

MOST_OWN = 2  # networks of heads that are kept: two heads are compared
FULL = "the GPU's memory is full: the processor computes now"

_T = TypeVar("_T")


class Networks:
    """Backbones by name. A network keeps state while it runs, so each lane has networks of its own.

    Attributes:
        note: what the user should be told about the device; None where all is as asked.
    """

    def __init__(self, device: str = "auto") -> None:
        """`device` as for `studio.ml.device.choose`; nothing is looked at or loaded yet."""
        self._device = device
        self._compute: Compute | None = None
        self._loaded: dict[str, Backbone] = {}
        self._looked: LookedNetwork | None = None
        self._own: dict[str, Backbone] = {}  # networks of heads by their hash, the newest last
        self._read: tuple[object, Head] | None = None
        self.note: str | None = None

    @property
    def compute(self) -> Compute:
        """Where the networks run.

        Raises:
            InputError: an unknown device, or one that this machine does not have.
        """
        if self._compute is None:
            self._compute = choose(self._device)
        return self._compute

    def backbone(self, name: str | None = None) -> Backbone:
        """The backbone called `name`; None: the bundled one.

        Raises:
            InputError: as `load_backbone`.
        """
        name = name or BUNDLED  # one instance, whether it is asked for by name or not
        if name not in self._loaded:
            network, stage = split_stage(name)
            # All stages of a network share it.
            made = StageBackbone(self.backbone(network), stage) if stage else load_backbone(name, self.compute)
            self._loaded[name] = made
        return self._loaded[name]

    def of(self, head: Head) -> Backbone:
        """The network that `head` stands on: the backbone on its card, or its own.

        Raises:
            InputError: as `load_backbone`, `load_own_network` and `Head.check`.
        """
        part, name = head.card.network, head.named_backbone
        if part is None:
            backbone = self.backbone(name)
        else:
            known = self._own.pop(part.sha256, None)
            if known is None or known.card != head.card.backbone_card():
                known = load_own_network(head, self.compute)
            backbone = self._own[part.sha256] = known
            while len(self._own) > MOST_OWN:
                del self._own[next(iter(self._own))]
        head.check(backbone)
        return backbone

    def whole_of(self, head: Head) -> Backbone:
        """As `of`, but the whole network where the head stands on a layer inside of one: the maps are its."""
        name = head.named_backbone
        return self.of(head) if name is None else self.backbone(split_stage(name)[0])

    def head(self, folder: Path) -> Head:
        """The head in `folder`; read again only where its files are others than the last time.

        Raises:
            InputError: as `load_head`.
        """
        try:
            files = [(folder / name).stat() for name in ("card.json", "weights.safetensors")]
        except OSError:
            return load_head(folder)  # says what is missing
        key = folder, [(file.st_mtime_ns, file.st_size, file.st_ino) for file in files]
        if self._read is None or self._read[0] != key:
            self._read = None
            self._read = key, load_head(folder)
        return self._read[1]

    def looked_of(self, head: Head) -> LookedNetwork:
        """The network that `head` stands on as it was trained, to be looked into; as `looked`."""
        if head.named_backbone is not None:
            return self.looked(head.named_backbone)
        card = head.card.backbone_card()
        if self._looked is None or self._looked.card != card:
            self._looked = None
            self._looked = look_into(head, self.compute)
        return self._looked

    def looked(self, name: str | None = None) -> LookedNetwork:
        """The network called `name` as it was trained, to be looked into; only the newest one is kept.

        Args:
            name: as for `load_looked`, or `head:FOLDER` for the network of the head in a folder.

        Raises:
            InputError: as `load_looked` and `load_head`.
        """
        if name is not None and name.startswith(HEAD):
            return self.looked_of(self.head(Path(name.removeprefix(HEAD))))
        name = split_stage(name or BUNDLED)[0]
        if self._looked is None or self._looked.name != name:
            self._looked = None  # two large networks at a time are one too many
            self._looked = load_looked(name, self.compute)
        return self._looked

    def on_device(self, work: Callable[[], _T]) -> _T:
        """What `work` returns; where the GPU's memory is full, it is done again on the processor, which then stays.

        Args:
            work: asks this holder for its backbone each time.
        """
        try:
            return work()
        except torch.OutOfMemoryError:
            if self.compute.device.type == "cpu":
                raise
        # Outside of the except clause: the traceback would keep the tensors that fill the memory.
        self._loaded.clear()
        self._own.clear()
        self._looked = None
        torch.cuda.empty_cache()
        self._compute, self.note = choose("cpu"), FULL
        return work()


def leave_a_core() -> None:
    """Let torch use all cores but one, which the window needs: with all of them it pauses for hundreds of ms.

    The number of threads belongs to the thread that sets it where OpenMP is concerned: call it on every lane.
    """
    torch.set_num_threads(max(1, (os.cpu_count() or 1) - 1))
