from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.truth import read_truth, write_truth


@pytest.mark.parametrize("separator", [",", "\t", " ", ", ", "  "])
def test_every_separator_of_the_benchmark_is_read(tmp_path, separator):
    path = tmp_path / "truth.txt"
    path.write_text("\n".join(separator.join(row) for row in (["1", "2", "3.5", "4"], ["5", "6", "7", "8"])))
    assert read_truth(path).tolist() == [[1, 2, 3.5, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize("absent", ["nan,nan,nan,nan", "NaN NaN NaN NaN", "0,0,0,0", "12,9,0,40"])
def test_an_absent_object_is_a_row_of_nan(tmp_path, absent):
    path = tmp_path / "truth.txt"
    path.write_text(f"1,2,3,4\r\n{absent}\r\n5,6,7,8\r\n\r\n")
    rows = read_truth(path)
    assert rows.shape == (3, 4)
    assert np.isnan(rows[1]).all() and np.isfinite(rows[[0, 2]]).all()


def test_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "wahrheit für alle.txt"
    boxes = np.array([[1.25, -2, 3, 4.5], [np.nan] * 4, [100.126, 5, 6, 7]])
    write_truth(path, boxes)
    np.testing.assert_allclose(read_truth(path), boxes, atol=0.005)
    assert path.read_text().splitlines()[1] == "nan,nan,nan,nan"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1,2,3", "not four numbers"),
        ("1,2,3,4,5", "not four numbers"),
        ("a,b,c,d", "not four numbers"),
        ("", "not four numbers"),
        ("1,nan,3,4", "not finite"),
        ("1,2,inf,4", "not finite"),
        ("1,2,-3,4", "negative size"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, complaint):
    path = tmp_path / "truth.txt"
    path.write_text(f"1,2,3,4\n{line}\n1,2,3,4\n")
    with pytest.raises(InputError, match=f"truth.txt, line 2: .*{complaint}"):
        read_truth(path)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*missing\.txt: No such file"):
        read_truth(tmp_path / "missing.txt")
    (tmp_path / "empty.txt").write_text(" \n\n")
    with pytest.raises(InputError, match="is empty"):
        read_truth(tmp_path / "empty.txt")
    (tmp_path / "clip.mp4").write_bytes(b"\x00\xff\xfe\x80" * 9)
    with pytest.raises(InputError, match="not text"):
        read_truth(tmp_path / "clip.mp4")


def test_the_real_clips_have_a_box_for_every_frame(shared):
    rows = read_truth(shared / "data" / "videos" / "bag.truth.txt")
    assert rows[0].tolist() == [312, 142, 96, 116]
    assert np.isfinite(rows).all()
