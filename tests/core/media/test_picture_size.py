"""Sizes told by the header are those of the pictures that are shown."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from studio.core.media import open_medium
from studio.core.media.picture_size import common_size, picture_size
from studio.core.media.pictures import read_picture


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp", "ppm"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_sizes_are_those_of_the_pictures_as_shown(tmp_path, suffix, orientation):
    facts = Image.Exif()
    facts[0x0112] = orientation
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(path, exif=facts)
    height, width = read_picture(path).shape[:2]
    assert picture_size(path) == (width, height)


def test_grey_and_deep_pictures_and_what_is_none(tmp_path):
    Image.fromarray(np.zeros((7, 9), np.uint16)).save(tmp_path / "deep.png")
    assert picture_size(tmp_path / "deep.png") == (9, 7)
    (tmp_path / "none.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert picture_size(tmp_path / "none.png") is None and picture_size(tmp_path / "missing.png") is None


def test_pictures_that_differ_have_no_common_size(tmp_path):
    for number in range(3):
        Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "3.png").write_bytes(b"damaged")
    with open_medium(tmp_path) as medium:
        assert common_size(medium) == (30, 20)
    Image.fromarray(np.zeros((400, 300, 3), np.uint8)).save(tmp_path / "2.png")
    with open_medium(tmp_path) as medium:
        assert common_size(medium) == (0, 0) and medium.size == (30, 20)
