"""The layers of an ONNX graph, as `studio.ml.looking.layers` gives those of a torch network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from studio.core.errors import InputError
from studio.ml.backbones.graph import nodes_in, read_graph
from studio.ml.looking import field_rules as rules
from studio.ml.looking.field_rules import Arguments, Known, Rule
from studio.ml.looking.fields import Field, Interval
from studio.ml.looking.filters import FilterBank, bank_of
from studio.ml.looking.layers import LayerRow, seen

_ELEMENTWISE = (
    "Add Sub Mul Div Pow Sqrt Neg Abs Exp Log Relu LeakyRelu PRelu Elu Selu Celu Clip Sigmoid HardSigmoid HardSwish "
    "Tanh Softplus Softsign Erf Gelu Mish Min Max Sum Mean Where BatchNormalization LRN Dropout Identity Cast"
)
_WITHOUT_PICTURE = ("Shape", "Size")  # what follows from shapes says nothing of the pixels


def graph_layers(path: Path, side: int = 224) -> tuple[list[LayerRow], int]:
    """Rows of the operators that the picture goes through, and the side of that picture.

    Args:
        path: the file.
        side: of the picture in pixels, where the graph leaves its size free.

    Raises:
        InputError: no ONNX file or a damaged one, operators that ONNX does not define, or a first input that is no
            picture.
    """
    model = read_graph(path)
    _refuse_unknown(model, path)
    _refuse_standstill(model, path)
    name, shape = _fix_input(model, path, side)
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (onnx.shape_inference.InferenceError, RuntimeError) as error:
        raise InputError(f"the shapes in {path} cannot be told ({str(error).splitlines()[0]})") from None
    try:
        return _Walk(inferred, name, shape).rows(), max(shape[2:])
    except _Misfit as error:
        raise InputError(f"{path} is damaged: {error}") from None
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # Onnx does not check what an operator needs; a damaged file can lack any of it, or have it twice as long.
        raise InputError(f"{path} is damaged: an operator in it lacks what it needs ({error})") from None


def graph_filters(path: Path, layer: str) -> FilterBank:
    """The filters of a convolution in a graph, by its name as in `graph_layers`.

    Raises:
        InputError: as `read_graph`; no such layer, no convolution of pictures, or the file does not hold its weights.
    """
    nodes = read_graph(path).graph
    node = next((node for node in nodes.node if (node.name or node.output) and _name(node) == layer), None)
    if node is None:
        raise InputError(f"{path} has no layer {layer!r}; studio layers lists them")
    if node.op_type != "Conv":
        raise InputError(f"{layer} has no filters: it is a {node.op_type}, no convolution")
    weights = {tensor.name: tensor for tensor in nodes.initializer}
    weights |= {each.output[0]: _constant(each) for each in nodes.node if each.op_type == "Constant"}
    tensor = weights.get(node.input[1]) if len(node.input) > 1 else None
    if tensor is None:
        raise InputError(f"the filters of {layer} are worked out while the graph runs: the file does not hold them")
    try:
        array = numpy_helper.to_array(tensor).astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: the filters of {layer} cannot be read ({error})") from None
    if array.ndim != 4 or not array.size:
        raise InputError(f"{layer} has no filters over pictures: its weights have {array.ndim} axes")
    return bank_of(layer, array)


def _name(node: onnx.NodeProto) -> str:
    """Of the node, or of what it puts out: many files name only that."""
    return node.name or node.output[0]


def _refuse_unknown(model: onnx.ModelProto, path: Path) -> None:
    own = {(function.domain, function.name) for function in model.functions}
    foreign = sorted(
        {
            f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            for node in nodes_in(model.graph)
            if not onnx.defs.has(node.op_type, node.domain) and (node.domain, node.op_type) not in own
        }
    )
    if foreign:
        raise InputError(
            f"{path} has operators that ONNX does not define, so its layers are not known: {', '.join(foreign)}"
        )


def _refuse_standstill(model: onnx.ModelProto, path: Path) -> None:
    """Windows that do not move on or cover nothing: onnx would divide by it."""
    for node in nodes_in(model.graph):
        for fact in node.attribute:
            if fact.name in ("strides", "dilations", "kernel_shape") and any(number < 1 for number in fact.ints):
                raise InputError(f"{path} is damaged: {_name(node)} has {fact.name} {list(fact.ints)}")


def _fix_input(model: onnx.ModelProto, path: Path, side: int) -> tuple[str, tuple[int, ...]]:
    """Give the input of the graph one picture of a fixed size; its name and shape."""
    weights = {tensor.name for tensor in model.graph.initializer}
    entry = next((entry for entry in model.graph.input if entry.name not in weights), None)
    sizes = entry.type.tensor_type.shape.dim if entry is not None else []
    if entry is None or len(sizes) != 4:
        raise InputError(f"the first input of {path} is no picture (n, channels, height, width)")
    for size, wanted in zip(sizes, (1, 3, side, side), strict=True):
        if size.dim_value <= 0:
            size.dim_value = wanted
    sizes[0].dim_value = 1
    del model.graph.value_info[:]  # what was told for another size
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return entry.name, tuple(size.dim_value for size in sizes)


class _Misfit(Exception):
    """Weights that are for something else than what comes in."""


class _Walk:
    """One pass over the nodes of a graph in their order, which is that of their calls."""

    def __init__(self, model: onnx.ModelProto, picture: str, shape: tuple[int, ...]) -> None:
        self._graph, self._longest = model.graph, max(shape[2:])
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._shapes = {picture: shape}
        for info in (*model.graph.value_info, *model.graph.output):
            sizes = info.type.tensor_type.shape.dim
            if info.type.tensor_type.HasField("shape") and all(size.HasField("dim_value") for size in sizes):
                self._shapes[info.name] = tuple(size.dim_value for size in sizes)
        rows, columns = (Interval(0.0, 0.0, 1.0, 0.0, count) for count in shape[2:])
        self._fields: dict[str, Known] = {picture: Field(rows, columns, (2, 3))}
        self._counted: set[str] = set()

    def rows(self) -> list[LayerRow]:
        return [row for node in self._graph.node if (row := self._row(node)) is not None]

    def _row(self, node: onnx.NodeProto) -> LayerRow | None:
        if node.op_type == "Constant":
            self._weights[node.output[0]] = _constant(node)
        elif node.op_type == "Identity" and node.input[0] in self._weights:
            self._weights[node.output[0]] = self._weights[node.input[0]]
        from_picture = [self._fields[name] for name in node.input if name in self._fields]
        if not from_picture or node.op_type in _WITHOUT_PICTURE:
            return None
        field = self._field(node, from_picture)
        for name in node.output:
            self._fields[name] = field
        name = _name(node)
        return LayerRow(
            name,
            node.op_type,
            self._shapes.get(node.output[0], ())[1:],
            self._parameters(node),
            *seen(field, self._longest),
            name.strip("/").count("/"),
        )

    def _parameters(self, node: onnx.NodeProto) -> int:
        """Learned numbers that `node` is the first to use: floating, and no single ones, which are settings."""
        names = node.input[:3] if node.op_type == "BatchNormalization" else node.input  # its statistics are not learned
        own = [self._weights[name] for name in names if name in self._weights and name not in self._counted]
        self._counted.update(node.input)
        floating = (
            onnx.TensorProto.FLOAT,
            onnx.TensorProto.FLOAT16,
            onnx.TensorProto.DOUBLE,
            onnx.TensorProto.BFLOAT16,
        )
        return sum(math.prod(tensor.dims) for tensor in own if tensor.data_type in floating and tensor.dims)

    def _field(self, node: onnx.NodeProto, fields: list[Known]) -> Known:
        shape = self._shapes.get(node.output[0])
        source = self._shapes.get(node.input[0])
        if node.op_type == "Conv" and source is not None:
            self._check_weights(node, source)
        if shape is None or source is None:
            return None
        rule, given = self._rule(node, _blank(source), _blank(shape))
        return rule(fields, given, _blank(shape))

    def _rule(self, node: onnx.NodeProto, source: torch.Tensor, output: torch.Tensor) -> tuple[Rule, Arguments]:
        """The rule for an operator, and what it needs to know."""
        facts = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        match node.op_type:
            case "Conv" | "MaxPool" | "AveragePool" if source.ndim == 4:
                return rules.window, _window(facts, self._kernel(node, facts), source, output)
            case "GlobalAveragePool" | "GlobalMaxPool":
                return rules.adaptive, {}
            case "ReduceMean":
                axes = facts.get("axes") or self._numbers(node, 1)
                return rules.mean, {"input": source, "dim": axes}
            case "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze":
                return rules.reshaped, {"args": (source,)}
            case "Transpose":
                return rules.permuted, {"args": (source, *facts.get("perm", ()))}
            case "Gemm" | "MatMul" if node.input[1] in self._weights:
                return rules.last_axes, {"input": source}
            case "LayerNormalization":
                return rules.last_axes, {"input": source, "normalized_shape": source.shape[facts.get("axis", -1) :]}
            case "InstanceNormalization" | "GroupNormalization":
                return rules.everything, {}
            case "Softmax" | "LogSoftmax":
                return rules.along_channels, {"dim": facts.get("axis", -1)}
            case "Concat":
                return rules.side_by_side, {"dim": facts["axis"]}
            case kind if kind in _ELEMENTWISE.split():
                return rules.merged, {}
        return rules.unknown, {}

    def _check_weights(self, node: onnx.NodeProto, source: tuple[int, ...]) -> None:
        """Raise a _Misfit where the weights of a convolution do not fit what it gets."""
        weight, groups = self._weights.get(node.input[1]), next((f.i for f in node.attribute if f.name == "group"), 1)
        if weight is None or len(source) < 2:
            return
        if groups < 1 or len(weight.dims) != len(source) or weight.dims[1] * groups != source[1]:
            shape = " × ".join(map(str, weight.dims))
            parts = f" in {groups} groups" if groups != 1 else ""
            raise _Misfit(f"{_name(node)} has weights {shape}{parts}, and gets {source[1]} channels")

    def _kernel(self, node: onnx.NodeProto, facts: dict[str, Any]) -> tuple[int, ...]:
        if "kernel_shape" in facts:
            return tuple(facts["kernel_shape"])
        weight = self._weights.get(node.input[1])
        return tuple(weight.dims[2:]) if weight is not None else self._shapes[node.input[1]][2:]

    def _numbers(self, node: onnx.NodeProto, index: int) -> list[int]:
        known = len(node.input) > index and node.input[index] in self._weights
        return np.ravel(numpy_helper.to_array(self._weights[node.input[index]])).tolist() if known else []


def _constant(node: onnx.NodeProto) -> onnx.TensorProto:
    """The value of a Constant, which may also be a plain number or a list of them."""
    value = onnx.helper.get_attribute_value(node.attribute[0])
    return value if isinstance(value, onnx.TensorProto) else numpy_helper.from_array(np.array(value))


def _blank(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.empty(shape, device="meta")


def _window(facts: dict[str, Any], kernel: tuple[int, ...], source: torch.Tensor, output: torch.Tensor) -> Arguments:
    """Kernel, stride, padding before the first row and column, and dilation of a convolution or a pooling."""
    stride, dilation = facts.get("strides", [1, 1]), facts.get("dilations", [1, 1])
    padding = list(facts.get("pads", [0, 0, 0, 0]))[:2]
    automatic = facts.get("auto_pad", b"NOTSET").decode()
    if automatic.startswith("SAME"):
        for axis in (0, 1):
            reach = (output.shape[2 + axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1
            missing = max(reach - source.shape[2 + axis], 0)
            padding[axis] = -(-missing // 2) if automatic == "SAME_LOWER" else missing // 2
    return {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
