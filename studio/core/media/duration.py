"""How long a medium is, without decoding it."""

from __future__ import annotations

from pathlib import Path

import av

from studio.core.media.index_cache import load_index
from studio.core.media.reader import Reader
from studio.core.media.recording import read_kept


def seconds_of(path: Path, kind: str, cache: Path | None = None) -> float | None:
    """Seconds from the first frame to the end of the last; None for stills and where the file says nothing.

    Exact for a recording and where the index of a video's frames is in `cache`; else what the file's header says.

    Args:
        path: of the medium.
        kind: as `Medium.kind`.
        cache: the folder that `open_medium` was given.

    Raises:
        InputError: it cannot be read.
    """
    if kind == "stills":
        return None
    if kind == "camera":
        times = read_kept(path).seconds
        return _to_the_end(float(times[-1] - times[0]), len(times))
    reader = Reader(path)
    try:
        tick, ticks = float(reader.stream.time_base or 0), reader.stream.duration or 0
        whole = (reader.container.duration or 0) / av.time_base
    finally:
        reader.close()
    index = load_index(path, cache)
    if index is None:
        return ticks * tick or whole or None
    return _to_the_end(float(index.times[-1] - index.times[0]) * tick, len(index))


def _to_the_end(span: float, frames: int) -> float | None:
    """From the first frame's time to the last one's, and a frame as long as the others."""
    return span * frames / (frames - 1) if frames > 1 and span > 0 else None
