"""The file of predictions: comes back whole, or is refused in one line."""

import io
import zipfile

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.judging import read_predictions, write_predictions
from tests.core.judging.said import made_up, predictions


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "predictions.npz"
    write_predictions(path, predictions(*made_up(30, 3, seed=1), ("Tasse", "猫", "background")))
    return path


def test_what_was_written_comes_back(kept):
    made, found = predictions(*made_up(30, 3, seed=1), ("Tasse", "猫", "background")), read_predictions(kept)

    assert found.labels == ("Tasse", "猫", "background")
    for name in ("ids", "targets", "probabilities", "splits", "groups"):
        assert (getattr(found, name) == getattr(made, name)).all()
    assert list(kept.parent.iterdir()) == [kept]


def test_splits_are_judged_apart(kept):
    found = read_predictions(kept)
    assert len(found.of_split("val")) == 30 and len(found.of_split("test")) == 0
    assert found.of_split("test").judged() is None
    assert len(found.of_split("val").judged()) == 30


def test_no_crops_are_a_file_too(tmp_path):
    write_predictions(tmp_path / "p.npz", predictions(np.zeros((0, 2)), [], [], ("a", "b")))
    assert len(read_predictions(tmp_path / "p.npz")) == 0


def test_every_damaged_byte_is_refused_or_harmless(kept):
    whole = kept.read_bytes()
    random = np.random.default_rng(0)
    for place in random.integers(len(whole), size=300):
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        _refused_or_read(kept)
    for length in range(0, len(whole), 97):
        kept.write_bytes(whole[:length])
        _refused_or_read(kept)


def _refused_or_read(path):
    try:
        assert len(read_predictions(path)) == 30
    except InputError as error:
        assert "\n" not in str(error)


def test_arrays_that_lie_are_refused(kept):
    good = dict(np.load(kept))
    lies = (
        {"targets": good["targets"] + 3},
        {"splits": good["splits"] + 9},
        {"probabilities": good["probabilities"] * np.float32(np.nan)},
        {"probabilities": good["probabilities"][:, :2]},
        {"ids": np.ones_like(good["ids"])},
        {"ids": good["ids"].astype(np.float64)},
        {"labels": np.array(["a", "a", "b"])},
        {"labels": np.array(["a", "b", None], object)},
    )
    for lie in lies:
        np.savez(kept, **(good | lie))
        with pytest.raises(InputError, match="damaged"):
            read_predictions(kept)
    np.savez_compressed(kept, **good)
    with pytest.raises(InputError):
        read_predictions(kept)


def test_a_header_that_promises_much_takes_no_memory(kept):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": (2**40,)})
    with zipfile.ZipFile(kept, "w") as content:
        content.writestr("ids.npy", header.getvalue())
    with pytest.raises(InputError, match="damaged"):
        read_predictions(kept)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_predictions(tmp_path / "none.npz")
