"""What is known of one crop, and how many of what several are, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crops import SPLITS, Crops
from studio.core.gallery.fields import track_ids
from studio.core.gallery.measures import MEASURES
from studio.core.project.row_checks import AUTHORS, STATES
from studio.state.crop_list import MADE_BY
from studio.views.gallery.preview import Fact

_MOST = 6  # lines of one kind in a summary


def facts_of(crops: Crops, row: int, time: str) -> list[Fact]:
    """Of the crop in a row of the table; `time` is that of its frame, "" as long as it is not known."""
    table = crops.table
    medium = crops.media.get(int(table.media[row]))
    x, y, width, height = table.boxes[row].tolist()
    track = int(table.tracks[row])
    marks = [("keyframe", table.keyframes), ("near-duplicate", table.near_duplicates), ("reviewed", table.reviewed)]
    words = [STATES[table.states[row]], *(word for word, on in marks if on[row])]
    found = [
        Fact("Medium", medium.path.rsplit("/", 1)[-1] if medium else "gone"),
        Fact("Frame", f"{int(table.frames[row]):,}" + (f" · {time}" if time else "")),
        Fact("Size", f"{width:,.0f} × {height:,.0f} px", f"Its upper left corner lies at {x:,.1f}, {y:,.1f}."),
        Fact("Track", f"{np.searchsorted(track_ids(table), track) + 1:,}" if track else "none"),
        Fact("Made", MADE_BY[AUTHORS[table.authors[row]]]),
        *(Fact("State" if at == 0 else "", word) for at, word in enumerate(words)),
        Fact("Split", SPLITS[crops.splits[row]] or "none"),
    ]
    return [*found, *_measured(crops, row)]


def _measured(crops: Crops, row: int) -> Iterator[Fact]:
    for kind in MEASURES:
        if kind.needs == "box":
            continue
        known = crops.measures.get(kind.name)
        value = float(known.of(crops.table.ids[row : row + 1])[0]) if known is not None else np.nan
        if np.isnan(value) and kind.name == "score":
            value = float(crops.table.scores[row])
        if not np.isnan(value):
            yield Fact(kind.title, f"{value:.2f}", kind.says)


def summary_of(crops: Crops, rows: NDArray[np.intp]) -> list[Fact]:
    """How many crops of each label, split and source there are in these rows."""
    names = {label: row.name for label, row in crops.labels.items()}
    media = {medium: row.path.rsplit("/", 1)[-1] for medium, row in crops.media.items()}
    return [
        *_counts("Labels", crops.table.labels[rows], names),
        *_counts("Splits", crops.splits[rows], dict(enumerate(("no split", *SPLITS[1:])))),
        *_counts("Made", crops.table.authors[rows], {at: MADE_BY[who] for at, who in enumerate(AUTHORS)}),
        *_counts("Media", crops.table.media[rows], media),
        Fact("Reviewed", f"{int(np.count_nonzero(crops.table.reviewed[rows])):,}"),
    ]


def _counts(name: str, values: NDArray[np.integer], names: Mapping[int, str]) -> list[Fact]:
    """A line for each value, the most frequent first; what is rare is told as one."""
    found, counts = np.unique(values, return_counts=True)
    order: Sequence[int] = np.argsort(-counts, kind="stable").tolist()
    lines = [f"{names.get(int(found[at]), '?')}: {counts[at]:,}" for at in order[:_MOST]]
    rest = int(counts[order[_MOST:]].sum())
    lines += [f"{len(order) - _MOST:,} others: {rest:,}"] if rest else []
    return [Fact(name if at == 0 else "", line) for at, line in enumerate(lines)]
