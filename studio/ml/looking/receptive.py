"""Receptive fields: which pixels a value inside a network can depend on, followed through the operations of a run.

Every torch function that runs is followed, so skips and branches need no tracing of the network's source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from studio.ml.looking.field_rules import RULES, Arguments, Known, flat, unknown
from studio.ml.looking.fields import Field, Interval


class FieldMode(TorchFunctionMode):
    """While it is active, the fields of all tensors that come from `picture` are followed.

    Tensors are kept as long as this is: run it on the meta device, where they need no memory.
    """

    def __init__(self, picture: torch.Tensor) -> None:
        """`picture` is `(n, channels, h, w)`."""
        super().__init__()
        self._known: dict[int, tuple[torch.Tensor, Known]] = {}
        rows, columns = (Interval(0.0, 0.0, 1.0, 0.0, count) for count in picture.shape[2:])
        self._note(picture, Field(rows, columns, (2, 3)))

    def of(self, tensor: torch.Tensor) -> Known:
        """The field of `tensor`."""
        return self._known[id(tensor)][1] if id(tensor) in self._known else None

    def reads(self, tensor: torch.Tensor) -> bool:
        """Whether `tensor` comes from the picture."""
        return id(tensor) in self._known

    def _note(self, tensor: torch.Tensor, field: Known) -> None:
        self._known[id(tensor)] = tensor, field  # the tensor too: its id must not be given to another one

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Sequence[Any] = (), kwargs: Arguments | None = None
    ) -> Any:  # noqa: ANN401
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        outputs = [value for value in flat([result]) if isinstance(value, torch.Tensor)]
        inputs = [value for value in flat([*args, *kwargs.values()]) if isinstance(value, torch.Tensor)]
        from_picture = [self._known[id(value)][1] for value in inputs if id(value) in self._known]
        if outputs and from_picture:
            rule, names = RULES.get(getattr(func, "__name__", "").strip("_"), (unknown, ()))
            named = dict(zip(names, args, strict=False)) | kwargs | {"args": args}
            for output in outputs:
                self._note(output, rule(from_picture, named, output))
        return result
