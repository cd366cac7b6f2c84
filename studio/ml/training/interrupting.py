"""A step that takes seconds can be left in its middle."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

_LONG = 0.25  # seconds


class Interrupts:
    """Checkpoints at every layer of a network, forwards and backwards, for as long as steps are long.

    A large network on a processor takes seconds a step, and a person who cancels or pauses should not wait for it. The
    weights are moved behind all that, so a step that is left changes none.
    """

    def __init__(self, network: nn.Module, checkpoint: Callable[[], None]) -> None:
        """`checkpoint` may raise; steps count as long until one was not."""
        self._checkpoint = checkpoint
        leaves = [module for module in network.modules() if not any(True for _ in module.children())]
        self._handles: list[RemovableHandle] = [leaf.register_forward_hook(self._passed) for leaf in leaves]
        self._began = time.monotonic()

    def after_step(self) -> None:
        """To be called after each step; where it was short, there are no checkpoints in the next ones."""
        now = time.monotonic()
        if now - self._began < _LONG:
            self.close()
        self._began = now

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _passed(self, module: nn.Module, inputs: object, output: object) -> None:
        self._checkpoint()
        if isinstance(output, torch.Tensor) and output.requires_grad:
            output.register_hook(self._passed_back)

    def _passed_back(self, gradient: torch.Tensor) -> None:
        self._checkpoint()
