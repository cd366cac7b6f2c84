"""Frames of a project's media for what learns from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from studio.core.errors import StudioError, said
from studio.core.media.medium import Medium
from studio.core.media.recording import Recording
from studio.core.project import MediumRow, Project
from studio.core.project.opening import open_row
from studio.ml.crops import Picture


class OpenMedia:
    """The media of a project, opened when a frame is asked for.

    Attributes:
        rows: of the media, by their ids.
        unread: by medium and frame, why a frame that was asked of `readable` cannot be read.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self.rows: Mapping[int, MediumRow] = {row.id: row for row in project.media()}
        self._by_hash = {row.sha256: row.id for row in self.rows.values()}
        self._open: dict[int, Medium] = {}
        self.unread: dict[tuple[int, int], str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for medium in self._open.values():
            medium.close()

    def medium(self, row_id: int) -> Medium:
        """The medium of a row.

        Raises:
            InputError: it is missing, changed, or outside of a project that nobody trusted.
        """
        if row_id not in self._open:
            self._open[row_id] = open_row(self._project, self.rows[row_id], self._project.cache)
        return self._open[row_id]

    def size(self, row_id: int) -> tuple[int, int]:
        """Width and height of a medium's frames; of its first one where they differ."""
        row = self.rows[row_id]
        return (row.width, row.height) if row.width else self.medium(row_id).size

    def there(self, row_id: int, first: int, last: int) -> Iterable[int]:
        """The frames `first`…`last` that a medium has: what was kept of a camera has gaps, which show another frame."""
        numbers = range(first, min(last + 1, self.rows[row_id].frames))
        medium = self.medium(row_id) if numbers and self.rows[row_id].kind == "camera" else None
        return [int(n) for n in medium.kept if n in numbers] if isinstance(medium, Recording) else numbers

    def picture(self, sha256: str, frame: int) -> Picture:
        """A frame by the hash of its medium."""
        return self.medium(self._by_hash[sha256]).frame(frame)

    def readable(self, sha256: str, frame: int) -> Picture | None:
        """A frame by the hash of its medium; None, and a line in `unread`, where it alone cannot be read.

        Raises:
            InputError: all of the medium cannot be, see `medium`.
        """
        row = self._by_hash[sha256]
        medium = self.medium(row)
        try:
            return medium.frame(frame)
        except (StudioError, OSError) as error:
            self.unread[row, frame] = said(error)
            return None
