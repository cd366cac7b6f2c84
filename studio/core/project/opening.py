"""The media of a project, opened where nothing of what is shown was changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from studio.core.errors import InputError, StudioError, said
from studio.core.project.media import place_of, refuse_changed
from studio.core.project.picture_list import changed_pictures, keep_pictures, picture_list, read_pictures
from studio.core.project.project import Project
from studio.core.project.rows import MediumRow

if TYPE_CHECKING:
    from studio.core.media import Medium

CHANGED = "the folder was changed since it was added; pictures that are not the same any more are left out"


class Source(NamedTuple):
    """Where a medium is read.

    Attributes:
        path: of the file or the folder.
        pictures: of a folder that was changed the list that each of its pictures is held to; None: all is unchanged.
    """

    path: Path
    pictures: Path | None = None

    def open(self, index: Path | None) -> Medium:
        """The medium; `index` is a folder that may keep the index of a video.

        Raises:
            InputError: it cannot be read.
        """
        from studio.core.media.opening import open_medium  # brings OpenCV and ffmpeg along
        from studio.core.media.stills import Stills

        if self.pictures is None:
            return open_medium(self.path, index)
        known = read_pictures(self.pictures)
        if known is None:
            raise InputError(f"the medium {self.path} was changed, and the list of its pictures is gone")
        files = [self.path / picture.name for picture in known]
        medium = Stills(str(self.path), files, [picture.content for picture in known])
        medium.note = CHANGED
        return medium


def source_of(project: Project, row: MediumRow, *, keep: bool = True) -> Source:
    """Where a medium can be read; of a folder of pictures those that are still what they were when it was added.

    A frame's number stays what it was, whichever pictures come or go.

    Args:
        project: open.
        row: of it.
        keep: in the cache, what is needed to tell which pictures are changed once some are.

    Raises:
        InputError: the medium is missing, outside of a project that nobody trusted, or was changed and nothing says
            which of its pictures were.
    """
    path = place_of(project, row)
    try:
        refuse_changed(row, path)
    except InputError:
        if row.kind == "stills" and path.is_dir():
            pictures = picture_list(project, row)
            if len(read_pictures(pictures) or ()) == row.frames:
                return Source(path, pictures)
        raise
    if keep:
        keep_pictures(project, row, path)
    return Source(path)


def open_row(project: Project, row: MediumRow, index: Path | None) -> Medium:
    """The medium of a row, see `source_of`; `index` is the project's cache, or None: nothing is kept.

    Raises:
        InputError: as `source_of`, or it cannot be read.
    """
    return source_of(project, row, keep=index is not None).open(index)


def trouble_with(project: Project, row: MediumRow) -> str:
    """A sentence where a medium, or some of its pictures, cannot be read now; "" where all can."""
    try:
        path, pictures = source_of(project, row, keep=False)
    except (StudioError, OSError) as error:
        return said(error)
    return changed_pictures(path, read_pictures(pictures) or []) if pictures else ""
