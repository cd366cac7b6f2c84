"""Pictures that a backbone is trained from: read from tars and folders, and varied the same whoever asks."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from studio.core.errors import InputError
from studio.ml.device import choose
from studio.ml.training.parallel import Group

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from labelled_pictures import Labelled, PictureBatches, read_labelled, varied

SIDE = 16


def member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def array(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def write_tar(path: Path, pictures: list[np.ndarray], labels: list[int]) -> None:
    encoded = [
        cv2.imencode(".webp", each[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes() for each in pictures
    ]
    offsets = np.cumsum([0, *map(len, encoded)])
    with tarfile.open(path, "w") as archive:
        member(archive, "images.webp.bin", b"".join(encoded))
        member(archive, "offsets.npy", array(offsets.astype(np.int64)))
        member(archive, "labels.npy", array(np.array(labels, np.int16)))


def test_tars_hold_what_was_put_in(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(5)]
    write_tar(tmp_path / "train-0.tar", pictures[:3], [1, 0, 1])
    write_tar(tmp_path / "train-1.tar", pictures[3:], [0, 0])
    (tmp_path / "classes.json").write_text(json.dumps([["n1", "cup"], ["n2", "hand"]]))
    read = read_labelled(tmp_path, "train", SIDE)
    assert read is not None
    assert read.classes == ["cup", "hand"] and read.targets.tolist() == [1, 0, 1, 0, 0]
    assert np.array_equal(read.pictures, np.stack(pictures))
    assert read_labelled(tmp_path, "val", SIDE) is None


def test_folders_of_classes_are_cut_to_squares(tmp_path: Path) -> None:
    for name, blue in (("cup", 250), ("hand", 5)):
        (tmp_path / "val" / name).mkdir(parents=True)
        picture = np.zeros((20, 40, 3), np.uint8)
        picture[:, 10:30] = (blue, 0, 0)  # OpenCV's order
        cv2.imwrite(str(tmp_path / "val" / name / "a.png"), picture)
    read = read_labelled(tmp_path, "val", SIDE)
    assert read is not None and read.classes == ["cup", "hand"]
    assert read.pictures.shape == (2, SIDE, SIDE, 3)
    assert read.pictures[0].reshape(-1, 3).tolist() == [[0, 0, 250]] * SIDE**2


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "train" / "cup").mkdir(parents=True)
    (tmp_path / "train" / "cup" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.jpg cannot be read"):
        read_labelled(tmp_path, "train", SIDE)


def labelled(count: int) -> Labelled:
    random = np.random.default_rng(1)
    return Labelled(random.integers(0, 256, (count, SIDE, SIDE, 3), np.uint8), np.arange(count), [])


def test_an_epoch_has_every_picture_once_in_an_order_of_its_own() -> None:
    batches = PictureBatches(labelled(10), 4, choose("cpu"), 0, training=True)
    first, again, second = ([each.targets.tolist() for each in batches.epoch(n)] for n in (0, 0, 1))
    assert [len(part) for part in first] == [4, 4, 2] and first == again != second
    assert sorted(number for part in second for number in part) == list(range(10))


def test_going_on_in_the_middle_sees_what_would_have_come() -> None:
    batches = PictureBatches(labelled(10), 4, choose("cpu"), 0, training=True)
    whole, rest = list(batches.epoch(3)), list(batches.epoch(3, 1))
    assert all(torch.equal(a.pictures, b.pictures) for a, b in zip(whole[1:], rest, strict=True))


def test_two_processes_share_each_batch() -> None:
    alone = PictureBatches(labelled(10), 4, choose("cpu"), 0, training=True)
    shares = [PictureBatches(labelled(10), 4, choose("cpu"), 0, True, Group(rank, 2)) for rank in range(2)]
    for whole, first, second in zip(alone.epoch(0), shares[0].epoch(0), shares[1].epoch(0), strict=True):
        assert sorted(first.targets.tolist() + second.targets.tolist()) == sorted(whole.targets.tolist())


def test_without_training_pictures_stay_as_they_are() -> None:
    given = labelled(3)
    (batch,) = PictureBatches(given, 4, choose("cpu"), 0, training=False).epoch(0)
    assert np.array_equal(batch.pictures.permute(0, 2, 3, 1).numpy(), given.pictures)


def test_variation_mirrors_half_and_keeps_the_mean() -> None:
    ramp = torch.arange(SIDE).mul(16).to(torch.uint8).expand(400, 3, SIDE, SIDE)
    seen = varied(ramp, np.random.default_rng(0)).float()
    rising = (seen[:, 0, :, -1].mean(1) > seen[:, 0, :, 0].mean(1)).float().mean()
    assert 0.4 < rising < 0.6
    assert abs(float(seen.mean()) - float(ramp.float().mean())) < 6
    assert float(seen.mean((1, 2, 3)).std()) > 10  # brighter, darker, another piece
