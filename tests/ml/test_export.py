"""The ONNX file of a backbone, run by OpenCV."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from studio.core.errors import StudioError
from studio.ml import export
from studio.ml.backbones.loading import load_backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.device import choose
from studio.ml.export import INPUT, OUTPUT, export_embedding


def backbone(dtype: torch.dtype) -> NetworkBackbone:
    found = load_backbone(None, replace(choose("cpu"), dtype=dtype))
    assert isinstance(found, NetworkBackbone)
    return found


def test_the_file_gives_the_backbones_embeddings_for_any_batch(tmp_path: Path) -> None:
    exact = backbone(torch.float32)
    crops = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    wanted = exact.embed(crops)
    path = tmp_path / "backbone.onnx"
    export_embedding(exact, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["backbone.onnx"]  # weights inside
    graph = onnx.load(path).graph
    assert [graph.input[0].name, graph.output[0].name] == [INPUT, OUTPUT]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param
    net = cv2.dnn.readNetFromONNX(str(path))
    ready = (crops / 255 - exact.card.mean) / exact.card.std
    for count in (1, 3):
        net.setInput(np.ascontiguousarray(ready[:count].transpose(0, 3, 1, 2), np.float32))
        np.testing.assert_allclose(net.forward(), wanted[:count], atol=1e-3 * np.abs(wanted).max())
    np.testing.assert_array_equal(exact.embed(crops), wanted)  # exporting leaves the backbone as it is


def test_a_file_that_gives_something_else_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "TOLERANCE", 0.0)
    with pytest.raises(StudioError, match="other embeddings"):
        export_embedding(backbone(torch.float32), tmp_path / "x.onnx")


def test_rounded_weights_are_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="float32"):
        export_embedding(backbone(torch.bfloat16), tmp_path / "x.onnx")
