"""`studio heads`: the named heads of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.errors import InputError, StudioError
from studio.core.head_files import export_head, import_head
from studio.core.project import Project
from studio.core.project.heads import active_head, head_names, known_head, read_head_facts, set_active_head
from studio.core.project.row_checks import printable
from studio.core.run_files import delete_named_head, rename_named_head

MOST_LABELS = 12  # that a line names; a network as it is may know a thousand

app = typer.Typer(
    help="List, choose, rename and delete the heads of a project; write one to a file, bring one from elsewhere.",
    no_args_is_help=True,
)


@app.command("list")
def list_heads(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    json: JsonFlag = False,
) -> None:
    """The named heads, with what they were trained on."""
    heads: list[dict[str, Any]] = []
    with Project.open(project) as opened:
        names, active = head_names(opened), active_head(opened)
        for name in names:
            try:
                heads.append(read_head_facts(opened, name) | {"active": name == active})
            except InputError as error:  # one bad head must not hide the others
                say(f"the head {name} cannot be used: {error}")
    if json:
        print_json(heads)
        return
    if not names:
        say(f"no heads yet; make one: studio fit {project}")
    for head in heads:
        more = f" and {len(head['labels']) - MOST_LABELS:,} more" * (len(head["labels"]) > MOST_LABELS)
        labels = ", ".join(head["labels"][:MOST_LABELS]) + more
        chosen = ", active" if head["active"] else ""
        print(printable(f"{head['name']}: {labels} on {head['backbone']}, history position {head['history']}{chosen}"))


@app.command("export")
def export(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str, typer.Argument(help="The head's name.")],
    file: Annotated[Path, typer.Argument(help="NAME.zip, for this program; NAME.onnx, for any other.")],
) -> None:
    """Write a head to one file; as ONNX with its weights, its card and a self-test beside it."""
    with Project.open(project) as opened:
        folder = known_head(opened, name)
        if file.suffix != ".onnx":
            export_head(folder, file)
            print(file)
            return
    from studio.ml.head_export import export_onnx
    from studio.ml.heads.head import load_head

    with Progress("export") as control:
        exported = export_onnx(load_head(folder), file, control)
    print("\n".join(map(str, exported.files)))
    for runtime, difference in exported.differences.items():
        if difference is not None:
            say(f"{runtime}: scores differ from the head's by at most {difference:.1g}")
    if exported.problems:
        raise StudioError(f"{file} was written, but {'; '.join(exported.problems)}")


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


@app.command("use")
def use(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str | None, typer.Argument(help="The head's name; without it: the newest again.")] = None,
) -> None:
    """Choose the head that the window and the commands detect with. A choice, no edit: undo does not know it."""
    with Project.open(project, write=True) as opened:
        set_active_head(opened, name)


@app.command("rename")
def rename(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str, typer.Argument(help="The head's name.")],
    new: Annotated[str, typer.Argument(help="What to call it.")],
) -> None:
    """Call a head something else; the run that made it says so too."""
    with Project.open(project, write=True) as opened:
        rename_named_head(opened, name, new)


@app.command("delete")
def delete(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str, typer.Argument(help="The head's name.")],
    sure: Annotated[bool, typer.Option("--yes", help="There is no undo for files; say that you mean it.")] = False,
) -> None:
    """Delete the files of a head. They do not come back."""
    with Project.open(project, write=True) as opened:
        known_head(opened, name)
        if not sure:
            raise InputError(f"deleting {name} cannot be undone; say --yes, or export it first: studio heads export")
        delete_named_head(opened, name)


@app.command("diff")
def diff_data(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str, typer.Argument(help="The head's name.")],
    other: Annotated[str | None, typer.Argument(help="Another head; without it: the project as it is now.")] = None,
    json: JsonFlag = False,
) -> None:
    """What changed since the data that a head was trained on: regions added, removed, relabelled, moved."""
    from studio.cli.data_sets import show_diff

    show_diff(project, name, other, json)


@app.command("restore")
def restore_data(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str, typer.Argument(help="The head's name.")],
    only_look: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
) -> None:
    """Let the project hold again what a head was trained on: one more step of the history, which undo takes back."""
    from studio.cli.data_sets import restore_data_of

    restore_data_of(project, name, only_look)


@app.command("enrol")
def enrol_labels(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    head: Annotated[str, typer.Argument(help="A head that the recipe embedding trained.")],
    name: Annotated[str, typer.Option("--name", help="Of the new head.")],
    device: DeviceOption = "auto",
) -> None:
    """A head that knows the labels of today in the embedding of another one: means of crops, nothing is trained."""
    with Project.open(project) as opened, Progress("enrol") as control:
        from studio.ml.recipes.identities import enrol

        made, notes = enrol(opened, head, name, device, control)
    for note in notes:
        say(f"note: {note}")
    print(printable(f"head {name}: {', '.join(made.labels)}"))


@app.command("verify")
def verify_pair(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    head: Annotated[str, typer.Argument(help="A head that the recipe embedding trained.")],
    first: Annotated[int, typer.Argument(help="Id of a region, see: studio crops --json")],
    second: Annotated[int, typer.Argument(help="Id of another one.")],
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Whether two crops show the same, by the distance of their embeddings."""
    with Project.open(project) as opened, Progress("verify") as control:
        from studio.ml.recipes.identities import verify

        found = verify(opened, head, (first, second), device, control)
    if json:
        print_json(found._asdict())
        return
    word = "same" if found.same else "different"
    print(f"{word}: distance {found.distance:.3f}, the same up to {found.threshold:.3f}")
