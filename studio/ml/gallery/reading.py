"""Frames of a project's media, one medium open at a time; what cannot be read is passed over."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.media.medium import Medium
from studio.core.project import Project
from studio.core.project.opening import open_row
from studio.ml.crops import Picture


def portion(control: Control, first: float, share: float) -> Control:
    """For a part of the work, whose progress runs from `first` to `first + share` of the whole."""
    return Control(lambda fraction, text: control.progress(first + share * fraction, text))


class Frames:
    """Gives frames by the hash of their medium; ask medium by medium. Belongs to one thread."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._rows = {row.sha256: row for row in project.media()}
        self._at = ""
        self._medium: Medium | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def picture(self, sha256: str, number: int) -> Picture | None:
        """A frame, uint8 `(height, width, 3)` RGB; None where it or its medium cannot be read."""
        if sha256 != self._at:
            self._close()
            self._at, self._medium = sha256, self._opened(sha256)
        try:
            return self._medium.frame(number) if self._medium else None
        except (StudioError, OSError):
            return None

    def _opened(self, sha256: str) -> Medium | None:
        try:
            return open_row(self._project, self._rows[sha256], self._project.cache)
        except (StudioError, OSError):
            return None

    def _close(self) -> None:
        if self._medium:
            self._medium.close()
        self._at, self._medium = "", None
