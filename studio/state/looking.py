"""What of a network is looked at: shared by the parts of the features dock. Never saved."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.core.stages import HEAD as HEAD
from studio.state.shown import Shown
from studio.state.veil import Veil


class LookingState(QObject):
    """Which network, which of its layers, which channel.

    Attributes:
        network: name of a backbone, or "head:NAME" for a trained head; "" for the active head's, else the bundled one.
        layer: name of a layer as in the tree of layers; "" for the first convolution.
        channel: number of a feature map of `layer`; -1 for none.
        veil: what a part lays over the shown frame, or None.
        part_wanted: emitted with the name of the part of the dock that should come forward.
    """

    network = Shown("")
    network_changed = Signal(object)
    layer = Shown("")
    layer_changed = Signal(object)
    channel = Shown(-1)
    channel_changed = Signal(object)
    veil = Shown[Veil | None](None)
    veil_changed = Signal(object)
    part_wanted = Signal(str)

    def forget_layer(self) -> None:
        """Back to the first convolution: what was looked at is not there, or not in this network."""
        self.channel, self.layer = -1, ""


def head_of(network: str) -> str:
    """The name of the head that a network is chosen by; "" for one that is chosen by its own name."""
    return network.removeprefix(HEAD) if network.startswith(HEAD) else ""
