"""Receptive fields against a gradient of ones, and against the closed formula where there are no skips."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from studio.ml.backbones import architectures
from studio.ml.classics import CLASSICS
from studio.ml.looking.capture import Capture
from studio.ml.looking.layers import LayerRow, layers
from studio.ml.looking.network import LookedNetwork, load_looked


def all_ones(module: nn.Module) -> nn.Module:
    """The same geometry with equal positive weights, and a mean for each maximum: every path lets gradients through."""
    module = module.to_empty(device="cpu").double().eval().requires_grad_(False)
    for name, child in list(module.named_modules()):
        if isinstance(child, (nn.Conv2d, nn.Linear)):
            child.weight.fill_(1 / child.weight[0].numel())
            if child.bias is not None:
                child.bias.zero_()
        elif isinstance(child, nn.BatchNorm2d):
            child.reset_running_stats()
            child.weight.fill_(1)
            child.bias.zero_()
        elif isinstance(child, nn.MaxPool2d):
            mean = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
            module.set_submodule(name, mean)
    return module


def support(module: nn.Module, layer: str, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last row and column of the picture that the centre cell of `layer` depends on, and that cell."""
    picture = torch.ones(shape, dtype=torch.float64, requires_grad=True)
    with Capture(module, [layer], leave_after=True) as capture:
        output = capture.run(picture)[layer]
    cell = tuple(size // 2 for size in output.shape[2:])
    output[(0, slice(None), *cell)].sum().backward()
    assert picture.grad is not None
    seen = picture.grad[0].abs().sum(0) > 0
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    return (int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])), cell


@pytest.mark.parametrize(
    ("name", "layer", "side"),
    [
        ("resnet18", "layer2.1.conv2", 256),
        ("resnet18", "layer2.0.downsample.0", 128),
        ("densenet121", "features.denseblock1.denselayer6.conv2", 160),
        ("googlenet", "inception3a.branch3.1.conv", 128),
        ("googlenet", "inception3b.branch1.conv", 192),
        ("inception_v3", "Mixed_5c.branch_pool.conv", 224),
        ("mobilenet_v2", "features.6.conv.2", 160),
        ("shufflenet_v2_x1_0", "stage2.1.branch2.3", 160),
        ("vgg16", "features.23", 160),
        ("squeezenet1_1", "features.6.squeeze", 128),
        ("mnasnet1_0", "layers.9.0.layers.3", 128),
    ],
)
def test_a_gradient_of_ones_reaches_exactly_the_receptive_field(name, layer, side, cpu):
    module = architectures.without_weights(name, 10)
    row = next(row for row in layers(LookedNetwork(name, None, module, cpu, 224), side, side) if row.name == layer)
    module.classifier = nn.Identity()  # that of VGG would take a gigabyte, and the forward ends before it
    (top, bottom, left, right), cell = support(all_ones(module), layer, (1, 3, side, side))
    assert row.receptive_field is not None and row.stride is not None and row.offset is not None
    assert bottom - top + 1 == right - left + 1 == row.receptive_field
    for first, last, place in ((top, bottom, cell[0]), (left, right, cell[1])):
        assert (first + last) / 2 == row.offset + place * row.stride


def closed_formula(windows: list[nn.Module]) -> list[tuple[int, int]]:
    """Field and stride behind each window: r += (k - 1) · j, j *= s."""
    field, step, found = 1, 1, []
    for window in windows:
        kernel, stride = (size if isinstance(size, int) else size[0] for size in (window.kernel_size, window.stride))
        field, step = field + (kernel - 1) * step, step * stride
        found.append((field, step))
    return found


@pytest.mark.parametrize("name", ["vgg16", "vgg11", "alexnet"])
def test_networks_without_skips_follow_the_closed_formula(name, cpu):
    module = architectures.without_weights(name, 10)
    found = {row.name: row for row in layers(LookedNetwork(name, None, module, cpu, 224))}
    windows = {
        f"features.{index}": child
        for index, child in enumerate(module.features)
        if isinstance(child, (nn.Conv2d, nn.MaxPool2d))
    }
    expected = dict(zip(windows, closed_formula(list(windows.values())), strict=True))
    assert {key: (found[key].receptive_field, found[key].stride) for key in expected} == expected


