"""A fingerprint tells one medium from another, and never reads more than it must."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.fingerprint import BLOCK, BLOCKS, fingerprint


def test_of_a_small_file_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"frames" * 1000)
    assert fingerprint(path) == (6000, hashlib.sha256(b"frames" * 1000).hexdigest())


def sparse(path: Path, size: int, at: int | None = None) -> None:
    with path.open("wb") as file:
        file.truncate(size)
        if at is not None:
            file.seek(at)
            file.write(b"x")


def test_of_a_large_file_looks_at_blocks_from_its_start_to_its_end(tmp_path: Path) -> None:
    size = 200 * BLOCK + 17
    path = tmp_path / "long.mp4"
    sparse(path, size)
    plain = fingerprint(path)
    assert plain == (size, hashlib.sha256(bytes(BLOCK * BLOCKS)).hexdigest())
    for seen in (0, size - 1, (size - BLOCK) * 31 // 63):
        sparse(path, size, at=seen)
        assert fingerprint(path) != plain
    sparse(path, size, at=2 * BLOCK)  # between two blocks
    assert fingerprint(path) == plain


def test_of_a_folder_counts_pictures_by_name_size_and_content(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(bytes([number]) * 10)
    first = fingerprint(tmp_path)
    assert first.size == 30
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".DS_Store").write_text("neither")
    (tmp_path / "sub.png").mkdir()
    assert fingerprint(tmp_path) == first
    (tmp_path / "1.png").write_bytes(b"y" * 10)
    changed = fingerprint(tmp_path)
    assert changed.size == 30 and changed != first
    (tmp_path / "1.png").write_bytes(bytes([1]) * 10)
    assert fingerprint(tmp_path) == first
    (tmp_path / "1.png").rename(tmp_path / "7.png")
    assert fingerprint(tmp_path) != first


def test_of_a_large_folder_is_bounded(tmp_path: Path) -> None:
    for number in range(100):
        sparse(tmp_path / f"{number:03}.png", BLOCK)
    first = fingerprint(tmp_path)
    assert first.size == 100 * BLOCK
    sparse(tmp_path / "000.png", BLOCK, at=5)
    assert fingerprint(tmp_path) != first
    sparse(tmp_path / "000.png", BLOCK + 1)
    assert fingerprint(tmp_path).size == first.size + 1


def test_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no"):
        fingerprint(tmp_path / "nowhere.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_of_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        fingerprint(tmp_path / "pipe.mp4")
