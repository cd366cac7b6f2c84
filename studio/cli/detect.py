"""`studio detect`: run a head over a medium, or over all media of a folder."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.applying import load_for, say_what_is_searched, search_area, start_box
from studio.cli.manners import DeviceOption, Progress, say
from studio.core.clip_report import ClipReport, accept
from studio.core.detections_file import STDOUT, DetectionsHeader
from studio.core.errors import InputError, StudioError
from studio.core.files import making
from studio.core.found_files import FoundFiles
from studio.core.found_table import DetectionsCsv, FoundTrack, write_tracks_csv
from studio.core.media import Medium, open_medium
from studio.core.media.camera import PREFIX
from studio.core.media.folder import media_in
from studio.core.media.picture_size import common_size
from studio.core.plugins import search_modes
from studio.core.project import Project
from studio.core.project.media import add_medium

if TYPE_CHECKING:
    from studio.ml.backbones.base import Backbone
    from studio.ml.heads.head import Head


def detect(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[str, typer.Argument(help="A video, a picture, a folder of pictures or of media, or camera:0.")],
    head: Annotated[str | None, typer.Option("--head", help="Its name; the newest by default.")] = None,
    mode: Annotated[str, typer.Option("--mode", help=f"One of: {', '.join(search_modes.names)}.")] = "dense",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.jsonl", help="- for standard output.")] = None,
    render: Annotated[Path | None, typer.Option("--render", metavar="FILE.mp4", help="A video with boxes.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE.csv", help="A line for every detection.")] = None,
    tracks: Annotated[
        Path | None, typer.Option("--tracks", metavar="FILE.csv", help="A line for every object, counted.")
    ] = None,
    accepting: Annotated[bool, typer.Option("--accept", help="Counted objects become regions.")] = False,
    start: Annotated[int, typer.Option("--start", help="The first frame.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The last frame, itself included.")] = None,
    device: DeviceOption = "auto",
) -> None:
    """Find what a head was trained on; writes a line for every frame, tables of what was found, a video with boxes.

    Of a folder of media, --out and --render name new folders, which get a file for each medium.
    """
    search_modes[mode]
    places = [str(path) for path in media_in(Path(source))]
    outputs = _Outputs(out, render, csv, tracks, accepting, several=bool(places))
    outputs.check(source)
    with Project.open(project, write=accepting) as opened:
        if places:
            _Run(opened, head, mode, start, end, device, outputs).all(places)
        else:
            _Run(opened, head, mode, start, end, device, outputs).one(source)


@dataclass(frozen=True)
class _Outputs:
    """What is asked for."""

    out: Path | None
    render: Path | None
    csv: Path | None
    tracks: Path | None
    accepting: bool
    several: bool

    @property
    def counting(self) -> bool:
        return bool(self.csv or self.tracks or self.accepting)

    def check(self, source: str) -> None:
        """Refuse before any work what could not be written after it."""
        files = [path for path in (self.out, self.render, self.csv, self.tracks) if path is not None and path != STDOUT]
        for path in files:
            if path.exists() and Path(source).exists() and path.resolve() == Path(source).resolve():
                raise InputError(f"{path} is the source itself; write to another file")
            if path.is_dir() or not path.parent.is_dir():
                what = "it is a folder" if path.is_dir() else "its folder is not there"
                raise InputError(f"cannot write {path}: {what}")
            if path.exists() or path.is_symlink():
                raise InputError(f"{path} is there already; nothing is overwritten, choose another name")
        if self.render is not None and not self.several and self.render.suffix.lower() != ".mp4":
            raise InputError(f"--render writes MP4 only, so {self.render} must end in .mp4")
        if len({path.resolve() for path in files}) < len(files):
            raise InputError(f"{files[0]} cannot be two outputs, the detections and the video; name two files")
        if self.accepting and source.startswith(PREFIX):
            raise InputError(f"--accept needs frames that can be seen again; record {source} first: studio frames")

    def of(self, source: str) -> tuple[Path | None, Path | None]:
        """The detections file and the video of one medium."""
        if not self.several:
            return self.out, self.render
        name = Path(source).name
        out = self.out / f"{name}.jsonl" if self.out and self.out != STDOUT else self.out
        return out, self.render / f"{name}.mp4" if self.render else None


class _Run:
    """One head over one medium or several."""

    def __init__(
        self, project: Project, head: str | None, mode: str, start: int, end: int | None, device: str, outputs: _Outputs
    ) -> None:
        self._project, self._head, self._mode = project, head, mode
        self._start, self._end, self._device = start, end, device
        self._outputs = outputs
        self._loaded: tuple[Head, Backbone] | None = None
        self._found: list[tuple[str, list[FoundTrack]]] = []

    def one(self, source: str) -> None:
        with open_medium(source) as medium, self._tracks(), self._csv() as csv:
            self._search(medium, csv)

    def all(self, sources: list[str]) -> None:
        """Every medium of a folder; what cannot be read is said, and the others are searched.

        Raises:
            StudioError: at the end, where some could not be read.
        """
        self._load()
        for folder in (self._outputs.out, self._outputs.render):
            if folder and folder != STDOUT:
                with making(folder):
                    folder.mkdir()
        failed = 0
        with self._tracks(), self._csv() as csv:
            for source in sources:
                try:
                    with open_medium(source) as medium:
                        say(source)
                        self._search(medium, csv)
                except StudioError as error:
                    failed += 1
                    say(f"note: {error}")
        if failed:
            raise StudioError(f"{failed} of {len(sources)} media could not be searched to the end; see above")

    def _load(self) -> tuple[Head, Backbone]:
        self._loaded = self._loaded or load_for(self._project, self._head, self._device)
        return self._loaded

    def _search(self, medium: Medium, csv: DetectionsCsv | None) -> None:
        if medium.note:
            say(f"note: {medium.note}")
        if not medium.live:
            medium.numbers(self._start, self._end)
        head, backbone = self._load()
        from studio.ml.search.area import AreaSearch, shifted
        from studio.ml.search.base import Search, make_search
        from studio.ml.whole_clip import ClipSearch

        area = search_area(self._project, medium)
        box = start_box(self._project, medium, self._mode, head.labels, self._start)
        search: Search = make_search(self._mode, head, backbone, shifted(box, area, head, *medium.size))
        say_what_is_searched(head, search, medium)
        if area:
            search = AreaSearch(search, area, head)
        header = DetectionsHeader(head.card.name, backbone.name, medium.source, self._mode, tuple(head.labels))
        files = FoundFiles(header, medium.rate, *self._outputs.of(medium.source), csv)
        thresholds = {label.name: label.threshold for label in self._project.labels()}
        clip = ClipSearch(medium, search, head.labels, thresholds, counting=self._outputs.counting)
        try:
            with Progress("detect") as control:
                clip.run(self._start, self._end, files, control)
        finally:
            report = clip.report()
            if report.frames:
                self._found.append((medium.source, report.table))
        self._say(report)
        if self._outputs.accepting:
            self._accept(medium, report)

    def _say(self, report: ClipReport) -> None:
        speed = f"the search alone at {report.frames / max(report.seconds, 1e-9):.1f} frames a second"
        if self._outputs.counting:
            tally = Tally(line.label for line in report.table)
            counted = ", ".join(f"{count} {label}" for label, count in sorted(tally.items()))
            say(f"counted: {counted or 'nothing'}")
        say(f"{report.frames} frames, {report.hits} of them with a detection, {speed}")

    def _accept(self, medium: Medium, report: ClipReport) -> None:
        row = add_medium(self._project, Path(medium.source), medium.kind, medium.frame_count, *common_size(medium))
        edit = accept(self._project, row, report, report.tracks)
        if edit.changes:
            self._project.apply(edit, who="head")
        regions = sum(key.table == "regions" for key in edit.changes)
        say(f"{regions} {'region' if regions == 1 else 'regions'} accepted")

    def _csv(self) -> DetectionsCsv | nullcontext[None]:
        return DetectionsCsv(self._outputs.csv) if self._outputs.csv else nullcontext()

    @contextmanager
    def _tracks(self) -> Iterator[None]:
        """Write the counted tracks at the end, whatever ends the work, unless it was before the first frame."""
        try:
            yield
        finally:
            if self._outputs.tracks and self._found:
                write_tracks_csv(self._outputs.tracks, self._found)
