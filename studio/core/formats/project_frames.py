"""The frames of a project's media by the names that a data set calls them, opened when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from studio.core.media import Medium, Picture, open_medium
from studio.core.media.picture_size import picture_size
from studio.core.media.stills import Stills
from studio.core.project import MediumRow, Project
from studio.core.project.media import locate


class ProjectFrames:
    """Use as a context manager.

    Args:
        project: open.
        rows: its media by name.
    """

    def __init__(self, project: Project, rows: Mapping[str, MediumRow]) -> None:
        self._project, self._rows = project, rows
        self._open = ExitStack()
        self._media: dict[str, Medium] = {}
        self._sizes: dict[Path, tuple[int, int]] = {}

    def file(self, name: str, frame: int) -> Path | None:
        """The picture's own file; None where frames are no files, or there is no such frame."""
        if self._rows[name].kind != "stills":
            return None
        medium = self._medium(name)
        return medium.files[frame] if isinstance(medium, Stills) and frame < medium.frame_count else None

    def size(self, name: str, frame: int) -> tuple[int, int]:
        """Width and height of a frame; zeros where the picture cannot be read.

        Raises:
            InputError: the medium is missing.
        """
        row = self._rows[name]
        if row.kind != "stills":
            return row.width, row.height
        file = self.file(name, frame)
        if file is None:
            return 0, 0
        if file not in self._sizes:
            self._sizes[file] = picture_size(file) or (0, 0)
        return self._sizes[file]

    def find(self, names: Iterable[str]) -> None:
        """Look whether all of these media are where they should be; raises `InputError` for the first that is not."""
        for name in names:
            locate(self._project, self._rows[name])

    def picture(self, name: str, frame: int) -> Picture:
        """The frame, uint8 RGB; of videos fastest in order.

        Raises:
            InputError: it cannot be read.
        """
        return self._medium(name).frame(frame)

    def _medium(self, name: str) -> Medium:
        if name not in self._media:
            path = locate(self._project, self._rows[name])
            self._media[name] = self._open.enter_context(open_medium(path, self._project.cache))
        return self._media[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
