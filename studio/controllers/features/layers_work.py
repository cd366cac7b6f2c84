"""What the layers part reads on workers: networks there are, the layers of one, the filters of a layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.stages import HEAD, split_stage
from studio.state.looking import head_of
from studio.views.features.layers import Choice
from studio.views.features.layers_filters import FilterPage
from studio.views.features.layers_tree import LayerLine

if TYPE_CHECKING:
    from studio.ml.looking.filters import FilterBank
    from studio.ml.looking.layers import LayerRow
    from studio.ml.looking.listing import Listing

COLOURS, ROWS, COLUMNS = 64, 16, 16  # filters of a page where they are pictures; filters, and inputs of each, else


@dataclass(frozen=True, eq=False)
class Read:
    """A network, ready to be shown.

    Attributes:
        key: as `LookingState.network`, whose layers these are.
        choices: the networks there are.
        network: that whose filters and outputs can be looked at, as `Networks.looked` knows it.
        file: of the ONNX graph that it is, of which the filters alone can be looked at; else None.
        lines: its layers; none where it could not be read.
        first: name of its first convolution, "" where it has none.
        facts, note: see `LayersView.set_layers`.
        problem: why it could not be read, or "".
    """

    key: str
    choices: tuple[Choice, ...]
    network: str
    file: Path | None = None
    lines: tuple[LayerLine, ...] = ()
    first: str = ""
    facts: str = ""
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Part:
    """Which filters of a layer are wanted: pages of filters and of their inputs, from 0; of an ONNX `file`, or None."""

    network: str
    file: Path | None
    layer: str
    page: int = 0
    shift: int = 0


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters that were wanted.

    Attributes:
        part: which these are; its pages are such as there are.
        title: about all filters of the layer, or why there are none.
        where: which of how many these are.
        page: None where the layer has no filters.
        pages, shifts: how many pages there are.
        pick: how many filters go on a page.
    """

    part: Part
    title: str
    where: str = ""
    page: FilterPage | None = None
    pages: int = 1
    shifts: int = 1
    pick: int = ROWS


def read(key: str, models: Path, heads: tuple[str, ...], own: str, control: Control) -> Read:
    """The layers of the network `key`; on the disk lane.

    Args:
        key: as `LookingState.network`.
        models: the folder of the project's heads.
        heads: their names.
        own: the network of the active head, as `key`; "" for the bundled one.
    """
    from studio.ml.backbones.loading import BUNDLED

    own = own or BUNDLED
    choices = _choices(own, heads)
    control.checkpoint()
    try:
        listing, network = _listing(key, models, own)
    except StudioError as error:
        return Read(key, choices, own, problem=str(error))
    first = next((row.name for row in listing.rows if row.kind in ("Conv2d", "Conv")), "")
    side = listing.input_size
    facts = f"{listing.parameters:,} parameters, pictures of {side} × {side} pixels"
    lines = tuple(_line(row, listing, index < listing.inside) for index, row in enumerate(listing.rows))
    return Read(key, choices, network, listing.file, lines, first, facts, listing.note)


def _choices(own: str, heads: tuple[str, ...]) -> tuple[Choice, ...]:
    from studio.ml.backbones.loading import installed
    from studio.ml.classics import CLASSICS

    active = f"That of the active head, {head_of(own)}" if head_of(own) else f"{own}, that of the active head"
    return (
        Choice("", active, "In use"),
        *(Choice(f"{HEAD}{name}", f"Head {name}", "Heads of the project") for name in heads),
        *(Choice(name, name, "Networks that are here") for name in installed()),
        *(Choice(name, classic.title, "Classics") for name, classic in CLASSICS.items()),
    )


def _listing(key: str, models: Path, own: str) -> tuple[Listing, str]:
    """The layers of the network `key`, and the name of the network that they are of."""
    from studio.ml.heads.head import load_head
    from studio.ml.looking.listing import list_head, list_network

    if head_name := head_of(key or own):
        head = load_head(models / head_name)
        of_own = head.card.network is not None
        return list_head(head), f"{HEAD}{models / head_name}" if of_own else split_stage(head.card.backbone)[0]
    return list_network(key or own), key or own


