"""Features on disk under all their inputs; may be deleted at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from studio.core.blob_cache import MOST_BYTES, BlobCache


def feature_key(*inputs: object) -> bytes:
    """A key from everything a feature depends on: medium, frame, window, weights, layer, dtype, …"""
    return hashlib.blake2b("\x1f".join(map(str, inputs)).encode(), digest_size=16).digest()


class FeatureCache:
    """Vectors by key, kept as float16; as patient as `BlobCache`. An instance belongs to one thread."""

    def __init__(self, path: Path | None, most_bytes: int = MOST_BYTES) -> None:
        """`path` is the file; its folder is made. None: no cache."""
        self._blobs = BlobCache(path, most_bytes)

    def close(self) -> None:
        self._blobs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, keys: Sequence[bytes]) -> list[NDArray[np.float32] | None]:
        """The vectors under `keys`, float32 `(d,)` each, None where there is none."""
        return [_vector(found) for found in self._blobs.get(keys)]

    def put(self, items: Iterable[tuple[bytes, NDArray[np.floating]]]) -> None:
        """Keep vectors under their keys."""
        self._blobs.put((key, vector.astype(np.float16).tobytes()) for key, vector in items)


def _vector(found: bytes | None) -> NDArray[np.float32] | None:
    if found is None or len(found) % 2:  # half a number is damage
        return None
    return np.frombuffer(found, np.float16).astype(np.float32)
