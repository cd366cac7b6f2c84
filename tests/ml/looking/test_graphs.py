"""The rows of ONNX graphs: as those of the same network in torch; what is unknown is one line."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from studio.core.errors import InputError
from studio.ml.looking.graphs import graph_filters, graph_layers
from studio.ml.looking.layers import layers
from studio.ml.looking.network import LookedNetwork
from tests.ml.backbones import graphs


def save(path, nodes, weights, size=(1, 3, 32, 32), domains=("",)):
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    opsets = [helper.make_opsetid(domain, 17) for domain in domains]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


class Skip(nn.Module):
    """Strided, dilated, pooled with a skip, and judged."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 7, stride=2, padding=3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.branch = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.relu = nn.ReLU()
        self.average = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.judge = nn.Linear(4, 5)

    def forward(self, picture):
        pooled = self.pool(self.stem(picture))
        return self.judge(self.flatten(self.average(self.relu(self.branch(pooled) + pooled))))


def write_skip(path, size):
    normal = np.random.default_rng(0).normal
    weights = {
        name: normal(size=shape).astype(np.float32)
        for name, shape in {
            "w1": (4, 3, 7, 7),
            "b1": (4,),
            "w2": (4, 4, 3, 3),
            "b2": (4,),
            "w3": (5, 4),
            "b3": (5,),
        }.items()
    }
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["a"], "stem", strides=[2, 2], pads=[3, 3, 3, 3]),
        helper.make_node("MaxPool", ["a"], ["b"], "pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["b", "w2", "b2"], ["c"], "branch", dilations=[2, 2], pads=[2, 2, 2, 2]),
        helper.make_node("Add", ["b", "c"], ["d"], "add"),
        helper.make_node("Relu", ["d"], ["e"], "relu"),
        helper.make_node("GlobalAveragePool", ["e"], ["f"], "average"),
        helper.make_node("Flatten", ["f"], ["g"], "flatten"),
        helper.make_node("Gemm", ["g", "w3", "b3"], ["h"], "judge", transB=1),
    ]
    return save(path, nodes, weights, size)


@pytest.mark.parametrize("size", [(1, 3, 64, 64), ("n", 3, "h", "w")])
def test_a_graph_has_the_rows_of_the_same_network_in_torch(tmp_path, cpu, size):
    rows, side = graph_layers(write_skip(tmp_path / "net.onnx", size), 64)
    expected = layers(LookedNetwork("skip", None, Skip(), cpu, 64))
    assert side == 64
    found = [row for row in rows if row.name != "add"]
    assert [row.name for row in found] == [row.name for row in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours.shape, ours.parameters, ours.receptive_field) == (
            theirs.shape,
            theirs.parameters,
            theirs.receptive_field,
        ), ours.name
        assert (ours.stride, ours.offset) == (theirs.stride, theirs.offset), ours.name


def test_the_talks_graph_is_followed_to_its_classes(tmp_path):
    rows, side = graph_layers(graphs.write(tmp_path / "talk.onnx"))
    assert side == 32
    assert [(row.kind, row.receptive_field) for row in rows] == [
        ("Conv", 8),
        ("Relu", 8),
        ("GlobalAveragePool", 32),
        ("Reshape", 32),
        ("MatMul", 32),
        ("Softmax", 32),
    ]


def test_padding_that_is_left_to_the_graph_is_worked_out(tmp_path):
    weights = {"w": np.ones((2, 3, 3, 3), np.float32)}
    path = save(
        tmp_path / "same.onnx",
        [
            helper.make_node("Conv", ["x", "w"], ["a"], "upper", strides=[2, 2], auto_pad="SAME_UPPER"),
            helper.make_node("AveragePool", ["a"], ["b"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        ],
        weights,
    )
    rows, _ = graph_layers(path)
    assert [(row.shape, row.receptive_field, row.stride, row.offset) for row in rows] == [
        ((2, 16, 16), 3, 2, 1.0),  # 33 pixels for 16 cells: the missing one is behind the last
        ((2, 8, 8), 5, 4, 2.0),
    ]


def test_unknown_operators_are_one_clear_line(tmp_path):
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Sparkle", ["a"], ["b"], domain="com.example"),
        helper.make_node("Nonsense", ["b"], ["c"]),
    ]
    path = save(tmp_path / "odd.onnx", nodes, {"w": np.ones((2, 3, 3, 3), np.float32)}, domains=("", "com.example"))
    with pytest.raises(InputError, match=r"does not define.*Nonsense, com\.example\.Sparkle") as error:
        graph_layers(path)
    assert "\n" not in str(error.value)


def test_operators_inside_a_branch_are_known_or_not_as_well(tmp_path):
    branch = helper.make_graph(
        [helper.make_node("Nonsense", ["x"], ["z"])],
        "branch",
        [],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
    )
    nodes = [helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)]
    path = save(tmp_path / "if.onnx", nodes, {"c": np.array(True)})
    with pytest.raises(InputError, match=r"does not define.*Nonsense"):
        graph_layers(path)


