"""The layers of a network in the order in which they are called, by a trial run that computes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from studio.ml.looking.network import LookedNetwork


@dataclass(frozen=True)
class LayerRow:
    """One call of a layer.

    Attributes:
        name: in the network; a layer that is called again has `#2`, … behind it. What `Capture` knows it by.
        kind: of layer, such as `Conv2d`.
        shape: of its output, without the batch.
        parameters: how many numbers it has learned; 0 for the second call of a layer.
        receptive_field: side in input pixels of what a value of its output can depend on (the longer one), as if the
            picture went on beyond its border; the picture's longer side where it is the whole picture; None where it
            cannot be told.
        stride: input pixels from one cell of its output to the next; None where it has no places.
        offset: centre of its first cell in input pixels, where 0 is the centre of the first pixel; None as `stride`.
        depth: how many layers that hold it lie above.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    receptive_field: int | None
    stride: int | None
    offset: float | None
    depth: int


def layers(network: LookedNetwork, height: int | None = None, width: int | None = None) -> list[LayerRow]:
    """The leaf layers of `network` in the order of their calls, for pictures of `height` × `width` pixels.

    Args:
        network: nothing of it is computed or changed.
        height: of the picture; its input size where None.
        width: as `height`.

    Raises:
        InputError: the network cannot run at that size.
    """
    from studio.ml.looking.trial import trial

    return trial(network, height or network.input_size, width or network.input_size)
