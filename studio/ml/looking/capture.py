"""What the layers of a network put out, as they put it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle


def call_name(layer: str, call: int) -> str:
    """The name of the `call`-th call (from 1) of `layer` in one forward: `relu`, `relu#2`, …"""
    return layer if call == 1 else f"{layer}#{call}"


class _Left(Exception):
    """Ends a forward of which all that was wanted is there."""


class Capture:
    """Copies of the outputs of layers, while the context is open.

    A layer that changes its input in place (most ReLUs, additions of skips) would otherwise change what was noted.
    The copies keep their gradients' history, so that gradients of and at them can be taken.

    Attributes:
        outputs: by name of layer and call, as they came in the newest forward; of several outputs the first.
    """

    def __init__(self, module: nn.Module, layers: Iterable[str], *, leave_after: bool = False) -> None:
        """`layers` are names as in `module.named_modules()`; a module that is called again is `NAME#2`, …

        Args:
            module: the network.
            layers: what is wanted.
            leave_after: whether `run` ends the forward as soon as all of them are there.

        Raises:
            KeyError: the network has no such module.
        """
        self._module, self._wanted, self._leave = module, set(layers), leave_after
        modules = dict(module.named_modules())
        self._hooked = {name: modules[name] for name in {wanted.partition("#")[0] for wanted in self._wanted}}
        self._handles: list[RemovableHandle] = []
        self._calls: Counter[str] = Counter()
        self.outputs: dict[str, torch.Tensor] = {}

    def __enter__(self) -> Self:
        self._handles.append(self._module.register_forward_pre_hook(self._begin))
        for name, module in self._hooked.items():
            self._handles.append(module.register_forward_hook(self._hook(name)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def run(self, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        """One forward of `inputs`, as far as needed; the outputs that were wanted.

        Raises:
            KeyError: the forward never came to one of them.
        """
        with suppress(_Left):
            self._module(inputs)
        if missing := self._wanted - self.outputs.keys():
            raise KeyError(f"the forward never came to {', '.join(sorted(missing))}")
        return self.outputs

    def _begin(self, module: nn.Module, inputs: object) -> None:
        self._calls.clear()
        self.outputs = {}

    def _hook(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def note(module: nn.Module, inputs: object, output: object) -> None:
            self._calls[name] += 1
            call = call_name(name, self._calls[name])
            if call not in self._wanted:
                return
            first = output[0] if isinstance(output, tuple) else output
            if isinstance(first, torch.Tensor):
                self.outputs[call] = first.clone()
            if self._leave and len(self.outputs) == len(self._wanted):
                raise _Left

        return note
