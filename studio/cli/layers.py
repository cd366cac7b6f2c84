"""`studio layers`: what a network is made of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.manners import JsonFlag, print_json, say
from studio.core.errors import InputError
from studio.core.project.row_checks import printable

if TYPE_CHECKING:
    from studio.ml.looking.layers import LayerRow
    from studio.ml.looking.listing import Listing


def layers(
    backbone: Annotated[
        str | None,
        typer.Option(help="A backbone, also one whose weights are not here; or lenet5, small-cnn, tiny-cnn."),
    ] = None,
    project: Annotated[Path | None, typer.Option(help="A project: the layers of a head of its.")] = None,
    head: Annotated[str | None, typer.Option(help="The head; the project's active one, else its newest.")] = None,
    file: Annotated[Path | None, typer.Option(help="An ONNX file.")] = None,
    json: JsonFlag = False,
) -> None:
    """List the layers of a network: name, kind, output shape, parameters, receptive field."""
    if sum(each is not None for each in (backbone, project, file)) > 1:
        raise InputError("give one of --backbone, --project and --file")
    if head is not None and project is None:
        raise InputError("a head is in a project: give --project too")
    found = _listing(backbone, project, head, file)
    if json:
        rows = [asdict(row) for row in found.rows]
        print_json({"name": found.name, "input_size": found.input_size, "parameters": found.parameters, "layers": rows})
        return
    if found.note:
        say(f"{found.name}: {found.note}")
    _print_table(found)


def _listing(backbone: str | None, project: Path | None, head: str | None, file: Path | None) -> Listing:
    from studio.ml.looking.listing import list_file, list_head, list_network

    if file is not None:
        return list_file(file)
    if project is None:
        return list_network(backbone)
    from studio.cli.applying import choose_head
    from studio.core.project import Project
    from studio.core.project.heads import head_folder
    from studio.ml.heads.head import load_head

    with Project.open(project) as opened:
        return list_head(load_head(head_folder(opened, choose_head(opened, head))))


def _print_table(found: Listing) -> None:
    table = [("layer", "kind", "output", "parameters", "sees", "every")]
    table += [
        (row.name, row.kind, _shape(row), f"{row.parameters:,}" if row.parameters else "", *_seen(row, found))
        for row in found.rows
    ]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        texts = [
            text.rjust(width) if column >= 3 else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        print(printable("  ".join(texts).rstrip()))
    side = found.input_size
    say(f"{found.parameters:,} parameters; outputs and fields in pixels are for a picture of {side} × {side}")


def _shape(row: LayerRow) -> str:
    """Channels × rows × columns."""
    return " × ".join(map(str, row.shape)) or "?"


def _seen(row: LayerRow, found: Listing) -> tuple[str, str]:
    """Receptive field and stride."""
    field = "?" if row.receptive_field is None else f"{row.receptive_field:,}"
    if row.receptive_field is not None and row.receptive_field >= found.input_size:
        field += " (all)"
    return field, "" if row.stride is None else str(row.stride)