def test_constants_may_be_plain_numbers(tmp_path):
    nodes = [
        helper.make_node("Constant", [], ["half"], value_float=0.5),
        helper.make_node("Constant", [], ["sizes"], value_ints=[1, -1]),
        helper.make_node("Mul", ["x", "half"], ["a"]),
        helper.make_node("Reshape", ["a", "sizes"], ["y"]),
    ]
    rows, _ = graph_layers(save(tmp_path / "plain.onnx", nodes, {}))
    assert [(row.kind, row.shape, row.parameters) for row in rows] == [("Mul", (3, 32, 32), 0), ("Reshape", (3072,), 0)]


def test_filters_are_the_weights_in_the_file(tmp_path):
    path = graphs.write(tmp_path / "talk.onnx")
    bank = graph_filters(path, "map")
    np.testing.assert_array_equal(bank.weights, graphs.KERNEL)
    np.testing.assert_allclose(bank.norms, np.sqrt((graphs.KERNEL**2).sum((1, 2, 3))), rtol=1e-5)
    with pytest.raises(InputError, match="cells has no filters: it is a Relu"):
        graph_filters(path, "cells")
    with pytest.raises(InputError, match="no layer 'other'"):
        graph_filters(path, "other")
    nodes = [
        helper.make_node("Constant", [], ["w"], value=numpy_helper.from_array(np.ones((2, 3, 1, 1), np.float16))),
        helper.make_node("Conv", ["x", "w"], ["a"], "first"),
        helper.make_node("Conv", ["x", "a"], ["b"], "made"),
    ]
    path = save(tmp_path / "made.onnx", nodes, {})
    assert graph_filters(path, "first").weights.shape == (2, 3, 1, 1)
    with pytest.raises(InputError, match="worked out while the graph runs"):
        graph_filters(path, "made")


@pytest.mark.parametrize(
    ("weights", "facts", "said"),
    [
        ((2, 4, 3, 3), {}, "upper has weights 2 × 4 × 3 × 3, and gets 3 channels"),
        ((2, 3, 3), {}, "upper has weights 2 × 3 × 3, and gets 3 channels"),
        ((4, 3, 3, 3), {"group": 2}, "upper has weights 4 × 3 × 3 × 3 in 2 groups, and gets 3 channels"),
        ((2, 3, 3, 3), {"strides": [0, 1]}, r"upper has strides \[0, 1\]"),
        ((2, 3, 3, 3), {"dilations": [1, -1]}, r"upper has dilations \[1, -1\]"),
    ],
)
def test_a_convolution_that_does_not_fit_is_one_clear_line(tmp_path, weights, facts, said):
    nodes = [helper.make_node("Conv", ["x", "w"], ["a"], "upper", **facts), helper.make_node("Relu", ["a"], ["b"])]
    path = save(tmp_path / "odd.onnx", nodes, {"w": np.ones(weights, np.float32)})
    with pytest.raises(InputError, match=f"is damaged: {said}") as error:
        graph_layers(path)
    assert "\n" not in str(error.value)


def test_a_damaged_operator_is_one_clear_line(tmp_path):
    path = save(tmp_path / "odd.onnx", [helper.make_node("Transpose", ["x"], ["y"], perm=[0, 1])], {})
    with pytest.raises(InputError, match="is damaged") as error:
        graph_layers(path)
    assert "\n" not in str(error.value)


def test_what_is_no_graph_of_pictures_is_refused(tmp_path):
    (tmp_path / "cut.onnx").write_bytes(graphs.write(tmp_path / "talk.onnx").read_bytes()[:50])
    with pytest.raises(InputError, match="cut short or no ONNX file"):
        graph_layers(tmp_path / "cut.onnx")
    path = save(tmp_path / "flat.onnx", [helper.make_node("Relu", ["x"], ["a"])], {}, size=(1, 5))
    with pytest.raises(InputError, match="no picture"):
        graph_layers(path)


@pytest.mark.parametrize("text", [b"Transpose", b"secret"])
def test_a_name_that_is_no_text_is_one_clear_line(tmp_path, text):
    path = save(tmp_path / "odd.onnx", [helper.make_node("Transpose", ["x"], ["y"], "secret", perm=[0, 1, 2, 3])], {})
    path.write_bytes(path.read_bytes().replace(text, b"\xac" + text[1:]))
    with pytest.raises(InputError, match="is damaged: a name in it is no text"):
        graph_layers(path)
