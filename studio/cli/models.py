"""`studio models`: backbones and trackers, what is here and what can be had."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.manners import JsonFlag, Progress, print_json, say
from studio.core import catalogue
from studio.core.errors import InputError
from studio.core.files import size_text

app = typer.Typer(help="Backbones and trackers: what is here, and what can be had.", no_args_is_help=True)

Triple = Annotated[str | None, typer.Option(help="Three numbers for red, green, blue (0…1): r,g,b.")]


@app.command("list")
def list_models(json: JsonFlag = False) -> None:
    """List weights with their size, licence and sha256."""
    rows = _rows()
    if json:
        print_json({"models": rows})
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        start = f"{row['name']:{width}}  {row['kind']:8}  {row['state']:9}  {size_text(row['bytes']):>10}"
        print(f"{start}  {row['sha256'][:12]:12}  {row['licence']}")
    say("get one with: studio models get NAME (sha256 is cut here, --json has it whole)")


@app.command()
def get(name: Annotated[str, typer.Argument(help="A name from studio models list.")]) -> None:
    """Download weights into the user's cache folder."""
    if wanted := catalogue.item(name):
        _announce(name, wanted.licence, wanted.bytes)
        with Progress(f"getting {name}") as control:
            folder = catalogue.get(wanted, control)
    else:
        folder = _get_torchvision(name)
    print(f"{name}: {folder}")


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A file of weights: .onnx, .safetensors or .pth.")],
    name: Annotated[str | None, typer.Option(help="What to call it; default: the file's name.")] = None,
    architecture: Annotated[str | None, typer.Option(help="The torchvision network a state dict is for.")] = None,
    classes: Annotated[int, typer.Option(min=1, help="Outputs of its classifier.")] = 1000,
    output: Annotated[str | None, typer.Option(help="The output of an ONNX graph that holds the features.")] = None,
    input_size: Annotated[
        int, typer.Option(min=8, max=4096, help="Side of the crops it was made for, in pixels.")
    ] = 224,
    mean: Triple = None,
    std: Triple = None,
) -> None:
    """Install a file fetched by other means (it is verified), or your own weights as a backbone."""
    if not file.is_file():
        raise InputError(f"there is no file {file}")
    if known := catalogue.add(file):
        missing = [entry.name for entry in known.files.values() if not (known.folder / entry.name).is_file()]
        print(f"{known.name}: {known.folder}")
        if missing:
            say(f"{known.name} also needs {', '.join(missing)}: studio models get {known.name}")
        return
    from studio.ml.backbones import install

    if published := install.known_file(file.name):
        folder = install.adopt(file, published)
    else:
        facts: dict[str, Any] = {"input_size": input_size}
        facts |= {key: _triple(text) for key, text in (("mean", mean), ("std", std)) if text is not None}
        if file.suffix == ".onnx":
            folder = install.add_graph(file, name or file.stem, facts | {"output": output})
        elif architecture is None:
            raise InputError(f"{file} needs --architecture NAME: the torchvision network its weights are for")
        else:
            facts |= {"architecture": architecture, "classes": classes}
            folder = install.add_state_dict(file, name or file.stem, facts)
    print(f"{folder.name}: {folder}")


def _get_torchvision(name: str) -> Path:
    from studio.ml.backbones import architectures, install, loading

    here = loading.installed().get(name)
    if name not in architectures.names():
        if here:
            raise InputError(f"{name} did not come from elsewhere; it is in {here}")
        there_are = [item.name for item in catalogue.ITEMS] + architectures.names()
        raise InputError(f"unknown weights {name!r}; there are: {', '.join(there_are)}")
    if here and _is_whole(here):
        return here
    offered = install.published(name)
    _announce(name, offered.licence, offered.size)
    with Progress(f"getting {name}") as control:
        return install.get(offered, control)


def _is_whole(folder: Path) -> bool:
    from studio.ml.backbones.loading import verify

    try:
        verify(folder)
    except InputError:
        return False
    return True


def _announce(name: str, licence: str, size: int) -> None:
    say(f"{name}, {size_text(size)}, licence: {licence}")


def _triple(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        numbers = ()
    if len(numbers) != 3:
        raise InputError(f"mean and std are three numbers r,g,b, not {text!r}")
    return numbers


def _rows() -> list[dict[str, Any]]:
    from studio.core.paths import MODELS
    from studio.ml.backbones import architectures, install, loading
    from studio.ml.backbones.loading import verify

    rows = []
    here = loading.installed()
    for name, folder in here.items():
        try:
            card = verify(folder)
        except InputError as error:  # one damaged folder must not hide the others
            rows.append(_row(name, "backbone", "damaged", 0, "", str(error), str(folder)))
            continue
        state = "bundled" if folder.parent == MODELS else "here"
        size = (folder / card.file).stat().st_size
        rows.append(_row(name, "backbone", state, size, card.sha256, card.licence, card.source))
    for item in catalogue.ITEMS:
        if item.name not in here:
            state = "here" if item.is_here else "to be had"
            digests = " ".join(file.sha256 for file in item.files.values())
            urls = " ".join(file.url for file in item.files.values())
            rows.append(_row(item.name, item.kind, state, item.bytes, digests, item.licence, urls))
    for name in architectures.names():
        if name not in here:
            offered = install.published(name)
            rows.append(
                _row(
                    name, "backbone", "to be had", offered.size, offered.file.sha256, offered.licence, offered.file.url
                )
            )
    return rows


def _row(name: str, kind: str, state: str, size: int, sha256: str, licence: str, source: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "state": state,
        "bytes": size,
        "sha256": sha256,
        "licence": licence,
        "source": source,
    }
