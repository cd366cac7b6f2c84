"""How each operation of a network changes what its values see."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch

from studio.ml.looking.fields import Field, Interval, whole

Known = Field | None  # None: it depends on the picture, but on which part of it cannot be told
Arguments = dict[str, Any]
Rule = Callable[[list[Known], Arguments, torch.Tensor], Known]


def flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from flat(value)
        else:
            yield value


def unknown(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    return None


def merged(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """Values that meet element by element, or lie side by side as channels."""
    known = [field for field in fields if field is not None]
    if len(known) < len(fields):
        return None
    most = max(known, key=lambda field: field.rows.cells * field.columns.cells)
    if any(field.places != most.places and not field.single for field in known):
        return None
    rows = _hull([field.rows for field in known], most.rows)
    columns = _hull([field.columns for field in known], most.columns)
    return Field(rows, columns, most.places) if rows and columns else None


def side_by_side(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """Tensors laid one behind the other along an axis; places beside places are not followed."""
    field, axis = merged(fields, given, output), given.get("dim", 0) % output.ndim
    return None if len(fields) > 1 and field is not None and axis in field.places else field


def _hull(intervals: list[Interval], most: Interval) -> Interval | None:
    if any(interval.cells < most.cells for interval in intervals):  # one value for all cells
        return replace(most, low=-math.inf, high=math.inf)
    if any(interval.stride != most.stride for interval in intervals):
        return None
    low, high = min(interval.low for interval in intervals), max(interval.high for interval in intervals)
    return replace(most, low=low, high=high)


def window(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """A convolution or a pooling."""
    field = fields[0]
    if field is None or field.places != (2, 3):
        return None
    weight = given.get("weight")
    kernel = tuple(weight.shape[2:]) if isinstance(weight, torch.Tensor) else _pair(given["kernel_size"])
    stride = _pair(given.get("stride") or (1 if weight is not None else kernel))
    dilation = _pair(given.get("dilation", 1))
    padding = given.get("padding", 0)
    if isinstance(padding, str):  # "same" pads the odd pixel at the end
        padding = [
            (size - 1) * step // 2 if padding == "same" else 0 for size, step in zip(kernel, dilation, strict=True)
        ]
    padding = _pair(padding)
    rows, columns = (
        interval.through(kernel[axis], stride[axis], padding[axis], dilation[axis], output.shape[2 + axis])
        for axis, interval in enumerate((field.rows, field.columns))
    )
    return Field(rows, columns, (2, 3))


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    return (value[0], value[-1])


def adaptive(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """Pooling to a number of cells; known where they are equal parts of what came in."""
    field, cells = fields[0], tuple(output.shape[2:])
    if cells == (1, 1):
        return field.joined((2, 3)) if field else whole((1, 1), (2, 3))
    if field is None or field.places != (2, 3) or field.rows.cells % cells[0] or field.columns.cells % cells[1]:
        return None
    steps = field.rows.cells // cells[0], field.columns.cells // cells[1]
    rows, columns = (
        interval.through(step, step, 0, 1, count)
        for interval, step, count in zip((field.rows, field.columns), steps, cells, strict=True)
    )
    return Field(rows, columns, (2, 3))


def mean(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """A mean over axes: of all places or of none."""
    field = fields[0]
    if field is None:
        return whole((1, 1), ())
    wanted = given.get("dim")
    rank = len(given["input"].shape)
    axes = {axis % rank for axis in ((wanted,) if isinstance(wanted, int) else wanted or range(rank))}
    if axes.issuperset(field.places):
        return field.joined(field.places if output.ndim == rank else ())
    return field if output.ndim == rank and axes.isdisjoint(field.places) else None


def last_axes(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """What mixes the last axes: a linear layer, a norm over them."""
    field = fields[0]
    mixed = len(given.get("normalized_shape", (0,)))
    if field is None:
        return whole((1, 1), ()) if output.ndim == 2 else None
    if not field.places:
        return field.joined()
    rank = len(given["input"].shape)
    return field if max(field.places) < rank - mixed else None


def along_channels(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """A softmax: along an axis without places it changes no field."""
    field, axis = fields[0], given.get("dim")
    inside = field is not None and isinstance(axis, int) and axis % output.ndim not in field.places
    return field if inside and field is not None and (field.places or field.single) else None


def everything(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """Attention over all tokens, or a norm over all places: the values keep their axes and see all."""
    field = fields[0]
    if field is None:
        return None
    return replace(
        field,
        rows=replace(field.rows, low=-math.inf, high=math.inf),
        columns=replace(field.columns, low=-math.inf, high=math.inf),
    )


def permuted(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    field = fields[0]
    order = list(flat(given["args"][1:])) or list(flat([given.get("dims", ())]))
    if field is None or len(order) != output.ndim:
        return None
    order = [axis % output.ndim for axis in order]
    return replace(field, places=tuple(order.index(place) for place in field.places))


def transposed(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    field = fields[0]
    if field is None:
        return None
    one, other = given["dim0"] % output.ndim, given["dim1"] % output.ndim
    swapped = {one: other, other: one}
    return replace(field, places=tuple(swapped.get(place, place) for place in field.places))


def reshaped(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """The same values under another shape: places are followed as long as they are not cut up."""
    field, source = fields[0], given["args"][0] if given["args"] else given["input"]
    if field is None:
        return None
    places: list[int] = []
    for old, new in _groups(tuple(source.shape), tuple(output.shape)):
        inside = [place for place in field.places if place in old]
        if not inside:
            continue
        if old == new or (inside == old and len(new) == 1):
            places.extend(new)
        elif not (len(new) == 1 and output.ndim == 2):  # but a vector of everything has no places
            return None
    return replace(field, places=tuple(places))


def _groups(old: tuple[int, ...], new: tuple[int, ...]) -> Iterable[tuple[list[int], list[int]]]:
    """Axes of two shapes of the same values that hold the same part of them; axes of length 1 are left out."""
    before, behind = ([axis for axis, length in enumerate(shape) if length != 1] for shape in (old, new))
    while before and behind:
        left, right = [before.pop(0)], [behind.pop(0)]
        while (ours := math.prod(old[axis] for axis in left)) != (theirs := math.prod(new[axis] for axis in right)):
            (left if ours < theirs else right).append((before if ours < theirs else behind).pop(0))
        yield left, right


def picked(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """Whole axes and single numbers of them: `tokens[:, 0]`, `picture[:, 1]`."""
    field, index = fields[0], given["args"][1]
    index = index if isinstance(index, tuple) else (index,)
    if field is None or any(not isinstance(part, int) and part != slice(None) for part in index):
        return None
    gone = {axis for axis, part in enumerate(index) if isinstance(part, int)}
    if gone & set(field.places):
        return replace(field, places=()) if math.isinf(field.rows.size) else None
    return replace(field, places=tuple(place - sum(axis < place for axis in gone) for place in field.places))


def parts(fields: list[Known], given: Arguments, output: torch.Tensor) -> Known:
    """Slices along an axis without places."""
    field = fields[0]
    return field if field is not None and given.get("dim", 0) % output.ndim not in field.places else None


_CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
_ELEMENTWISE = (
    "relu relu6 hardtanh hardswish hardsigmoid leaky_relu prelu elu selu celu silu mish gelu softplus sigmoid tanh "
    "logsigmoid softsign threshold add iadd radd sub isub rsub mul imul rmul div idiv truediv itruediv rtruediv neg "
    "pow exp log sqrt abs clamp clip minimum maximum where dropout dropout2d alpha_dropout "
    "batch_norm local_response_norm clone contiguous detach to float"
)
RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    **dict.fromkeys(_ELEMENTWISE.split(), (merged, ())),
    **dict.fromkeys(("cat", "concat", "concatenate"), (side_by_side, ("input", "dim"))),
    "conv2d": (window, _CONVOLUTION),
    "max_pool2d": (window, ("input", "kernel_size", "stride", "padding", "dilation")),
    "avg_pool2d": (window, ("input", "kernel_size", "stride", "padding")),
    "lp_pool2d": (window, ("input", "norm_type", "kernel_size", "stride")),
    "adaptive_avg_pool2d": (adaptive, ()),
    "adaptive_max_pool2d": (adaptive, ()),
    "mean": (mean, ("input", "dim")),
    "linear": (last_axes, ("input",)),
    "layer_norm": (last_axes, ("input", "normalized_shape")),
    "group_norm": (everything, ()),
    "instance_norm": (everything, ()),
    "multi_head_attention_forward": (everything, ()),
    "softmax": (along_channels, ("input", "dim")),
    "log_softmax": (along_channels, ("input", "dim")),
    "permute": (permuted, ()),
    "transpose": (transposed, ("input", "dim0", "dim1")),
    **dict.fromkeys(("flatten", "reshape", "view", "squeeze", "unsqueeze"), (reshaped, ("input",))),
    "getitem": (picked, ()),
    "chunk": (parts, ("input", "chunks", "dim")),
    "split": (parts, ("input", "sizes", "dim")),
}
