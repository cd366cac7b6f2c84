"""Colours, ranges, rotations and odd sizes come out as a player shows them."""

from __future__ import annotations

import gc

import av
import numpy as np
import pytest

from studio.core.media import open_medium
from tests.core.media.clips import write_clip

LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114)}  # BT.709, BT.601: weights of red and blue


def to_yuv(rgb, matrix, full):
    """By the definition of the matrices (ITU-R BT.601 and BT.709), independent of ffmpeg."""
    red_weight, blue_weight = LUMA[matrix]
    red, green, blue = (value / 255 for value in rgb)
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    cb, cr = (blue - luma) / (2 - 2 * blue_weight), (red - luma) / (2 - 2 * red_weight)
    if full:
        return 255 * luma, 128 + 255 * cb, 128 + 255 * cr
    return 16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr


def write_plain(path, rgb, matrix, full, said, size=(64, 48)):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        if said:
            stream.codec_context.colorspace = matrix
            stream.codec_context.color_range = 2 if full else 1
        frame = av.VideoFrame(*size, "yuv420p")
        for plane, value in zip(frame.planes, to_yuv(rgb, matrix, full), strict=True):
            plane.update(bytes([round(value)]) * plane.buffer_size)
        if said:
            frame.colorspace, frame.color_range = matrix, 2 if full else 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("rgb", [(200, 30, 60), (20, 180, 90), (40, 60, 220), (128, 128, 128), (255, 255, 255)])
@pytest.mark.parametrize(("matrix", "full"), [(1, False), (5, False), (1, True), (5, True)])
def test_matrix_and_range_are_those_of_the_file(tmp_path, rgb, matrix, full):
    with open_medium(write_plain(tmp_path / "plain.mp4", rgb, matrix, full, said=True)) as medium:
        np.testing.assert_allclose(medium.frame(0).mean((0, 1)), rgb, atol=3)


@pytest.mark.parametrize(("matrix", "size"), [(5, (64, 48)), (1, (1280, 720))])
def test_a_file_that_does_not_say_is_read_as_players_do(tmp_path, matrix, size):
    with open_medium(
        write_plain(tmp_path / "plain.mp4", (200, 30, 60), matrix, False, said=False, size=size)
    ) as medium:
        np.testing.assert_allclose(medium.frame(0).mean((0, 1)), (200, 30, 60), atol=3)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_flags_are_applied(tmp_path, degrees):
    with open_medium(write_clip(tmp_path / "plain.mp4", 5)) as plain:
        upright = plain.frame(4)
    with open_medium(write_clip(tmp_path / "turned.mp4", 5, rotation=degrees)) as medium:
        expected = np.rot90(upright, degrees // 90)  # anticlockwise, as ffmpeg counts
        assert medium.size == (expected.shape[1], expected.shape[0])
        np.testing.assert_array_equal(medium.frame(4), expected)


def test_decoded_frames_are_let_go_at_once(tmp_path):
    with open_medium(write_clip(tmp_path / "turned.mp4", 5, rotation=90)) as medium:
        for number, _ in medium.frames():  # looking at the side data of a frame ties it into a cycle
            medium.frame(number)
        gc.collect()
        gc.disable()
        try:
            before = len(gc.get_objects())
            for _ in range(20):
                list(medium.frames())
            assert len(gc.get_objects()) - before < 20
        finally:
            gc.enable()


def test_odd_sizes(tmp_path):
    path = tmp_path / "odd.mkv"
    picture = np.random.default_rng(0).integers(0, 256, (37, 51, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 51, 37, "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    with open_medium(path) as medium:
        assert medium.size == (51, 37)
        np.testing.assert_array_equal(medium.frame(0), picture)
