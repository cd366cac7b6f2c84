"""In which order the channels of a layer are shown."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.ml.heads.head import Head
from studio.ml.looking.capture import Capture
from studio.ml.looking.maps import LayerMaps
from studio.ml.looking.network import LookedNetwork

BY_NUMBER, BY_MEAN, BY_MAXIMUM, BY_VARIANCE = "number", "mean", "maximum", "variance"

_LAST: WeakKeyDictionary[LookedNetwork, dict[str, str]] = WeakKeyDictionary()


def ordered(values: NDArray[np.float32], by: str) -> NDArray[np.int64]:
    """Numbers of the channels `(n,)` of values `(n, rows, columns)`, those with the largest statistic first.

    Args:
        values: of a layer.
        by: "number", "mean", "maximum" or "variance"; equal ones stay in the order of their numbers.
    """
    count = len(values)
    flat = values.reshape(count, -1)
    if by == BY_NUMBER:
        return np.arange(count)
    if by == BY_MEAN:
        statistic = flat.mean(1, dtype=np.float64)
    elif by == BY_MAXIMUM:
        statistic = flat.max(1).astype(np.float64)
    elif by == BY_VARIANCE:
        statistic = flat.var(1, dtype=np.float64)
    else:
        raise ValueError(f"no order {by!r}")
    return largest_first(statistic)


def largest_first(statistic: NDArray[np.floating]) -> NDArray[np.int64]:
    """Indices of the largest first; equal ones as they come."""
    return np.argsort(-statistic, kind="stable")


def counting(values: NDArray[np.float32], weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much each channel counts for a label on this frame: |weight in the head| × activation.

    The head multiplies cells of unit length (see `studio.ml.pyramid`), so the activation is that of such cells, its
    absolute value averaged over the frame.

    Args:
        values: `(n, rows, columns)`.
        weights: `(n,)`, not negative.

    Returns:
        float64 `(n,)`.
    """
    lengths = np.sqrt(np.square(values, dtype=np.float64).sum(0, keepdims=True))
    unit = np.abs(values) / np.maximum(lengths, 1e-6)
    means: NDArray[np.float64] = unit.reshape(len(values), -1).mean(1, dtype=np.float64)
    return weights * means


def weights_for(head: Head, label: str, weighed: str, maps: LayerMaps) -> NDArray[np.float64]:
    """|weight| of each channel `(n,)` in the dense part of `head` for `label`, summed over the window.

    Args:
        head: the trained head.
        label: one of its labels.
        weighed: the layer whose maps it scores, as `last_inside` names it.
        maps: of the layer that is shown.

    Raises:
        InputError: the head does not weigh the channels of that layer, and why.
    """
    if label not in head.labels:
        raise InputError(f"The head knows no {label}; it knows {', '.join(head.labels)}.")
    if not head.dense:
        why = head.card.why_not_dense or "its crop part weighs examples, not channels"
        raise InputError(f"The head has no weights for channels: {why}.")
    kernel = head.dense[head.labels.index(label)].kernel
    if maps.layer != weighed or len(maps.values) != len(kernel):
        raise InputError(
            f"The head weighs the channels of {weighed} alone: choose that layer to see what counts for {label}."
        )
    return kernel.detach().abs().sum((1, 2), dtype=torch.float64).cpu().numpy()


def last_inside(network: LookedNetwork, layers: Iterable[str], holder: str) -> str:
    """The last of `layers` inside `holder`, if what it puts out is what `holder` does; else `holder` itself.

    By a trial on noise, once: a block may add its input to what its last layer gives.
    """
    if not holder:
        return holder
    known = _LAST.setdefault(network, {})
    if holder not in known:
        layer = next((each for each in reversed(list(layers)) if each.startswith(f"{holder}.")), holder)
        side = network.input_size
        noise = torch.randint(0, 256, (1, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode(), Capture(network.module, (layer, holder), leave_after=True) as capture:
            outputs = capture.run(network.prepare(noise))
        known[holder] = layer if torch.equal(outputs[layer], outputs[holder]) else holder
    return known[holder]
