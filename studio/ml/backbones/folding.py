"""Batch normalisation folded into the convolution before it: the same numbers with fewer passes over memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_TRACING = threading.Lock()


class _Tracer(fx.Tracer):
    """Tracing replaces the call of every module of the process; other threads run their networks meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:  # noqa: ANN401
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)


def fold_batch_norm(network: nn.Module) -> None:
    """Fold, in place, each batch norm that alone reads a convolution's output; the norm becomes an identity.

    Layers keep their names and the network its own forward, so hooks and partial runs go on working. A network that
    cannot be traced stays as it is.

    Args:
        network: in evaluation mode and float32.
    """
    if not any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
        return
    try:
        with _TRACING:  # two at a time would leave the calls replaced
            graph = _Tracer().trace(network)
    except (fx.proxy.TraceError, TypeError, AttributeError, NotImplementedError):
        return
    for convolution, norm in _pairs(network, graph):
        before, behind = network.get_submodule(convolution), network.get_submodule(norm)
        assert isinstance(before, nn.Conv2d) and isinstance(behind, nn.BatchNorm2d)
        network.set_submodule(convolution, fuse_conv_bn_eval(before, behind))
        network.set_submodule(norm, nn.Identity())


def _pairs(network: nn.Module, graph: fx.Graph) -> list[tuple[str, str]]:
    """Names of each convolution and the batch norm behind it, both called exactly once."""
    calls = [node for node in graph.nodes if node.op == "call_module"]
    counts: dict[object, int] = {}
    for node in calls:
        counts[node.target] = counts.get(node.target, 0) + 1
    found = []
    for node in calls:
        before = node.args[0] if node.args else None
        if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) != 1:
            continue
        names = str(before.target), str(node.target)
        kinds = tuple(network.get_submodule(name) for name in names)
        once = counts[before.target] == counts[node.target] == 1
        if once and isinstance(kinds[0], nn.Conv2d) and isinstance(kinds[1], nn.BatchNorm2d):
            found.append(names)
    return found