def _line(row: LayerRow, listing: Listing, inside: bool) -> LayerLine:
    shape = " × ".join(map(str, row.shape)) or "?"
    all_of_it = row.receptive_field is not None and row.receptive_field >= listing.input_size
    sees = "?" if row.receptive_field is None else "all" if all_of_it else f"{row.receptive_field:,}"
    parameters = f"{row.parameters:,}" if row.parameters else ""
    tip = [row.name, f"{row.kind}, puts out {shape}"]
    if parameters:
        tip.append(f"{parameters} parameters")
    if row.receptive_field is None:
        tip.append("on which pixels a value depends cannot be told")
    elif row.stride is None:
        tip.append(f"sees {row.receptive_field:,} × {row.receptive_field:,} pixels and has no place")
    else:
        tip.append(f"a cell sees {row.receptive_field:,} × {row.receptive_field:,} pixels; one every {row.stride}")
    return LayerLine(row.name, row.kind, shape, parameters, sees, "\n".join(tip), inside)


def read_filters(networks: LaneNetworks, wanted: Part, control: Control) -> Filters:
    """A page of filters; on the compute lane."""
    from studio.ml.looking.filters import filters

    try:
        if wanted.file is not None:
            from studio.ml.looking.graphs import graph_filters

            bank = graph_filters(wanted.file, wanted.layer)
        else:
            network = networks.on("compute").looked(wanted.network)
            control.checkpoint()
            bank = filters(network, wanted.layer)
    except InputError as error:
        return Filters(wanted, str(error))
    return _page(bank, wanted)


def _page(bank: FilterBank, wanted: Part) -> Filters:
    from studio.ml.looking.filters import DEAD

    count, inputs, high, _ = bank.weights.shape
    pictures = bank.coloured or (inputs == 1 and high > 1)
    size = COLOURS if pictures else ROWS
    pages, shifts = -(-count // size), 1 if pictures else -(-inputs // COLUMNS)
    part = replace(wanted, page=min(wanted.page, pages - 1), shift=min(wanted.shift, shifts - 1))
    numbers = np.arange(part.page * size, min((part.page + 1) * size, count))
    channels = np.arange(
        0 if pictures else part.shift * COLUMNS, 0 if pictures else min((part.shift + 1) * COLUMNS, inputs)
    )
    rule = f"its norm is less than {DEAD:.0%} of the layer's median norm"
    shown = FilterPage(
        numbers,
        channels,
        _sheet(bank, numbers, channels),
        bank.norms[numbers],
        float(bank.norms.max()),
        bank.dead[numbers],
        rule,
    )
    where = f"{numbers[0]}–{numbers[-1]} of {count}" if pages > 1 else ""
    if shifts > 1:
        where += f"{', ' if where else ''}inputs {channels[0]}–{channels[-1]} of {inputs}"
    return Filters(part, _title(bank), where, shown, pages, shifts, size)


def _sheet(bank: FilterBank, numbers: NDArray[np.int64], channels: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The filters one below the other, each with its slices beside each other, as 0xffRRGGBB."""
    from studio.ml.looking.filters import colour_pictures, slices
    from studio.ml.looking.sheets import colors

    high, wide = bank.weights.shape[2:]
    if bank.coloured:
        red, green, blue = np.moveaxis(colour_pictures(bank, numbers.tolist()).astype(np.uint32), -1, 0)
        return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, np.uint32).reshape(-1, wide)
    cells = colors(True)[slices(bank, numbers.tolist(), channels.tolist() or [0])]
    return np.ascontiguousarray(cells.transpose(0, 2, 1, 3).reshape(len(numbers) * high, -1))


def _title(bank: FilterBank) -> str:
    count, inputs, high, wide = bank.weights.shape
    what = "colours" if bank.coloured else f"{inputs} channel{'' if inputs == 1 else 's'}"
    dead = int(bank.dead.sum())
    tail = f"; {dead} dead" if dead else ""
    norms = f"norms {bank.norms.min():.2g} to {bank.norms.max():.2g}"
    return f"{count} filters of {bank.layer}: {high} × {wide} × {what}, {norms}{tail}"
