"""A head over chosen frames of a project's media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.errors import InputError, StudioError
from studio.core.geometry import Box
from studio.core.media.medium import Medium
from studio.core.media.recording import Recording
from studio.core.project import MediumRow, Project
from studio.core.project.areas import area_of
from studio.core.project.labels import former_names
from studio.core.project.opening import open_row
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head
from studio.ml.search.area import AreaSearch
from studio.ml.search.base import Search, make_search

Frames = NDArray[np.int64]


class Searched(NamedTuple):
    """What was found on a frame; `labels` of it are ids of the project's labels, 0 for those that it does not have."""

    medium: MediumRow
    frame: int
    rate: float
    found: Detections
    labels: NDArray[np.int64]


class HeadSearch:
    """Searches frames as dense search does, where a medium has a search area only there.

    Attributes:
        labels: ids of the project's labels that the head knows, by its own order; 0 for those that the project has not.
        frames: how many were searched so far.
        unread: media that could not be read, and why.
    """

    def __init__(self, project: Project, head: Head, backbone: Backbone) -> None:
        """Raise an InputError where the head cannot search whole frames, or knows no label of the project."""
        if not head.dense:
            raise InputError(f"the head {head.card.name} cannot search whole frames ({head.card.why_not_dense})")
        known = {**former_names(project), **{row.name: row.id for row in project.labels()}}
        self.labels = tuple(known.get(name, 0) for name in head.labels)
        if not any(self.labels):
            raise InputError(f"the head {head.card.name} knows none of the project's labels")
        self.frames = 0
        self.unread: list[str] = []
        self._project, self._head = project, head
        self._search: Search = make_search("dense", head, backbone)
        self._ids = np.array(self.labels, np.int64)

    def over(self, wanted: Mapping[int, Frames], control: Control) -> Iterator[Searched]:
        """Search frames, by the id of their medium; what cannot be read is passed over.

        Raises:
            StudioError: nothing could be read.
        """
        rows = {row.id: row for row in self._project.media()}
        total, done = max(sum(len(frames) for frames in wanted.values()), 1), 0
        for medium, frames in wanted.items():
            row, name = rows[medium], rows[medium].path.rsplit("/", 1)[-1]
            area = area_of(self._project, medium)
            search = self._search
            if area is not None:
                search = AreaSearch(search, Box(area.x, area.y, area.width, area.height), self._head)
            try:
                with open_row(self._project, row, self._project.cache) as opened:
                    for frame in _there(opened, frames):
                        control.progress(done / total, f"frame {frame} of {name}")
                        found = search.detect(opened.frame(frame))
                        done, self.frames = done + 1, self.frames + 1
                        yield Searched(row, frame, opened.rate, found, self._ids[found.label_ids])
            except (StudioError, OSError) as error:
                self.unread.append(f"{name}: {error}")
        if self.unread and not self.frames:
            raise StudioError(f"no frame could be searched: {'; '.join(self.unread)}")


def _there(medium: Medium, frames: Frames) -> list[int]:
    """Those that show pictures of their own: what was kept of a camera has gaps."""
    if isinstance(medium, Recording):
        frames = np.intersect1d(frames, np.fromiter(medium.kept, np.int64))
    return [int(frame) for frame in frames if frame < medium.frame_count]


def evenly(frames: Mapping[int, Frames], most: int) -> dict[int, Frames]:
    """At most so many of the frames of all media, evenly."""
    total = sum(len(each) for each in frames.values())
    if total <= most:
        return {medium: each for medium, each in frames.items() if len(each)}
    chosen, start = np.linspace(0, total - 1, most).round().astype(np.int64), 0
    found: dict[int, Frames] = {}
    for medium, each in frames.items():
        own = chosen[(chosen >= start) & (chosen < start + len(each))] - start
        if len(own):
            found[medium] = each[own]
        start += len(each)
    return found


def united(parts: Sequence[Frames]) -> Frames:
    """All frames of several lists, ascending, each once."""
    return np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))
