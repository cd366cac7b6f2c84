"""`studio demo`: the main job on a generated clip whose truth is known."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from studio.cli.manners import DeviceOption, Progress, SeedOption, say
from studio.core.errors import InputError
from studio.core.files import making


def demo(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="A new folder; studio-demo, studio-demo-2, … by itself."),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Open no window; make a picture of it, window.png, instead.")
    ] = False,
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
) -> None:
    """Do the main job on a generated clip with known truth, then show it in the window, where there is a display."""
    folder = _free_folder() if out is None else out
    _refuse_used(folder)
    from studio.ml.backbones.loading import load_backbone
    from studio.ml.demo import run_demo
    from studio.ml.device import choose

    compute = choose(device)
    say(compute.reason)
    with making(folder):
        folder.mkdir(parents=True, exist_ok=True)
    backbone = load_backbone(None, compute)
    _show(run_demo(folder, backbone, seed, _stage), folder)
    _show_window(folder, headless)


def _show_window(folder: Path, headless: bool) -> None:
    """Open the window on the demo's project until it is closed; without a display write a picture of it."""
    from studio.cli.grab import grab_window
    from studio.cli.opening import has_display, open_window

    if not headless and has_display() and os.environ.get("QT_QPA_PLATFORM") != "offscreen":
        say("the window opens on the demo's project; close it to end")
        open_window(folder / "project")  # which ends the process
    say("taking a picture of the window …")
    if grab_window(folder / "project", folder / "window.png"):
        print(f"\nThe window, as it opens on this project: {folder / 'window.png'}")
    else:
        say("no picture of the window could be taken; studio doctor says what is missing")


def _stage(title: str) -> Progress:
    say(f"{title} …")
    return Progress(title)


def _free_folder() -> Path:
    names = (f"studio-demo-{number}" if number > 1 else "studio-demo" for number in count(1))
    return next(path for path in map(Path, names) if not path.exists())


def _refuse_used(folder: Path) -> None:
    with making(folder):
        used = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if used:
        raise InputError(f"{folder} is not an empty folder; choose a new one with --out, nothing is overwritten")


def _show(report: dict[str, Any], folder: Path) -> None:
    console = Console(highlight=False, markup=False)
    label, fit = report["label"], report["fit"]
    held_out = "" if fit["f1"] is None else f"; F1 {fit['f1']:.3f} on held-out blocks of them"
    console.print(
        f"\nfrom one box: {label['frames']} frames followed in {label['seconds']:.1f} s, mean IoU with the truth "
        f"{label['mean_iou']:.2f}\n"
        f"trained on {fit['positives']} crops of the flower and {fit['negatives']} of the rest in "
        f"{fit['seconds']:.1f} s{held_out}\njudged on the second half of the clip, which was not trained on:\n"
    )
    console.print(_table(report["modes"]))
    console.print(_meaning(report["modes"]["dense"], folder))
    console.print(_next_steps(), soft_wrap=True)


def _table(modes: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("mode")
    for title in ("precision", "recall", "F1", "mean IoU", "presence", "false while away", "fps"):
        table.add_column(title, justify="right", min_width=4)
    for name, scores in modes.items():
        table.add_row(
            name,
            *(f"{scores[key]:.3f}" for key in ("precision", "recall", "f1", "mean_iou")),
            f"{scores['presence']['recall']:.3f}",
            str(scores["away_false_positives"]),
            f"{scores['fps']:.1f}",
        )
    return table


def _meaning(dense: dict[str, Any], folder: Path) -> str:
    return (
        f"\nMode dense, the default of detect, found the flower on {dense['recall']:.0%} of the frames that show it, "
        f"and {dense['precision']:.0%} of what it said was right: its box and the true one share half of their area "
        "(IoU 0.5). Presence asks only whether the flower is inside a window; the other three modes can say no more, "
        "they look through a few large windows and are quick.\n\n"
        f"Look at {folder / 'label.png'}, {folder / 'detect.png'} and {folder / 'detect.mp4'}; then try a clip of your "
        "own. The box of your thing on its first frame is x,y,width,height in pixels, as a picture viewer shows them:\n"
    )


def _next_steps() -> str:
    steps = (
        "frames CLIP pictures --at 0",
        "new mine",
        "label mine CLIP --box X,Y,W,H --label thing",
        "fit mine",
        "detect mine CLIP --render found.mp4",
    )
    return "\n".join(f"  {_program()} {step}" for step in steps)


def _program() -> str:
    """How this program is called from where the user is: by name where the shell finds it, else by its path."""
    beside = Path(sys.executable).with_name("studio")
    if shutil.which("studio") or not shutil.which(beside):
        return "studio"
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))
