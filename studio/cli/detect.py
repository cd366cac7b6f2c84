"""`studio detect`: run a head over a medium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
import typer

from studio.cli.applying import load_for, say_what_is_searched, start_box
from studio.cli.manners import DeviceOption, Progress, say
from studio.core.detections_file import STDOUT, DetectionsHeader, DetectionsWriter
from studio.core.draw import draw_detections, label_colors
from studio.core.errors import InputError, StudioError
from studio.core.media import open_medium
from studio.core.media.medium import Medium, Picture
from studio.core.media.writer import VideoWriter
from studio.core.plugins import search_modes
from studio.core.project import Project

if TYPE_CHECKING:
    from studio.ml.detecting import Found


def detect(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[str, typer.Argument(help="A video, a picture, a folder of pictures, or camera:0.")],
    head: Annotated[str | None, typer.Option("--head", help="Its name; the newest by default.")] = None,
    mode: Annotated[str, typer.Option("--mode", help=f"One of: {', '.join(search_modes.names)}.")] = "dense",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.jsonl", help="- for standard output.")] = None,
    render: Annotated[Path | None, typer.Option("--render", metavar="FILE.mp4", help="A video with boxes.")] = None,
    start: Annotated[int, typer.Option("--start", help="The first frame.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    device: DeviceOption = "auto",
) -> None:
    """Find what a head was trained on; writes a line for every frame, or a video with boxes."""
    search_modes[mode]
    _check_outputs(source, out, render)
    with Project.open(project) as opened, open_medium(source) as medium:
        if medium.note:
            say(f"note: {medium.note}")
        if not medium.live:
            medium.numbers(start, end)
        loaded, backbone = load_for(opened, head, device)
        from studio.ml.detecting import detect_frames
        from studio.ml.search.base import make_search

        search = make_search(mode, loaded, backbone, start_box(opened, medium, mode, loaded.labels, start))
        say_what_is_searched(loaded, search, medium)
        header = DetectionsHeader(loaded.card.name, backbone.name, source, mode, tuple(loaded.labels))
        with Progress("detect") as control:
            found = detect_frames(medium, search, start, end, control)
            count = _write(found, header, medium, out, render)
    speed = f"the search alone at {count[0] / max(count[2], 1e-9):.1f} frames a second"
    say(f"{count[0]} frames, {count[1]} of them with a detection, {speed}")


def _check_outputs(source: str, out: Path | None, render: Path | None) -> None:
    """Refuse before any work what could not be written after it."""
    files = [path for path in (out, render) if path is not None and path != STDOUT]
    for path in files:
        if path.exists() and Path(source).exists() and path.resolve() == Path(source).resolve():
            raise InputError(f"{path} is the source itself; write to another file")
        if path.is_dir() or not path.parent.is_dir():
            raise InputError(f"cannot write {path}: {'it is a folder' if path.is_dir() else 'its folder is not there'}")
        if path.exists() or path.is_symlink():
            raise InputError(f"{path} is there already; nothing is overwritten, choose another name")
    if render is not None and render.suffix.lower() != ".mp4":
        raise InputError(f"--render writes MP4 only, so {render} must end in .mp4")
    if len(files) == 2 and files[0].resolve() == files[1].resolve():
        raise InputError(f"{out} cannot be both the detections and the video; name two files")


def _write(
    found: Iterator[Found], header: DetectionsHeader, medium: Medium, out: Path | None, render: Path | None
) -> tuple[int, int, float]:
    """Write what is asked for; returns the frames, those with a detection, and the seconds of the search.

    What is finished is kept, the video too: whatever ends the work is raised once the files are complete.
    """
    from studio.ml.detecting import DECISION

    colors = label_colors(len(header.labels))
    frames = hits = 0
    seconds = 0.0
    problem: BaseException | None = None
    with ExitStack() as files:
        lines = files.enter_context(DetectionsWriter(out, header)) if out else None
        video = None
        try:
            for each in found:
                decided = each.detections.above(DECISION)
                if lines:
                    lines.write(each.frame, each.time, decided)
                if render:
                    drawn = draw_detections(each.picture, decided, header.labels, colors, DECISION)
                    if video is None:
                        video = files.enter_context(VideoWriter(render, medium.rate, _size(drawn)))
                    video.write(_fitted(drawn, video.size))
                frames, hits, seconds = frames + 1, hits + bool(len(decided)), seconds + each.seconds
        except BaseException as error:  # raised again below
            if not frames:
                raise
            problem = error
    if isinstance(problem, InputError):
        raise StudioError(f"{problem}; {frames} frames were finished") from problem  # something was changed
    if problem:
        raise problem
    return frames, hits, seconds


def _size(picture: Picture) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]


def _fitted(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture of another size than the video's, scaled to fit and centred on black."""
    if _size(picture) == size:
        return picture
    scale = min(wanted / extent for wanted, extent in zip(size, _size(picture), strict=True))
    width, height = (max(round(extent * scale), 1) for extent in _size(picture))
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return canvas