def row_of(name: str, layer: str, cpu) -> LayerRow:
    return next(row for row in layers(load_looked(name, cpu, shapes_only=True)) if row.name == layer)


def test_known_numbers(cpu):
    assert row_of("resnet18", "layer4.1.conv2", cpu).receptive_field == 435  # Araujo et al. have it for ResNet-18 v1
    assert row_of("vgg16", "features.30", cpu).receptive_field == 212  # theirs too
    assert row_of("alexnet", "features.12", cpu).receptive_field == 195


@pytest.mark.parametrize(("name", "layer", "expected"), [("small-cnn", "dense1", 26), ("lenet5", "c5", 32)])
def test_a_layer_that_reads_all_places_sees_what_they_see_together(name, layer, expected, cpu):
    row = row_of(name, layer, cpu)
    assert row.receptive_field == expected
    module = all_ones(CLASSICS[name].build())
    side = CLASSICS[name].input_size
    picture = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    if name == "lenet5":
        module.s2.weight.fill_(1), module.s4.weight.fill_(1), module.s2.bias.zero_(), module.s4.bias.zero_()
    with Capture(module, [layer]) as capture:
        capture.run(picture)[layer].sum().backward()
    assert int((picture.grad[0, 0].sum(0) > 0).sum()) == expected


def test_after_a_global_pooling_a_value_sees_the_picture_and_has_no_place(cpu):
    for layer in ("avgpool", "fc"):
        row = row_of("resnet18", layer, cpu)
        assert (row.receptive_field, row.stride, row.offset) == (224, None, None)


def test_squeeze_and_excitation_makes_cells_see_everything_and_keep_their_place(cpu):
    rows = {row.name: row for row in layers(load_looked("mobilenet_v3_large", cpu, shapes_only=True))}
    assert rows["features.3.block.1.0"].receptive_field < 224
    last = rows["features.4.block.3.0"]
    assert last.receptive_field == 224 and last.stride == 8 and last.offset is not None


def test_tokens_see_their_patch_until_attention_mixes_them(cpu):
    rows = {row.name: row for row in layers(load_looked("vit_b_16", cpu, shapes_only=True))}
    assert (rows["conv_proj"].receptive_field, rows["conv_proj"].stride) == (16, 16)
    before = rows["encoder.layers.encoder_layer_0.ln_1"]
    assert (before.receptive_field, before.stride, before.shape) == (16, None, (197, 768))
    for layer in ("encoder.layers.encoder_layer_0.self_attention", "encoder.ln", "heads.head"):
        assert rows[layer].receptive_field == 224


def test_layers_that_put_channels_last_are_followed(cpu):
    rows = {row.name: row for row in layers(load_looked("convnext_tiny", cpu, shapes_only=True))}
    block = rows["features.1.0.block.5"]  # the second linear layer of the first block, behind a convolution of 7 × 7
    assert (block.receptive_field, block.stride) == (4 + 6 * 4, 4)


def test_windows_of_attention_cannot_be_told_but_the_pooled_whole_can(cpu):
    rows = {row.name: row for row in layers(load_looked("swin_t", cpu, shapes_only=True))}
    assert rows["features.0.0"].receptive_field == 4
    assert rows["features.3.0.mlp.0"].receptive_field is None
    assert rows["head"].receptive_field == 224


def test_networks_of_other_kinds_can_be_listed(cpu):
    for name in ("efficientnet_b0", "regnet_y_400mf", "swin_v2_t", "googlenet"):
        rows = layers(load_looked(name, cpu, shapes_only=True))
        assert rows[-1].shape == (1000,) and rows[-1].receptive_field is not None, name
