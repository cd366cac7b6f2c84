"""`studio heads`: the named heads of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.manners import JsonFlag, print_json, say
from studio.core.errors import InputError
from studio.core.head_files import export_head, import_head
from studio.core.project import Project
from studio.core.project.heads import head_folder, head_names, read_head_facts
from studio.core.project.rows import printable

app = typer.Typer(
    help="List the heads of a project, write one to a file, bring one from another project.", no_args_is_help=True
)


@app.command("list")
def list_heads(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    json: JsonFlag = False,
) -> None:
    """The named heads, with what they were trained on."""
    heads: list[dict[str, Any]] = []
    with Project.open(project) as opened:
        names = head_names(opened)
        for name in names:
            try:
                heads.append(read_head_facts(opened, name))
            except InputError as error:  # one bad head must not hide the others
                say(f"the head {name} cannot be used: {error}")
    if json:
        print_json(heads)
        return
    if not names:
        say(f"no heads yet; make one: studio fit {project}")
    for head in heads:
        labels = ", ".join(head["labels"])
        print(printable(f"{head['name']}: {labels} on {head['backbone']}, history position {head['history']}"))


@app.command("export")
def export(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str, typer.Argument(help="The head's name.")],
    file: Annotated[Path, typer.Argument(help="The file to write, NAME.zip.")],
) -> None:
    """Write a head to one file."""
    with Project.open(project) as opened:
        if name not in (names := head_names(opened)):
            raise InputError(f"unknown head {name!r}; there are: {', '.join(names) or 'none'}")
        export_head(head_folder(opened, name), file)
    print(file)


@app.command("import")
def import_(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    file: Annotated[Path, typer.Argument(help="A head written by studio heads export.")],
    name: Annotated[str | None, typer.Option("--name", help="Its name here; the one it had by default.")] = None,
) -> None:
    """Bring a head from another project."""
    with Project.open(project, write=True) as opened:
        from studio.ml.heads.head import load_head

        print(import_head(opened, file, name, verify=load_head))
