"""The media of a data set: pictures of one folder are one medium; videos lie there too, or the project knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.fingerprint import fingerprint
from studio.core.formats.data_set import DataMedium, DataSet
from studio.core.formats.from_project import media_by_name
from studio.core.formats.notes import Notes
from studio.core.media import open_medium
from studio.core.media.picture_size import common_size, picture_size
from studio.core.media.stills import list_pictures
from studio.core.project import MediumRow, Project, new_id
from studio.core.project.media import locate, reference


@dataclass(frozen=True, eq=False)
class FoundMedium:
    """A medium that regions go to.

    Attributes:
        row: as it is in the project, or will be.
        path: where it lies; None where the project has it already.
        files: of stills, by frame.
    """

    row: MediumRow
    path: Path | None
    files: tuple[Path, ...] = ()
    _sizes: dict[int, tuple[int, int]] = field(default_factory=dict)

    def size(self, frame: int) -> tuple[int, int]:
        """Width and height of a frame, zeros where it cannot be read."""
        if not self.files:
            return self.row.width, self.row.height
        if frame not in self._sizes:
            self._sizes[frame] = (picture_size(self.files[frame]) if frame < len(self.files) else None) or (0, 0)
        return self._sizes[frame]


@dataclass(frozen=True)
class FoundMedia:
    """Where the media of a data set are.

    Attributes:
        media: each once.
        places: of each medium of the data set that is there: the medium, and for a picture its frame.
    """

    media: tuple[FoundMedium, ...]
    places: Mapping[str, tuple[FoundMedium, int | None]]


def find_media(project: Project, data: DataSet, notes: Notes, control: Control) -> FoundMedia:
    """Look for all media of `data`; writes nothing into the project.

    Raises:
        InputError: one cannot be read, or there is not a single one.
    """
    finder = _Finder(project, control)
    folders: dict[Path, list[DataMedium]] = defaultdict(list)
    for medium in data.media.values():
        if medium.picture and medium.file is not None:
            folders[medium.file.parent].append(medium)
        elif not medium.picture:
            finder.add_named(medium, notes)
    for count, (folder, pictures) in enumerate(folders.items()):
        control.progress(count / len(folders), folder.name)
        finder.add_pictures(folder, pictures)
    if not finder.places:
        names = ", ".join(list(data.media)[:3])
        raise InputError(
            f"the data set has no picture or video that could be read ({names or 'it names none'}); put them beside it,"
            " or add them to the project first: studio media add"
        )
    return FoundMedia(tuple(finder.media.values()), finder.places)


class _Finder:
    def __init__(self, project: Project, control: Control) -> None:
        self._project, self._control = project, control
        self._known = media_by_name(project)
        self.media: dict[tuple[int, str], FoundMedium] = {}
        self.places: dict[str, tuple[FoundMedium, int | None]] = {}

    def add_pictures(self, folder: Path, pictures: list[DataMedium]) -> None:
        found = self._at(folder)
        frames = {path.name: frame for frame, path in enumerate(found.files)}
        for picture in pictures:
            assert picture.file is not None
            stem = picture.file.stem
            own = int(stem) if stem.isdecimal() else -1  # frames of a recording are called by their numbers
            self.places[picture.name] = found, frames.get(picture.file.name, own)

    def add_named(self, medium: DataMedium, notes: Notes) -> None:
        if medium.file is not None:
            self.places[medium.name] = self._at(medium.file), None
            return
        ends = [row for name, row in self._known.items() if medium.name.replace("\\", "/").endswith(f"/{name}")]
        row = self._known.get(medium.name) or (ends[0] if len(ends) == 1 else None)
        if row is None:
            notes.add("medium", "neither in the data set nor in the project, left out with its boxes", medium.name)
            return
        found = self.media.get((row.size, row.sha256))
        if found is None:
            files = list_pictures(locate(self._project, row)) if row.kind == "stills" else []
            found = self.media[row.size, row.sha256] = FoundMedium(row, None, tuple(files))
        self.places[medium.name] = found, None

    def _at(self, path: Path) -> FoundMedium:
        """The medium at a path: a row of the project where it has the same content."""
        self._control.checkpoint()
        real = path.resolve()
        key = fingerprint(real)
        if key not in self.media:
            with open_medium(real, self._project.cache) as medium:
                facts = medium.kind, *key, medium.frame_count, *common_size(medium)
            row = MediumRow(new_id(), reference(self._project.folder, real), *facts)
            known = next((row for row in self._known.values() if (row.size, row.sha256) == key), None)
            self.media[key] = FoundMedium(known or row, None if known else real, _files(real, row.kind))
        return self.media[key]


def _files(real: Path, kind: str) -> tuple[Path, ...]:
    if kind != "stills":
        return ()
    return tuple(list_pictures(real)) if real.is_dir() else (real,)
