"""Splits of single regions as ranges of frames: of the medium, or of a track where others on its frames differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from studio.core.formats.notes import Notes
from studio.core.project import RegionRow, SplitRow, new_id


def split_rows(
    regions: Iterable[tuple[RegionRow, str]], pictures: Mapping[tuple[int, int], str], notes: Notes
) -> list[SplitRow]:
    """Rows that give each region its split.

    Args:
        regions: each with its split, "" for none.
        pictures: splits of whole frames, by medium and frame.
        notes: for boxes whose split cannot be said.
    """
    of_frames: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (medium, frame), split in pictures.items():
        of_frames[medium][frame].add(split)
    members = list(regions)
    for row, split in members:
        of_frames[row.medium][row.frame].add(split)
    rows: list[SplitRow] = []
    torn: set[tuple[int, int]] = set()
    for medium, frames in of_frames.items():
        torn |= {(medium, frame) for frame, splits in frames.items() if len(splits) > 1}
        plain = [(frame, min(splits)) for frame, splits in frames.items() if len(splits) == 1]
        rows += _runs(medium, None, plain)
    return rows + _of_tracks(members, torn, notes) if torn else rows


def _of_tracks(
    members: list[tuple[RegionRow, str]], torn: set[tuple[int, int]], notes: Notes
) -> list[SplitRow]:  # fmt: skip
    """Rows for the tracks that share a frame with boxes of another split, over all of their frames."""
    alone = sum(row.track is None and bool(split) and (row.medium, row.frame) in torn for row, split in members)
    if alone:
        notes.add("box", "in no track, and its split is not that of other boxes on the frame: it gets none", "", alone)
    concerned = {row.track for row, _ in members if row.track and (row.medium, row.frame) in torn}
    of_tracks: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for row, split in members:
        if row.track in concerned and row.track is not None:
            of_tracks[row.medium, row.track].append((row.frame, split))
    return [row for (medium, track), found in of_tracks.items() for row in _runs(medium, track, found)]


def _runs(medium: int, track: int | None, frames: list[tuple[int, str]]) -> Iterator[SplitRow]:
    """A row for each run of frames of the same split; frames that nothing is said of belong to the run around them."""
    for split, run in groupby(sorted(frames), key=lambda pair: pair[1]):
        numbers = [frame for frame, _ in run]
        if split:
            yield SplitRow(new_id(), medium, track, numbers[0], numbers[-1], split)
