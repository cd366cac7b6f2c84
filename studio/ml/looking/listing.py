"""The layers of whatever has a name: a backbone, one of the classics, an ONNX file, a trained head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.cards import BackboneCard, read_card
from studio.core.errors import InputError
from studio.core.stages import POOLINGS, Stage, split_stage
from studio.ml.backbones import architectures
from studio.ml.backbones.loading import BUNDLED, ONNX, installed
from studio.ml.device import choose
from studio.ml.heads.head import Head
from studio.ml.heads.own_network import look_into
from studio.ml.looking.graphs import graph_layers
from studio.ml.looking.layers import LayerRow, layers
from studio.ml.looking.network import LookedNetwork, load_looked


@dataclass(frozen=True, eq=False)
class Listing:
    """The layers of one network.

    Attributes:
        name: of the network, file or head.
        input_size: side in pixels of the picture that the shapes are for.
        rows: in the order of the calls.
        inside: how many of them belong to the network; the rest is what a head adds.
        file: of an ONNX graph, of which OpenCV gives the end alone: no output inside it can be looked at. None of a
            torch network.
        note: what a person should know; may be empty.
    """

    name: str
    input_size: int
    rows: tuple[LayerRow, ...]
    inside: int
    file: Path | None = None
    note: str = ""

    @property
    def parameters(self) -> int:
        """How many numbers the layers have learned."""
        return sum(row.parameters for row in self.rows)


def list_network(name: str | None) -> Listing:
    """The layers of the backbone or classic `name`; None: the bundled one. Weights need not be here.

    Raises:
        InputError: unknown, or damaged.
    """
    name = name or BUNDLED
    if card := _graph_card(name):
        return list_file(installed()[name] / card.file, name, card.input_size)
    network = load_looked(name, choose("cpu"), shapes_only=True)
    rows = tuple(layers(network))
    return Listing(name, network.input_size, rows, len(rows), note=network.note)


def list_file(path: Path, name: str | None = None, side: int = 224) -> Listing:
    """The layers of an ONNX file; `side` as for `graph_layers`.

    Raises:
        InputError: as `graph_layers`.
    """
    rows, input_size = graph_layers(path, side)
    return Listing(name or path.name, input_size, tuple(rows), len(rows), path)


def list_head(head: Head) -> Listing:
    """The layers of the backbone that `head` stands on, up to its embedding; then what the head adds for each label.

    `svm.LABEL` judges the embedding of a crop, or `head.1` and on and `softmax` do for all labels; `search.LABEL`
    slides over a feature map and `boxes.LABEL` corrects the boxes of what that finds. Of a head with a network of its
    own that is the network.

    Raises:
        InputError: the backbone is not here.
    """
    network, stage = split_stage(head.card.backbone)
    if head.named_backbone is not None:
        if network not in installed():
            raise InputError(f"the head {head.card.name} stands on the backbone {network}, which is not here")
        if _graph_card(network):
            listing = list_network(network)
            rows = [*listing.rows, replace(_pooled(listing.rows[-1]), kind="average")]
            rows += _crop_rows(head, rows[-1])
            return Listing(head.card.name, listing.input_size, tuple(rows), listing.inside, listing.file)
        looked = load_looked(network, choose("cpu"), shapes_only=True)
    else:
        looked = look_into(head, choose("cpu"), shapes_only=True)
    own = head.card.network
    rows = layers(looked) if own is not None and own.embeds_by_output else _up_to(looked, stage)
    searching = _searching(head, looked, rows) if head.dense else []
    inside = len(rows) - (stage is not None)  # the pooling of a stage is none of the network's
    return Listing(head.card.name, looked.input_size, (*rows, *_crop_rows(head, rows[-1]), *searching), inside)


def _graph_card(name: str) -> BackboneCard | None:
    """The card of an installed ONNX graph."""
    folder = installed().get(name)
    card = read_card(folder / "card.json", BackboneCard) if folder else None
    return card if card is not None and card.architecture == ONNX else None


def _up_to(looked: LookedNetwork, stage: Stage | None) -> list[LayerRow]:
    """The rows that an embedding needs: without the classifier, or up to a stage and its pooling."""
    if stage is None:
        architectures.remove_classifier(looked.module)
        return [row for row in layers(looked) if row.kind != "Identity"]
    rows = layers(looked)
    inside = [index for index, row in enumerate(rows) if f"{row.name}.".startswith(f"{stage.layer}.")]
    if not inside:
        raise InputError(f"the network {looked.name} has no layer {stage.layer!r}")
    rows = rows[: inside[-1] + 1]
    cells = 4 if stage.pooling == "grid" else 1
    return [*rows, replace(_pooled(rows[-1], cells), kind=POOLINGS[stage.pooling])]


def _pooled(row: LayerRow, cells: int = 1) -> LayerRow:
    """What comes behind `row` where its places are pooled."""
    shape = (row.shape[0] * cells if row.shape else 0,)
    return LayerRow("pooling", "", shape, 0, row.receptive_field, None, None, 0)


def _crop_rows(head: Head, last: LayerRow) -> list[LayerRow]:
    """What judges embeddings: a machine for each label, or dense layers and their softmax."""
    if head.layers is None:
        return _machines(head, last)
    pairs = zip(head.layers.weights, head.layers.biases, strict=True)
    rows = [
        replace(_pooled(last), name=f"head.{number}", kind="Linear", shape=(len(b),), parameters=w.numel() + len(b))
        for number, (w, b) in enumerate(pairs, 1)
    ]
    return [*rows, replace(rows[-1], name="softmax", kind="Softmax", parameters=0)]


def _machines(head: Head, last: LayerRow) -> list[LayerRow]:
    kind = f"SVM ({head.card.kernel})"
    return [
        LayerRow(
            f"svm.{label}",
            kind,
            (1,),
            part.support.numel() + part.coefficients.numel() + 1,
            last.receptive_field,
            None,
            None,
            0,
        )
        for label, part in zip(head.labels, head.crop, strict=True)
    ]


def _searching(head: Head, looked: LookedNetwork, rows: Sequence[LayerRow]) -> list[LayerRow]:
    """The dense parts: a linear SVM as a convolution over the map, and the regression of boxes."""
    assert looked.card is not None
    spatial = architectures.find_map_layer(looked.module, looked.input_size, looked.card.map_layer)
    inside = [row for row in rows if spatial and f"{row.name}.".startswith(f"{spatial[0]}.")]
    if not inside:
        return []
    source = inside[-1]
    found = []
    for label, part in zip(head.labels, head.dense, strict=True):
        _, high, wide = part.kernel.shape
        shape = (max(source.shape[1] - high + 1, 0), max(source.shape[2] - wide + 1, 0))
        field, stride, offset = source.receptive_field, source.stride, source.offset
        if field is not None and stride is not None and offset is not None:
            field, offset = field + (max(high, wide) - 1) * stride, offset + (high - 1) / 2 * stride
        for name, kind, count in (
            ("search", f"linear SVM {high} × {wide}", part.kernel.numel() + 1),
            ("boxes", "regression", part.box_weights.numel() + part.box_bias.numel()),
        ):
            outputs = 1 if name == "search" else len(part.box_bias)
            found.append(LayerRow(f"{name}.{label}", kind, (outputs, *shape), count, field, stride, offset, 0))
    return found
