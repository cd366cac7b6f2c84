"""What is explained is the score itself: the head's own, a class, a channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.core.errors import InputError
from studio.core.geometry import Box, crop_window, iou_matrix
from studio.ml.crops import cut
from studio.ml.grid_windows import GridWindows
from studio.ml.heads.dense import boxes_of, peaks
from studio.ml.looking.capture import Capture
from studio.ml.pyramid import pyramid
from studio.ml.reasons.sights import OVERLAP, ChannelOf, ClassOf, LabelOf, sight
from tests.moving_square import box_at, picture

PLACES = [box_at(5), Box(3, 180, 50, 44), Box(250, 2, 69, 100), Box(0, 0, 320, 240)]


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("box", PLACES)
def test_the_margin_of_a_crop_is_that_of_the_head(networks, heads, kernel, box):
    head, backbone, frame = heads[kernel], networks.backbone(), picture(5)
    seen = sight(networks, frame, box, LabelOf(head, "cup"))
    crop = cut(frame, crop_window(box, 64, 320, 240), 64)
    expected = head.crop[0].margins(backbone.embed(crop[None]))[0]
    assert float(seen.score(seen.pixels)[0]) == pytest.approx(expected, abs=1e-4)
    np.testing.assert_array_equal(seen.picture, crop)
    assert seen.calibration == head.crop[0].calibration


def test_the_margin_of_a_head_on_a_stage_is_that_of_the_head(networks, heads):
    backbone = networks.backbone("resnet18-64px@layer3:grid")
    head, frame = heads["linear"], picture(5)
    random = np.random.default_rng(0)
    part = replace(head.crop[0], support=torch.from_numpy(random.normal(size=(len(head.crop[0].support), 1024)) / 32))
    card = head.card.model_copy(update={"backbone": backbone.name})
    staged = replace(head, card=card, crop=(part,))
    seen = sight(networks, frame, box_at(5), LabelOf(staged, "cup"))
    expected = part.margins(backbone.embed(seen.picture[None]))[0]
    assert float(seen.score(seen.pixels)[0]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("number", [5, 9, 21])
def test_the_margin_of_a_window_is_that_of_the_dense_search(networks, heads, number):
    part, frame = heads["rbf"].dense[0], picture(number)
    found = peaks(part, list(pyramid(networks.backbone(), frame, part.exponents)))
    margins, boxes = np.concatenate([each.margins for each in found]), boxes_of(part, found)
    best = int(margins.argmax())
    assert iou_matrix(boxes[best : best + 1], np.array([box_at(number)]))[0, 0] > 0.5
    seen = sight(networks, frame, Box(*boxes[best]), LabelOf(heads["rbf"], "cup", dense=True))
    assert float(seen.score(seen.pixels)[0]) == pytest.approx(margins[best], abs=1e-4)
    whole = sight(networks, frame, None, LabelOf(heads["rbf"], "cup", dense=True))
    assert float(whole.score(whole.pixels)[0]) == pytest.approx(margins.max(), abs=1e-4)
    assert iou_matrix(np.array([seen.place]), np.array([box_at(number)]))[0, 0] > 0.5


@pytest.mark.parametrize("corner", ["first", "last"])
def test_a_window_that_lies_partly_beyond_the_frame_is_that_of_the_dense_search(networks, heads, corner):
    part, frame = heads["rbf"].dense[0], picture(5)[:231, :309]  # the last cells are cut
    _, rows, columns = part.kernel.shape
    [level] = pyramid(networks.backbone(), frame, [part.exponent])
    grid = GridWindows(level, columns, rows)
    index = 0 if corner == "first" else len(grid) - 1
    box = Box(*grid.boxes(np.array([index]))[0])
    only = replace(heads["rbf"], dense=(replace(part, kernel=part.kernel.roll(1, 0)),))
    expected = grid.margins(only.dense[0].kernel[None], torch.tensor([part.bias])).flatten()
    around = iou_matrix(np.array([box]), grid.boxes())[0] >= OVERLAP
    seen = sight(networks, frame, box, LabelOf(only, "cup", dense=True))
    assert float(seen.score(seen.pixels)[0]) == pytest.approx(float(expected[around].max()), abs=1e-4)
    assert seen.place.x >= 0 and seen.place.y >= 0
    assert seen.place.x + seen.place.width <= 309.01 and seen.place.y + seen.place.height <= 231.01
    assert seen.picture.shape[:2] == seen.pixels.shape[2:] and seen.picture.size < 3 * 48 * 48


def test_a_score_has_gradients_that_differences_confirm(networks, heads):
    for dense in (False, True):
        seen = sight(networks, picture(5), box_at(5), LabelOf(heads["rbf"], "cup", dense))
        pixels = seen.pixels.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(seen.score(pixels).sum(), pixels)
        direction = gradient / gradient.norm()
        step = 1e-2
        with torch.no_grad():
            ahead, behind = seen.score(seen.pixels + step * direction), seen.score(seen.pixels - step * direction)
        assert float((ahead - behind)[0]) / (2 * step) == pytest.approx(float(gradient.norm()), rel=0.05)


def test_a_class_and_a_channel_of_a_network(networks):
    looked = networks.looked()
    seen = sight(networks, picture(5), box_at(5), ClassOf(None))
    with torch.no_grad():
        outputs = looked.module(seen.pixels)[0]
        assert float(seen.score(seen.pixels)[0]) == pytest.approx(float(outputs.max()), abs=1e-4)
        number = int(outputs.argmax())
        assert seen.title == f"{looked.card.class_names[number]} (class {number} of 200 of resnet18-64px)"
        channel = sight(networks, picture(5), box_at(5), ChannelOf(None, "conv1", 3))
        expected = torch.nn.functional.conv2d(channel.pixels, looked.module.conv1.weight, stride=2, padding=3)[
            0, 3
        ].mean()
        assert float(channel.score(channel.pixels)[0]) == pytest.approx(float(expected), abs=1e-5)


def test_no_pixel_is_computed_that_a_window_does_not_see(networks, heads):
    """Its margin is still that of the dense search, which computes whole frames: see above."""
    seen = sight(networks, picture(5), box_at(5), LabelOf(heads["rbf"], "cup", dense=True))
    assert seen.pixels.shape[2:] == (48, 48)
    reach = 49  # of layer2, on each side: 99 pixels in all
    assert seen.score.around.shape[2:] == (48 + 2 * 56, 48 + 2 * 56) and 56 - 8 < reach <= 56
    pixels = seen.score.around.clone().requires_grad_()
    output = networks.looked().module
    with Capture(output, ["layer2"]) as capture:
        output(pixels)
    cells = capture.outputs["layer2"][:, :, 7:13, 7:13].sum()
    (gradient,) = torch.autograd.grad(cells, pixels)
    assert gradient[..., 3:-3, 3:-3].abs().sum() > 0 and not gradient[..., :6, :].any()


def test_each_label_of_a_head_has_its_own_score(networks, heads):
    one, other = heads["rbf"], heads["linear"]
    card = one.card.model_copy(update={"labels": ("cup", "hand")})
    turned = replace(one.dense[0], kernel=one.dense[0].kernel.flip(2))
    both = replace(one, card=card, crop=(one.crop[0], other.crop[0]), dense=(one.dense[0], turned))
    for dense in (False, True):
        expected = [
            sight(networks, picture(5), box_at(5), LabelOf(head, "cup", dense))
            for head in (one, replace(other, dense=(turned,)))
        ]
        for label, alone in zip(("cup", "hand"), expected, strict=True):
            seen = sight(networks, picture(5), box_at(5), LabelOf(both, label, dense))
            assert seen.title == label and seen.place == alone.place
            assert float(seen.score(seen.pixels)[0]) == float(alone.score(alone.pixels)[0])


def test_a_class_without_a_name_has_a_number(networks):
    assert sight(networks, picture(5), None, ClassOf("tiny-cnn", 3)).title == "class 3 of 10 of tiny-cnn"


def test_what_a_network_does_not_have_is_said(networks):
    with pytest.raises(InputError, match="classes 0 to 199"):
        sight(networks, picture(5), None, ClassOf(None, 200))
    with pytest.raises(InputError, match="no layer 'conv9'"):
        sight(networks, picture(5), None, ChannelOf(None, "conv9", 0))
    seen = sight(networks, picture(5), None, ChannelOf(None, "conv1", 64))
    with pytest.raises(InputError, match="channels 0 to 63"):
        seen.score(seen.pixels)
