from __future__ import annotations

import struct

import numpy as np
import pytest

from studio.core.feature_cache import FeatureCache, feature_key


def vectors(count, size=256):
    return [(feature_key("v", n), np.random.default_rng(n).normal(size=size).astype(np.float32)) for n in range(count)]


def test_it_gives_back_what_was_put_rounded_to_half_precision(tmp_path):
    items = vectors(1200)
    with FeatureCache(tmp_path / "cache" / "features.db") as cache:
        cache.put(items)
    with FeatureCache(tmp_path / "cache" / "features.db") as cache:
        found = cache.get([*(key for key, _ in items), feature_key("unknown")])
    assert found[-1] is None
    for (_, vector), back in zip(items, found, strict=False):
        np.testing.assert_array_equal(back, vector.astype(np.float16).astype(np.float32))


def test_every_input_tells_keys_apart():
    keys = {feature_key("a", 1), feature_key("a", 2), feature_key("b", 1), feature_key("a", "1", ""), feature_key("a1")}
    assert len(keys) == 5 and feature_key("a", 1) == feature_key("a", 1)


def test_it_stays_below_its_bound_and_starts_anew_when_it_is_full(tmp_path):
    path, bound = tmp_path / "features.db", 200_000
    items = vectors(2000)
    with FeatureCache(path, bound) as cache:
        for start in range(0, len(items), 50):
            cache.put(items[start : start + 50])
            assert path.stat().st_size <= bound
            assert all(vector is not None for vector in cache.get([key for key, _ in items[start : start + 50]]))
        assert cache.get([items[0][0]]) == [None]


@pytest.mark.parametrize("content", [b"no database at all, but some text" * 40, b""])
def test_a_damaged_file_is_made_anew(tmp_path, content):
    path = tmp_path / "features.db"
    path.write_bytes(content)
    with FeatureCache(path) as cache:
        cache.put(vectors(1))
        assert cache.get([feature_key("v", 0)])[0] is not None


def test_where_nothing_can_be_written_it_holds_nothing(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    for path in (tmp_path / "cache" / "features.db", None):
        with FeatureCache(path) as cache:
            cache.put(vectors(1))
            assert cache.get([feature_key("v", 0)]) == [None]


def test_deleting_it_while_it_is_used_harms_nothing(tmp_path):
    path = tmp_path / "features.db"
    with FeatureCache(path) as cache:
        cache.put(vectors(3))
        path.unlink()
        cache.put(vectors(3))
        cache.get([feature_key("v", 0)])


def test_a_journal_from_a_stranger_cannot_have_sqlite_delete_another_file(tmp_path):
    victim = tmp_path / "letters.txt"
    victim.write_text("dear")
    path = tmp_path / "cache" / "features.db"
    with FeatureCache(path) as cache:
        cache.put([(b"key", np.ones(4, np.float32))])
    name, magic = str(victim).encode(), bytes.fromhex("d9d505f920a163d7")
    header = magic + struct.pack(">iIIII", 0, 7, path.stat().st_size // 4096, 512, 4096)
    tail = struct.pack(">I", 0x40000000 // 4096 + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
    path.with_name("features.db-journal").write_bytes(header.ljust(512, b"\0") + tail)
    with FeatureCache(path) as cache:
        assert cache.get([b"key"])[0] is not None
    assert victim.read_text() == "dear"


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path):
    target = tmp_path / "elsewhere.db"
    target.write_bytes(b"mine")
    path = tmp_path / "features.db"
    path.symlink_to(target)
    with FeatureCache(path) as cache:
        cache.put([(b"key", np.ones(4, np.float32))])
    assert target.read_bytes() == b"mine"
    assert not path.is_symlink()
