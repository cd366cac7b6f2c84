"""`studio frames`: frames of a medium as pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import Progress, say
from studio.core.errors import InputError
from studio.core.files import making
from studio.core.media import Medium, Picture, open_medium
from studio.core.media.pictures import write_picture
from studio.core.media.recording import Recorder


def frames(
    source: Annotated[str, typer.Argument(help="A video, a folder of pictures, a picture, or camera:0.")],
    out_dir: Annotated[Path, typer.Argument(help="The folder for the pictures; made where it is missing.")],
    at: Annotated[str | None, typer.Option("--at", metavar="N,N,…", help="These frames, in any order.")] = None,
    start: Annotated[int, typer.Option("--start", help="The first frame.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    every: Annotated[int, typer.Option("--every", min=1, help="Only every N-th frame.")] = 1,
) -> None:
    """Write frames as PNG pictures named by their number; their names go to standard output.

    Of a camera it makes a recording: a folder that the other commands take as a medium, with the times of its frames.
    """
    if at is not None and (start, end, every) != (0, None, 1):
        raise InputError("--at names the frames by itself; leave out --start, --end and --every")
    with open_medium(source) as medium:
        if medium.note:
            say(f"note: {medium.note}")
        if medium.live:
            _record(medium, out_dir, at, start, end, every)
            return
        numbers, pictures = _chosen(medium, at, start, end, every)
        with making(out_dir):
            _refuse_existing(out_dir, numbers)
            out_dir.mkdir(parents=True, exist_ok=True)
        done = 0
        with Progress("frames") as control:
            for done, (number, picture) in enumerate(pictures, 1):
                path = out_dir / _name(number)
                write_picture(path, picture)
                print(path, flush=True)
                control.progress(done / len(numbers), _name(number))
    say(f"{done} {'frame' if done == 1 else 'frames'} written to {out_dir}")


Frames = Iterable[tuple[int, Picture]]


def _record(camera: Medium, folder: Path, at: str | None, start: int, end: int | None, every: int) -> None:
    if at is not None or end is None:
        raise InputError(f"{camera.source} is live and has no last frame; say with --end when to stop")
    with Recorder(folder) as recorder, Progress("recording") as control:
        for number, picture in takewhile(lambda frame: frame[0] <= end, camera.frames(start, end, every)):
            recorder.add(picture, camera.time(number))
            control.progress(min(1.0, (number + 1) / (end + 1)), f"frame {recorder.frame_count}")
    print(folder)
    say(f"{recorder.frame_count} frames of {camera.source} recorded in {folder}")


def _chosen(
    medium: Medium, at: str | None, start: int, end: int | None, every: int
) -> tuple[list[int] | range, Frames]:
    """The numbers, all of them checked, and the frames in that order."""
    if at is None:
        return medium.numbers(start, end, every), medium.frames(start, end, every)
    numbers = _parse(at)
    for number in numbers:
        medium.check(number)
    return numbers, _each(medium, numbers)


def _each(medium: Medium, numbers: list[int]) -> Iterator[tuple[int, Picture]]:
    for number in numbers:
        yield number, medium.frame(number)


def _parse(text: str) -> list[int]:
    """Sorted, each once: the order in which a video is read fastest."""
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise InputError(f"--at takes frame numbers with commas between, like 0,25,50, not {text!r}") from None


def _refuse_existing(folder: Path, numbers: Iterable[int]) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder for the pictures")
    existing = next((folder / _name(number) for number in numbers if (folder / _name(number)).exists()), None)
    if existing is not None:
        raise InputError(f"{existing} exists already; nothing is overwritten, choose another folder or move it away")


def _name(number: int) -> str:
    return f"{number:06}.png"
