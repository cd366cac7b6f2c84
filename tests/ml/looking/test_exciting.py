"""What excites a channel is what an independent forward says, and lies where it says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.geometry import Box, Window, crop_window
from studio.core.media import open_medium
from studio.core.top_places import TopPlaces
from studio.ml.crops import cut
from studio.ml.device import choose
from studio.ml.looking.exciting import channels_of, layer_called, look_through, on_crop, on_frame, strongest_in
from studio.ml.looking.network import load_looked
from tests.ml.taught_project import make_project
from tests.moving_square import picture

LAYER = "layer1"


@pytest.fixture(scope="module")
def network():
    return load_looked(None, choose("cpu"))


@torch.inference_mode()
def answers(network, pixels):
    """(c, h, w) of `LAYER` by calling the first layers of the ResNet one after the other."""
    net = network.module
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (network.mean, network.std))
    values = ((torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1) / 255 - mean) / std)[None]
    return net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(values)))))[0].numpy()


def test_the_strongest_cell_of_a_frame_and_what_it_sees(network):
    frame = picture(3)
    found = on_frame(network, LAYER, frame)
    maps = answers(network, cv2.resize(frame, (224, 168), interpolation=cv2.INTER_AREA))
    flat = maps.reshape(len(maps), -1)
    np.testing.assert_allclose(found.values, flat.max(1), rtol=1e-4, atol=1e-5)
    scale = frame.shape[1] / 224
    for channel in (0, 17, 63):
        row, column = divmod(int(flat[channel].argmax()), maps.shape[2])
        # Cells every 4 pixels from the first pixel on; 7 + 2 · 2 + 4 convolutions of 3 over 4 pixels each: 43.
        x, y = 4 * column + 0.5, 4 * row + 0.5
        np.testing.assert_allclose(found.spots[channel], [x * scale, y * scale])
        left, top = max(x - 21.5, 0) * scale, max(y - 21.5, 0) * scale
        right, bottom = min(x + 21.5, 224) * scale, min(y + 21.5, 168) * scale
        np.testing.assert_allclose(found.boxes[channel], [left, top, right - left, bottom - top])


def test_a_crop_is_seen_alone_and_is_the_box(network):
    frame, window = picture(3), Window(100, 60, 96)
    found = on_crop(network, LAYER, frame, window)
    maps = answers(network, cut(frame, window, 64))
    np.testing.assert_allclose(found.values, maps.reshape(64, -1).max(1), rtol=1e-4, atol=1e-5)
    assert (found.boxes == [100, 60, 96, 96]).all()
    row, column = divmod(int(maps[5].argmax()), maps.shape[2])
    np.testing.assert_allclose(found.spots[5], [100 + 1.5 * (4 * column + 0.5), 60 + 1.5 * (4 * row + 0.5)])


def test_the_lists_of_the_gallery_equal_looking_at_every_crop(network, tmp_path):
    with make_project(tmp_path) as project:
        rows = [row for row in project.regions() if row.state == "visible"]
        medium = project.media()[0].id
        folder = project.folder
    lists = TopPlaces(channels_of(network, LAYER))
    done = look_through(network, LAYER, folder, lists, Control())
    assert (done.seen, done.crops, done.problem) == (len(rows), len(rows), "")
    with open_medium(tmp_path / "clip.mp4") as clip:
        values = {}
        for row in rows:
            frame = clip.frame(row.frame)
            window = crop_window(Box(row.x, row.y, row.width, row.height), 64, 320, 240)
            values[row.id] = answers(network, cut(frame, window, 64)).reshape(64, -1).max(1)
    for channel in (0, 9, 40):
        best = {}
        for row in rows:  # of one track: a place is 10 frames of the object, or of what is beside it
            key = row.frame // 10, row.label
            best[key] = max(best.get(key, -np.inf), float(values[row.id][channel]))
        entries = lists.best(channel)
        np.testing.assert_allclose([each.value for each in entries], sorted(best.values(), reverse=True), rtol=1e-4)
        assert {each.medium for each in entries} == {medium}


def test_looking_through_can_be_cancelled_and_says_what_cannot_be_read(network, tmp_path):
    with make_project(tmp_path) as project:
        folder = project.folder
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        look_through(network, LAYER, folder, TopPlaces(64), control)
    (tmp_path / "clip.mp4").unlink()
    with pytest.raises(InputError, match=r"clip\.mp4"):
        look_through(network, LAYER, folder, TopPlaces(64), Control())


def test_no_name_is_the_first_convolution_and_a_class_has_no_place(network):
    assert layer_called(network, "") == "conv1" and layer_called(network, "layer3") == "layer3"
    found = on_frame(network, "fc", picture(0))
    assert found.values.shape == (200,) and np.isnan(found.spots).all()
    assert (found.boxes == [0, 0, 320, 240]).all()
    with pytest.raises(InputError):
        on_frame(network, "layer9", picture(0))


def test_the_strongest_cell_in_a_picture_as_it_is(network):
    pixels = picture(3)[:128, :128]
    assert strongest_in(network, LAYER, 5, pixels) == pytest.approx(answers(network, pixels)[5].max(), rel=1e-4)
