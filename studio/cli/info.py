"""`studio info`: what a project holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from studio.cli.manners import JsonFlag, print_json
from studio.core.project import Project
from studio.core.project.counts import counts
from studio.core.project.heads import head_names


def info(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    json: JsonFlag = False,
) -> None:
    """Count what the project holds by medium, label, track, split and source."""
    with Project.open(project) as opened:
        document = _document(opened)
    if json:
        print_json(document)
    else:
        _show(document)


def _document(project: Project) -> dict[str, Any]:
    counted = counts(project)
    names = {label.id: label.name for label in project.labels()}
    paths = {medium.id: medium.path for medium in project.media()}
    return {
        "project": project.name,
        "folder": str(project.folder),
        "regions": counted.labels,
        "other_regions": counted.others,
        "media": [
            {
                "path": medium.path,
                "kind": medium.kind,
                "frames": medium.frames,
                "width": medium.width,
                "height": medium.height,
                "regions": counted.media.get(medium.id, 0),
            }
            for medium in project.media()
        ],
        "tracks": [
            {
                "id": track.id,
                "label": names.get(track.label, "?"),
                "medium": paths.get(track.medium, "?"),
                "regions": counted.tracks.get(track.id, 0),
            }
            for track in project.tracks()
        ],
        "splits": counted.splits,
        "sources": counted.authors,
        "near_duplicates": counted.near_duplicates,
        "heads": head_names(project),
        "history": project.position,
    }


def _show(document: dict[str, Any]) -> None:
    console = Console(highlight=False, markup=False)
    console.print(f"{document['project']} · {document['folder']} · {document['history']} lines of history")
    _table(console, ("label", "regions"), document["regions"].items())
    media = [
        (m["path"], m["kind"], m["frames"], f"{m['width']}×{m['height']}" if m["width"] else "several", m["regions"])
        for m in document["media"]
    ]
    _table(console, ("medium", "kind", "frames", "size", "regions"), media)
    tracks = [(str(t["id"]), t["label"], t["medium"], t["regions"]) for t in document["tracks"]]
    _table(console, ("track", "label", "medium", "regions"), tracks)
    _table(console, ("source", "regions"), document["sources"].items())
    _table(console, ("split", "regions"), document["splits"].items())
    _table(console, ("head",), [(name,) for name in document["heads"]])


def _table(console: Console, titles: tuple[str, ...], rows: Any) -> None:  # noqa: ANN401 - any rows of cells
    table = Table(box=None, pad_edge=False, header_style="dim")
    numbers = {"regions", "frames"}
    for title in titles:
        table.add_column(title, justify="right" if title in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else cell for cell in row))
    if table.row_count:
        console.print()
        console.print(table)
