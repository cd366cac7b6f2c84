"""Frame indexes kept on disk, found by what the file is, checked when read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np

from studio.core.media.frame_index import FrameIndex, Integers

_VERSION = 1
_SAMPLE = 1 << 16  # bytes hashed at the head, the middle and the end of a file
_HEAD = 5  # version, frames, packets, by_dts, expected


def load_index(path: Path, folder: Path | None) -> FrameIndex | None:
    """The index kept for this very file, or None where there is none that is whole."""
    if folder is None:
        return None
    try:
        kept = np.load(_place(path, folder), mmap_mode="r", allow_pickle=False)  # mapped: no size is believed
        return _unpack(np.array(kept)) if kept.ndim == 1 and kept.dtype == np.int64 else None
    except (OSError, ValueError, EOFError):
        return None


def store_index(path: Path, folder: Path | None, index: FrameIndex) -> None:
    """Keep an index; a folder that is full or read-only is no error, the index is made again next time."""
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".frames-", suffix=".part", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                np.save(file, _pack(index), allow_pickle=False)
            Path(name).replace(_place(path, folder))
        finally:
            Path(name).unlink(missing_ok=True)


def _place(path: Path, folder: Path) -> Path:
    """Named by size, time of change and samples of the content: a changed file is another file."""
    status = path.stat()
    digest = hashlib.sha256(f"{_VERSION} {status.st_size} {status.st_mtime_ns}".encode())
    with path.open("rb") as file:
        for start in (0, status.st_size // 2, max(status.st_size - _SAMPLE, 0)):
            file.seek(start)
            digest.update(file.read(_SAMPLE))
    return folder / f"frames-{digest.hexdigest()[:32]}.npy"


def _pack(index: FrameIndex) -> Integers:
    head = [_VERSION, len(index), len(index.stamps), int(index.by_dts), index.expected]
    body = np.concatenate([head, index.times, index.packets, index.stamps, index.keys, index.sizes]).astype(np.int64)
    return np.append(body, _checksum(body))


def _unpack(kept: Integers) -> FrameIndex | None:
    if len(kept) < _HEAD + 1 or kept[0] != _VERSION or kept[-1] != _checksum(kept[:-1]):
        return None
    frames, packets, by_dts, expected = (int(number) for number in kept[1:_HEAD])
    if not 0 < frames <= packets or len(kept) != _HEAD + 2 * frames + 3 * packets + 1:
        return None
    parts = np.split(kept[_HEAD:-1], np.cumsum([frames, frames, packets, packets]))
    times, places, stamps, keys, sizes = parts
    whole = places.min() >= 0 and places.max() < packets and (np.diff(times) >= 0).all()
    return FrameIndex(times, places, stamps, bool(by_dts), keys, sizes, expected) if whole else None


def _checksum(body: Integers) -> int:
    return int.from_bytes(hashlib.sha256(np.ascontiguousarray(body).tobytes()).digest()[:7], "big")
