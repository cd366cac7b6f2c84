"""The kept index is used, never believed."""

from __future__ import annotations

import os

import numpy as np
import pytest

from studio.core.media import open_medium, video
from tests.core.media.clips import number_of, write_clip


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4", 60)


@pytest.fixture
def built(monkeypatch):
    """The paths for which an index was built."""
    calls = []
    real = video.build_index
    monkeypatch.setattr(video, "build_index", lambda reader: calls.append(reader.path) or real(reader))
    return calls


def check(clip, cache, frames=60):
    with open_medium(clip, cache) as medium:
        assert medium.frame_count == frames
        assert [number_of(medium.frame(number)) for number in (frames - 1, 0, 31)] == [frames - 1, 0, 31]


def test_the_second_opening_reads_the_kept_index(clip, tmp_path, built):
    for _ in range(3):
        check(clip, tmp_path / "cache")
    assert len(built) == 1
    clip.rename(tmp_path / "moved.mp4")
    check(tmp_path / "moved.mp4", tmp_path / "cache")
    assert len(built) == 1


def test_a_changed_file_gets_a_new_index(clip, tmp_path, built):
    check(clip, tmp_path / "cache")
    status = clip.stat()
    write_clip(clip, 40)
    os.utime(clip, ns=(status.st_atime_ns, status.st_mtime_ns))
    check(clip, tmp_path / "cache", frames=40)
    assert len(built) == 2


@pytest.mark.parametrize("harm", ["cut", "flip", "text", "object", "huge"])
def test_a_harmed_index_is_made_again(clip, tmp_path, built, harm):
    check(clip, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    data = bytearray(kept.read_bytes())
    if harm == "cut":
        kept.write_bytes(data[: len(data) // 2])
    elif harm == "flip":
        data[400] ^= 1
        kept.write_bytes(data)
    elif harm == "text":
        kept.write_text("no index")
    elif harm == "object":
        np.save(kept, np.array([{"code": 1}], dtype=object), allow_pickle=True)
    else:
        header = bytes(data).replace(f"({np.load(kept).size},)".encode(), b"(99999999999,)"[:14])
        kept.write_bytes(header)
    check(clip, tmp_path / "cache")
    check(clip, tmp_path / "cache")
    assert len(built) == 2


def test_a_cache_that_cannot_be_written_is_no_error(clip, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    check(clip, tmp_path / "cache")


def test_a_full_disk_leaves_nothing_half(clip, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    check(clip, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
