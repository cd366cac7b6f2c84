"""`studio features`: filters and feature maps of a picture, to look at and as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import DeviceOption, Progress, say


def features(
    image: Annotated[Path, typer.Argument(help="A picture.")],
    out_dir: Annotated[Path, typer.Argument(help="The folder for the files; made where it is missing.")],
    backbone: Annotated[str | None, typer.Option("--backbone", help="A network; by itself the bundled one.")] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", help="As `studio layers` lists it; may be given often. By itself: all stages."),
    ] = None,
    longest: Annotated[
        int, typer.Option("--longest", min=32, max=1024, help="Pixels of the picture's longer side in the network.")
    ] = 224,
    device: DeviceOption = "auto",
) -> None:
    """Write the first filters and the feature maps as sheets of pictures, and the values as features.npz.

    Without --layer the last layer of each stage of the network is written, and stages.png with all of them.
    """
    from studio.core.feature_files import file_name, save_features
    from studio.core.media.pictures import read_picture
    from studio.ml.device import choose
    from studio.ml.looking.maps import look, rows_for
    from studio.ml.looking.network import load_looked
    from studio.ml.looking.sheets import filter_sheet, map_sheets
    from studio.ml.looking.stages import stage_layers, strip, strip_picture

    picture = read_picture(image)
    compute = choose(device)
    say(compute.reason)
    network = load_looked(backbone, compute)
    if network.note:
        say(f"note: {network.note}")
    names = list(dict.fromkeys(layer or stage_layers(rows_for(network, (picture.shape[1], picture.shape[0]), longest))))
    found = look(network, picture, names, longest)
    with Progress("features") as control:
        pictures = filter_sheet(network)
        for done, name in enumerate(names):
            control.progress(done / len(names), name)
            for number, sheet in enumerate(map_sheets(found[name]), 1):
                pictures[f"maps-{file_name(name)}{f'-{number}' if number > 1 else ''}"] = sheet
        if not layer:
            pictures["stages"] = strip_picture(strip(network, picture, [found[name] for name in names]))
        arrays = {name: found[name].values for name in names}
        for path in save_features(out_dir, pictures, arrays, "features"):
            print(path)
    say(f"{len(names)} {'layer' if len(names) == 1 else 'layers'} of {network.name} written to {out_dir}")
