"""`studio filter`: a kernel, or a chain of steps, over a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import Progress
from studio.core.errors import InputError


def filter(
    image: Annotated[Path, typer.Argument(help="A picture.")],
    out: Annotated[Path, typer.Argument(help="The new picture; its suffix says the format.")],
    kernel: Annotated[
        str | None,
        typer.Option("--kernel", metavar='NAME|"NUMBERS"', help="The name of a preset, or 9, 25 or 49 numbers."),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option("--steps", metavar="FILE", help="A file of steps (./texture), or shipped ones by name (texture)."),
    ] = None,
) -> None:
    """Lay a kernel over a picture, channel by channel, and write what it gives in 8 bits, saturated.

    The kernel is not turned (a correlation, as OpenCV's filter2D); beyond the border the picture is mirrored without
    the border itself. With --kernel and --steps the kernel is the first step. Several maps at the end become tiles.
    """
    from studio.core.kernels.chain import Chain, Convolve, chain_called
    from studio.core.kernels.compute import run_chain
    from studio.core.kernels.kernel import parse_kernel
    from studio.core.kernels.sheets import sheet
    from studio.core.media.pictures import read_picture, write_picture

    if kernel is None and steps is None:
        raise InputError('say with --kernel NAME or --kernel "nine numbers", or with --steps FILE, what to compute')
    chain = None if steps is None else chain_called(steps)
    if kernel is not None:
        first = Convolve(kernels=(parse_kernel(kernel),))
        chain = Chain(steps=(first,)) if chain is None else chain.with_first(first)
    assert chain is not None
    if out.exists():
        raise InputError(f"{out} exists already; nothing is overwritten, choose another name")
    if not out.absolute().parent.is_dir():
        raise InputError(f"there is no folder {out.absolute().parent}; make it first")
    picture = read_picture(image)
    with Progress("filter") as control:
        write_picture(out, sheet(run_chain(chain, picture, control=control).maps))
    print(out)
