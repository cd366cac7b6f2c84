"""`studio filter` on the command line."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import scipy.ndimage

from studio.core.kernels.kernel import PRESETS
from studio.core.media.pictures import read_picture, write_picture
from tests.moving_square import picture


@pytest.fixture
def image(tmp_path):
    write_picture(tmp_path / "in.png", picture(0))
    return tmp_path / "in.png"


def test_a_preset_is_what_scipy_says(studio, image, tmp_path):
    out = tmp_path / "out.png"
    code, said, lines = studio("filter", image, out, "--kernel", "sobel-v")
    assert (code, said, lines) == (0, f"{out}\n", [])
    kernel = PRESETS["sobel-v"].array[..., None]
    expected = scipy.ndimage.correlate(read_picture(image).astype(float), kernel, mode="mirror")
    assert np.array_equal(read_picture(out), np.clip(expected, 0, 255).astype(np.uint8))


def test_nine_numbers_and_twenty_five_as_opencv_has_them(studio, image, tmp_path):
    for count, text in ((3, "-1 0 1 -1 0 1 -1 0 1"), (5, ",".join(["0.04"] * 25))):
        out = tmp_path / f"{count}.png"
        assert studio("filter", image, out, "--kernel", text)[0] == 0
        kernel = np.array(text.replace(",", " ").split(), float).reshape(count, count)
        assert np.array_equal(read_picture(out), cv2.filter2D(read_picture(image), -1, kernel))


def test_steps_of_a_file_a_shipped_chain_and_a_kernel_before_them(studio, image, tmp_path):
    steps = tmp_path / "steps.json"
    steps.write_text(json.dumps({"steps": [{"step": "pool", "kind": "max", "size": 2}]}))
    assert studio("filter", image, tmp_path / "half.png", "--steps", steps)[0] == 0
    assert read_picture(tmp_path / "half.png").shape == (120, 160, 3)
    assert studio("filter", image, tmp_path / "both.png", "--kernel", "identity", "--steps", steps)[0] == 0
    assert np.array_equal(read_picture(tmp_path / "both.png"), read_picture(tmp_path / "half.png"))
    assert studio("filter", image, tmp_path / "texture.png", "--steps", "texture")[0] == 0
    found = read_picture(tmp_path / "texture.png")
    assert found.shape == (240, 320, 3) and 0 < found.mean() < 255


def test_what_cannot_be_done_is_one_line_and_changes_nothing(refused, image, tmp_path):
    out = tmp_path / "out.png"
    (tmp_path / "no.png").write_text("no picture")
    (tmp_path / "broken.json").write_text("{")
    assert "horizontal, vertical" in refused("filter", image, out, "--kernel", "edges")
    assert "these are 8" in refused("filter", image, out, "--kernel", "1 2 3 4 5 6 7 8")
    assert "is no picture" in refused("filter", tmp_path / "no.png", out, "--kernel", "blur")
    assert "No such file" in refused("filter", tmp_path / "gone.png", out, "--kernel", "blur")
    assert "broken.json" in refused("filter", image, out, "--steps", tmp_path / "broken.json")
    assert "there is no file" in refused("filter", image, out, "--steps", tmp_path / "gone.json")
    assert "no picture format" in refused("filter", image, tmp_path / "out.txt", "--kernel", "blur")
    assert "there is no folder" in refused("filter", image, tmp_path / "none" / "out.png", "--kernel", "blur")
    assert "--kernel" in refused("filter", image, out)
    before = image.read_bytes()
    assert "exists already" in refused("filter", image, image, "--kernel", "blur")
    assert image.read_bytes() == before and not out.exists()
