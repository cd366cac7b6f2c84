"""Small ONNX graphs with the input and output names of the talk's ppresnet50."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES, FEATURES = "save_infer_model/scale_0.tmp_0", "save_infer_model/scale_1.tmp_0"
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
SIDE = 32
_RANDOM = np.random.default_rng(2)
KERNEL = _RANDOM.normal(size=(6, 3, 8, 8)).astype(np.float32)
CLASSIFIER = _RANDOM.normal(size=(6, 4)).astype(np.float32)


def write(path: Path, batch: int | str = "n", rows: int = -1) -> Path:
    """A convolution of stride 8 (`map`), a ReLU (`cells`), their mean as features, and classes.

    Args:
        path: where to.
        batch: first axis of the input: a number where it is fixed.
        rows: of the reshape before the features; 1 makes a graph that takes single crops only.
    """
    nodes = [
        helper.make_node("Conv", ["inputs", "kernel"], ["map"], strides=[8, 8]),
        helper.make_node("Relu", ["map"], ["cells"]),
        helper.make_node("GlobalAveragePool", ["cells"], ["pooled"]),
        helper.make_node("Reshape", ["pooled", "shape"], [FEATURES]),
        helper.make_node("MatMul", [FEATURES, "classifier"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [CLASSES], axis=1),
    ]
    tensors = {"kernel": KERNEL, "classifier": CLASSIFIER, "shape": np.array([rows, 6], np.int64)}
    graph = helper.make_graph(
        nodes,
        "talk",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info(CLASSES, TensorProto.FLOAT, [batch, 4]),
            helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, [batch, 6]),
        ],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def features(crops: np.ndarray) -> np.ndarray:
    """What the graph gives for uint8 crops, worked out with numpy alone."""
    x = ((crops / 255 - MEAN) / STD).astype(np.float32)
    cells = x.reshape(len(x), SIDE // 8, 8, SIDE // 8, 8, 3)
    return np.maximum(np.einsum("nrycxk,dkyx->ndrc", cells, KERNEL), 0).mean((2, 3))
