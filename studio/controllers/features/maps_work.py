"""What the maps part computes on the live lane: a layer's answer to a frame, ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.stages import HEAD
from studio.state.session import ShownFrame

if TYPE_CHECKING:
    from studio.ml.heads.head import Head
    from studio.ml.looking.maps import LayerMaps
    from studio.ml.looking.network import LookedNetwork
    from studio.ml.looking.stages import Strip
    from studio.ml.networks import Networks

PAGE = 64  # cells that are shown at once
COUNTS = "counts:"  # before the label, in the name of an order


@dataclass(frozen=True)
class Wishes:
    """How the user wants to see the maps.

    Attributes:
        by: order: "number", "mean", "maximum", "variance", or "counts:LABEL".
        scale: "channel", "layer" or "fixed".
        fixed: what the last colour stands for where the scale is fixed.
        page: from 0; None for the one with the chosen channel.
        over: whether the chosen channel lies over the video.
        strip: whether all stages are shown.
    """

    by: str = "number"
    scale: str = "channel"
    fixed: float = 1.0
    page: int | None = 0
    over: bool = False
    strip: bool = False


@dataclass(frozen=True, eq=False)
class Asked:
    """A frame to be looked at, and all that is needed for it.

    Attributes:
        network: as `looking.network`, but "" only for the bundled one.
        head: a trained head, or the folder of one, or None.
        layer, channel: as in `LookingState`.
        order: the channels' order where it stays as it was, or None.
    """

    shown: ShownFrame
    network: str
    head: Head | Path | None
    layer: str
    channel: int
    wishes: Wishes
    order: NDArray[np.int64] | None

    @property
    def looked_into(self) -> str | Path:
        """The network, as far as it is known without reading a head; "" for the bundled one."""
        if self.network or self.head is None:
            return self.network
        if isinstance(self.head, Path):
            return self.head
        card = self.head.card
        return card.backbone.partition("@")[0] if card.network is None else f"{HEAD}{card.name}"


@dataclass(frozen=True, eq=False)
class Chosen:
    """The chosen channel.

    Attributes:
        number: of the channel.
        values: float32 `(rows, columns)`.
        pixels: uint32 `(rows, columns)` of 0xffRRGGBB.
        veil: the same as premultiplied 0xAARRGGBB, or None where it is not laid over the video.
        strongest: row and column of its largest absolute value.
    """

    number: int
    values: NDArray[np.float32]
    pixels: NDArray[np.uint32]
    veil: NDArray[np.uint32] | None
    strongest: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a layer answers to a frame.

    Attributes:
        asked: that it answers.
        network: the network's name; note: what to know about it, or "".
        layers: names of all that can be chosen.
        labels: that an order can be asked for, for there is a head on this network.
        maps: of the layer.
        order: all channels, as they are sorted.
        page: that is shown, from 0.
        values: float32 `(n, rows, columns)` of the page's channels.
        sheet: uint32 `(n · rows, columns)` of 0xffRRGGBB: the same in colours, one below the other.
        filters: uint8 `(n, k, k, 3)`, those of the page's channels, of a first convolution; else None.
        chosen: the chosen channel, or None.
        strip: all stages, or None.
        missing: that the network does not have the layer that was asked for, or "".
        problem: why it is not the order that was asked for, or "".
    """

    asked: Asked
    network: str
    note: str
    layers: tuple[str, ...]
    labels: tuple[str, ...]
    maps: LayerMaps
    order: NDArray[np.int64]
    page: int
    values: NDArray[np.float32]
    sheet: NDArray[np.uint32]
    filters: NDArray[np.uint8] | None
    chosen: Chosen | None
    strip: Strip | None
    missing: str
    problem: str

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The channels of the page."""
        return self.order[self.page * PAGE : (self.page + 1) * PAGE]

    @property
    def pages(self) -> int:
        return max(-(-len(self.order) // PAGE), 1)


def answer(networks: LaneNetworks, asked: Asked, control: Control) -> Answer:
    """Send a frame through a network as far as needed, and colour what comes out; on the live lane."""
    live = networks.on("live")
    head = live.head(asked.head) if isinstance(asked.head, Path) else asked.head

    def looked() -> LookedNetwork:
        return live.looked(asked.network or None) if asked.network or head is None else live.looked_of(head)

    looked()
    control.checkpoint()
    return live.on_device(lambda: _answer(live, looked(), head, asked))


def _answer(live: Networks, network: LookedNetwork, head: Head | None, asked: Asked) -> Answer:
    from studio.ml.looking.filters import first_convolution
    from studio.ml.looking.maps import look, rows_for
    from studio.ml.looking.sheets import filter_pictures
    from studio.ml.looking.stages import stage_layers, strip

    picture, wishes = asked.shown.picture, asked.wishes
    rows = rows_for(network, (picture.shape[1], picture.shape[0]))
    rows = {name: row for name, row in rows.items() if row.reads_picture}
    first = first_convolution(network)
    layer, missing = _layer(network, asked.layer, first)
    stages = stage_layers(rows) if wishes.strip else []
    found = look(network, picture, [layer, *stages])
    maps = found[layer]
    if head is not None and (network.card is None or head.card.backbone_sha256 != network.card.sha256):
        head = None
    weighed = _weighed(live, network, head, rows)
    order, problem = _order(network, head, weighed, maps, asked)
    page = _page(order, asked)
    numbers = order[page * PAGE : (page + 1) * PAGE]
    sheet, chosen = _colours(maps, numbers, asked)
    return Answer(
        asked,
        network.name,
        network.note,
        tuple(rows) if not weighed or weighed in rows else (*rows, weighed),
        tuple(head.labels) if head is not None else (),
        maps,
        order,
        page,
        maps.values[numbers],
        sheet,
        filter_pictures(network, list(numbers)) if layer == first else None,
        chosen,
        strip(network, picture, [found[name] for name in stages]) if wishes.strip else None,
        missing,
        problem,
    )


def _layer(network: LookedNetwork, wanted: str, first: str) -> tuple[str, str]:
    """The layer that is shown; the first convolution where another network was looked at before, and that it is so."""
    from studio.ml.looking.maps import has_layer

    if not wanted or has_layer(network, wanted):
        return wanted or first, ""
    return first, f"{network.name} has no layer {wanted!r}: its first convolution is shown"


def _weighed(live: Networks, network: LookedNetwork, head: Head | None, rows: Iterable[str]) -> str:
    """The layer whose channels the head weighs; "" where there is none."""
    from studio.ml.looking.order import last_inside

    if head is None or not head.dense:
        return ""
    backbone = live.whole_of(head)
    return last_inside(network, rows, getattr(backbone, "map_layer", ""))


def _order(
    network: LookedNetwork, head: Head | None, weighed: str, maps: LayerMaps, asked: Asked
) -> tuple[NDArray[np.int64], str]:
    """All channels, sorted; and why not as asked, or ""."""
    from studio.ml.looking.order import counting, largest_first, ordered, weights_for

    if asked.order is not None and len(asked.order) == len(maps.values):
        return asked.order, ""
    by = asked.wishes.by
    if not by.startswith(COUNTS):
        return ordered(maps.values, by), ""
    label = by.removeprefix(COUNTS)
    try:
        if head is None:
            raise InputError(f"There is no head on {network.name} that would weigh its channels for {label}.")
        return largest_first(counting(maps.values, weights_for(head, label, weighed, maps))), ""
    except InputError as error:
        return ordered(maps.values, "number"), str(error)


def _page(order: NDArray[np.int64], asked: Asked) -> int:
    page = asked.wishes.page
    if page is None:
        place = np.flatnonzero(order == asked.channel)
        page = int(place[0]) // PAGE if len(place) else 0
    return min(page, max(-(-len(order) // PAGE) - 1, 0))


def _colours(maps: LayerMaps, numbers: NDArray[np.int64], asked: Asked) -> tuple[NDArray[np.uint32], Chosen | None]:
    """The sheet of a page, and the chosen channel."""
    from studio.ml.looking.sheets import levels, limits, painted, veil_colors

    wishes, values, signed = asked.wishes, maps.values, maps.signed
    tops = limits(values, wishes.scale, wishes.fixed)
    sheet = painted(values[numbers], tops[numbers], signed).reshape(-1, values.shape[2])
    number = asked.channel
    if not 0 <= number < len(values):
        return sheet, None
    one = values[number]
    steps = levels(one[None], tops[number : number + 1], signed)
    strongest = np.unravel_index(int(np.abs(one).argmax()), one.shape)
    veil = veil_colors(signed)[steps[0]] if wishes.over else None
    pixels = painted(one[None], tops[number : number + 1], signed)[0]
    return sheet, Chosen(number, one, pixels, veil, (int(strongest[0]), int(strongest[1])))


def save(answer: Answer, folder: Path, name: str, control: Control) -> list[Path]:
    """Write what is shown: the page (and the stages) as pictures, all values of the layer; on the disk lane.

    Raises:
        InputError: there are such files already.
    """
    from studio.core.feature_files import save_features
    from studio.ml.looking.sheets import sheet
    from studio.ml.looking.stages import strip_picture

    maps = answer.maps
    rows, columns = maps.values.shape[1:]
    cells = answer.sheet.reshape(-1, rows, columns)
    pictures = {name: sheet(cells, [int(number) for number in answer.numbers])}
    if answer.strip is not None:
        pictures[f"{name}-stages"] = strip_picture(answer.strip)
    control.checkpoint()
    return save_features(folder, pictures, {maps.layer: maps.values}, name)
