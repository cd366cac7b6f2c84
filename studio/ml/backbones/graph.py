"""A backbone that is an ONNX graph, run by OpenCV: embeddings of crops, no dense maps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.ml.backbones.base import Backbone
from studio.ml.device import Compute

_BATCH = 16

Tensor = NDArray[np.float32]


class GraphBackbone(Backbone):
    """An ONNX graph and the output that holds its features; one `cv2.dnn` net, which keeps state between calls.

    Features with positions (4-D, or the 3-D tokens of a transformer) are averaged over them. OpenCV computes on the
    processor in float32, whatever `compute` says.
    """

    def __init__(self, card: BackboneCard, path: Path, compute: Compute) -> None:
        """Read and try the graph.

        Raises:
            InputError: no ONNX file, no such output, or a graph that OpenCV cannot run at the card's input size.
        """
        self.card, self.compute = card, compute
        graph = read_graph(path)
        self._output = _choose_output(graph, card.output, path)
        self._scale = (1 / (255 * np.array(card.std))).astype(np.float32)
        self._shift = (-np.array(card.mean) / np.array(card.std)).astype(np.float32)
        content = np.frombuffer(graph.SerializeToString(), np.uint8)
        side = card.input_size
        try:
            self._net = cv2.dnn.readNetFromONNX(content)
            self.embedding_size = self._forward(np.zeros((1, side, side, 3), np.uint8)).shape[1]
        except cv2.error as error:
            reason = (error.err or str(error)).strip().splitlines()[0]
            raise InputError(f"OpenCV cannot run {path} on crops of {side} pixels ({reason})") from None
        self._batch = _BATCH if _declares_batches(graph) and self._runs_two() else 1
        if self._batch == 1:
            self._net = cv2.dnn.readNetFromONNX(content)  # a failed run may have left it half prepared

    @property
    def why_no_maps(self) -> str:
        return "it is an ONNX graph of fixed input size"

    def prepare(self, crops: NDArray[np.uint8]) -> Tensor:
        """Normalise crops `(n, s, s, 3)` into the float32 `(n, 3, s, s)` that the graph takes."""
        side = crops.shape[1]
        rows = crops.reshape(-1, side * 3).astype(np.float32)
        rows *= np.tile(self._scale, side)
        rows += np.tile(self._shift, side)
        return np.ascontiguousarray(rows.reshape(crops.shape).transpose(0, 3, 1, 2))

    def _embed(self, crops: NDArray[np.uint8]) -> Tensor:
        starts = range(0, len(crops), self._batch)
        return np.concatenate([self._forward(crops[start : start + self._batch]) for start in starts])

    def _runs_two(self) -> bool:
        side = self.card.input_size
        try:
            return self._forward(np.zeros((2, side, side, 3), np.uint8)).shape == (2, self.embedding_size)
        except (cv2.error, InputError):
            return False

    def _forward(self, crops: NDArray[np.uint8]) -> Tensor:
        self._net.setInput(self.prepare(crops))
        features = self._net.forward(self._output)
        if features.ndim == 4:
            features = features.mean((2, 3))
        elif features.ndim == 3:
            features = features.mean(1)
        count = len(crops)
        if not features.size or math.prod(features.shape) % count:
            raise InputError(f"the output {self._output} of {self.name} is no feature of each crop: {features.shape}")
        # The net owns its output and writes it again at the next call.
        return features.reshape(count, -1).astype(np.float32, copy=True)


def read_graph(path: Path) -> onnx.ModelProto:
    """The graph in a file, its weights with it.

    Raises:
        InputError: no ONNX file, cut short, or with its weights elsewhere.
    """
    try:
        graph = onnx.load_from_string(path.read_bytes())
    except DecodeError:
        raise InputError(f"{path} is cut short or no ONNX file") from None
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    if not graph.graph.node or not graph.graph.output:
        raise InputError(f"{path} is cut short or no ONNX file")
    if not all(isinstance(text, str) for text in _texts(graph.graph)):  # else protobuf gives the bytes themselves
        raise InputError(f"{path} is damaged: a name in it is no text")
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in graph.graph.initializer):
        raise InputError(f"{path} keeps its weights in another file; save them in one")
    return graph


def nodes_in(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """The nodes of a graph, also those of branches and loops."""
    for node in graph.node:
        yield node
        for fact in node.attribute:
            for inner in (fact.g, *fact.graphs):
                yield from nodes_in(inner)


def _texts(graph: onnx.GraphProto) -> Iterator[object]:
    for node in nodes_in(graph):
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
        yield from (fact.name for fact in node.attribute)
    yield from (each.name for each in (*graph.initializer, *graph.input, *graph.output, *graph.value_info))


def _choose_output(graph: onnx.ModelProto, wanted: str | None, path: Path) -> str:
    """The tensor that holds the features; one inside the graph is made an output of it."""
    outputs = [output.name for output in graph.graph.output]
    if wanted is None:
        return outputs[-1]
    if wanted in outputs:
        return wanted
    if wanted not in {name for node in graph.graph.node for name in node.output}:
        raise InputError(f"{path} has no output {wanted!r}; there are: {', '.join(outputs)}")
    inner = {info.name: info for info in onnx.shape_inference.infer_shapes(graph).graph.value_info}
    if wanted not in inner:
        raise InputError(f"the shape of {wanted!r} in {path} is not known; its outputs are: {', '.join(outputs)}")
    graph.graph.output.append(inner[wanted])
    return wanted


def _declares_batches(graph: onnx.ModelProto) -> bool:
    """Whether the first axis of the input is free; where it is not, a trial can end the process with OpenCV 5.0."""
    weights = {tensor.name for tensor in graph.graph.initializer}
    inputs = [entry for entry in graph.graph.input if entry.name not in weights]
    sizes = inputs[0].type.tensor_type.shape.dim if inputs else []
    return bool(sizes) and sizes[0].dim_value <= 0
