"""`studio media`: the media of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import JsonFlag, Progress, print_json, say
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.media import add_medium, copy_in, medium_named, remove_medium
from studio.core.project.relinking import relink, unavailable
from studio.core.project.row_checks import printable

app = typer.Typer(help="List, add and remove media; find again those that were moved.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]


@app.command("list")
def list_media(project: Folder, json: JsonFlag = False) -> None:
    """The media, and which of them cannot be read now."""
    with Project.open(project) as opened:
        problems = {row.id: why for row, why in unavailable(opened)}
        media = [
            {
                "path": row.path,
                "kind": row.kind,
                "frames": row.frames,
                "width": row.width,
                "height": row.height,
                "problem": problems.get(row.id),
            }
            for row in opened.media()
        ]
    if json:
        print_json(media)
        return
    for medium in media:
        print(printable(f"{medium['path']}: {medium['kind']}, {medium['frames']} frames"))
        if medium["problem"]:
            say(f"note: {medium['problem']}")


@app.command("add")
def add(
    project: Folder,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A video, a picture or a folder of pictures.")],
    copy: Annotated[bool, typer.Option("--copy", help="Copy it into the project's folder first.")] = False,
) -> None:
    """Add a medium; the same content is added once."""
    if str(source).startswith("camera:"):
        raise InputError(f"record {source} first: studio frames {source} FOLDER --end N; then add that folder")
    with Project.open(project, write=True) as opened:
        from studio.core.media import open_medium
        from studio.core.media.picture_size import common_size

        with open_medium(source, opened.cache) as medium:  # what cannot be read is refused before it is copied
            facts = medium.kind, medium.frame_count, *common_size(medium)
        row = add_medium(opened, copy_in(opened, source) if copy else source, *facts)
    print(printable(row.path))


@app.command("remove")
def remove(
    project: Folder, medium: Annotated[str, typer.Argument(metavar="MEDIUM", help="Its path, name or id.")]
) -> None:
    """Take a medium out of the project with its regions; the file stays."""
    with Project.open(project, write=True) as opened:
        planned = remove_medium(opened, medium_named(opened, medium))
        opened.apply(planned.edit)
    print(printable(planned.sentence))


@app.command("relink")
def find_again(
    project: Folder,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look, folders in it too.")],
    json: JsonFlag = False,
) -> None:
    """Find missing media by their content."""
    with Project.open(project, write=True) as opened, Progress("relink") as control:
        result = relink(opened, folder, control)
    if not result.complete:
        say(f"note: {folder} has too many files; not all were looked at, choose a smaller folder")
    for _, why in result.changed:
        say(f"note: {why}")
    if json:
        found = [{"path": row.path, "found": str(path)} for row, path in result.found]
        print_json({"found": found, "missing": [row.path for row in result.missing], "complete": result.complete})
        return
    for _, path in result.found:
        print(printable(f"found: {path}"))
    for row in result.missing:
        print(printable(f"still missing: {row.path}"))
    if not result.found and not result.missing:
        print("no media are missing")
