"""Rows refuse what cannot be, wherever it came from."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.project import LabelRow, MarkRow, SplitRow, TrackRow, new_id
from tests.core.project.project_rows import CUP, MEDIUM, region


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": float("nan")},
        {"y": float("inf")},
        {"x": "1"},
        {"width": 0.0},
        {"width": float("nan")},
        {"height": -1.0},
        {"frame": -1},
        {"frame": 1.5},
        {"frame": True},
        {"frame": 2**63},
        {"score": 1.1},
        {"score": float("nan")},
        {"author": "nobody"},
        {"author": b"human"},
        {"author": None},
        {"author": ["human"]},
        {"state": ""},
        {"keyframe": 2},
        {"keyframe": None},
        {"keyframe": 1.0},
        {"near_duplicate": "yes"},
        {"medium": None},
        {"label": 0},
        {"track": "3"},
        {"track": 0},
        {"id": -5},
    ],
)
def test_region_refuses(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        region(7, **wrong)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (CUP, {"name": ""}),
        (CUP, {"name": " cup"}),
        (CUP, {"name": "two\nlines"}),
        (CUP, {"name": None}),
        (CUP, {"color": "red"}),
        (CUP, {"key": "x"}),
        (MEDIUM, {"path": ""}),
        (MEDIUM, {"path": "a\0b"}),
        (MEDIUM, {"path": 3}),
        (MEDIUM, {"path": "not utf-8 \udcff.mp4"}),
        (CUP, {"name": "cup\x9b2J"}),
        (MEDIUM, {"kind": "complete"}),
        (MEDIUM, {"sha256": "abc"}),
        (MEDIUM, {"size": -1}),
        (MEDIUM, {"frames": 1.0}),
        (TrackRow(1, 1, 1), {"medium": "1"}),
        (MarkRow(1, 1, 1, 0, 5, "complete"), {"kind": "video"}),
        (MarkRow(1, 1, 1, 0, 5, "complete"), {"last": -1}),
        (MarkRow(1, 1, 1, 3, 5, "nothing"), {"last": 2}),
        (SplitRow(1, 1, None, 3, 5, "train"), {"first": 6}),
        (SplitRow(1, 1, None, 3, 5, "train"), {"split": "dev"}),
    ],
)
def test_other_rows_refuse(row: LabelRow, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(row, **wrong)


def test_numbers_of_numpy_become_numbers_of_python() -> None:
    row = region(
        np.int64(5), frame=np.int32(3), x=np.float32(1.5), width=3, score=np.float64(0.5), keyframe=np.bool_(1)
    )
    assert row == region(5, frame=3, x=1.5, width=3.0, score=0.5, keyframe=True)
    kinds = [type(value) for value in (row.id, row.frame, row.x, row.width, row.score, row.keyframe)]
    assert kinds == [int, int, float, float, float, bool]


def test_ids_are_ordered_and_unique_over_threads() -> None:
    made: list[list[int]] = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda ids=ids: ids.extend(new_id() for _ in range(5000))) for ids in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(ids == sorted(ids) for ids in made)
    everything = {row_id for ids in made for row_id in ids}
    assert len(everything) == 20_000
    assert min(everything) > 0 and max(everything) < 2**63


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_a_forked_process_draws_its_own_bits() -> None:
    own = new_id() & 0xFFF
    with multiprocessing.get_context("fork").Pool(4) as pool:
        others = {row_id & 0xFFF for row_id in pool.map(_id_of, range(4))}
    assert others != {own}


def _id_of(_: int) -> int:
    return new_id()
