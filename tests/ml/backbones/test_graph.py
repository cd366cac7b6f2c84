"""ONNX backbones through OpenCV, on small graphs made like the talk's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from studio.core.cards import BackboneCard
from studio.core.errors import InputError
from studio.ml.backbones.graph import GraphBackbone
from studio.ml.device import choose
from tests.ml.backbones import graphs


def crops(count: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (count, graphs.SIDE, graphs.SIDE, 3), np.uint8)


def open_graph(path: Path, output: str | None = graphs.FEATURES, side: int = graphs.SIDE) -> GraphBackbone:
    card = BackboneCard(
        name="talk", architecture="onnx", licence="", source="", sha256="0" * 64, input_size=side, output=output
    )
    return GraphBackbone(card, path, choose("cpu"))


@pytest.mark.parametrize(
    ("batch", "rows"), [("n", -1), (1, 1), ("n", 1)], ids=["batches", "one by one", "says batches and is not"]
)
def test_features_are_those_of_the_formula(tmp_path: Path, batch: int | str, rows: int) -> None:
    backbone = open_graph(graphs.write(tmp_path / "talk.onnx", batch, rows))
    images = crops(37)
    found = backbone.embed(images)
    assert (found.dtype, found.shape, backbone.embedding_size) == (np.float32, (37, 6), 6)
    np.testing.assert_allclose(found, graphs.features(images), rtol=1e-4, atol=1e-3)


def test_results_are_not_overwritten_by_the_next_call(tmp_path: Path) -> None:
    backbone = open_graph(graphs.write(tmp_path / "talk.onnx"))
    first = backbone.embed(crops(2))
    kept = first.copy()
    backbone.embed(255 - crops(2))
    np.testing.assert_array_equal(first, kept)


def test_an_output_with_positions_is_averaged(tmp_path: Path) -> None:
    path = graphs.write(tmp_path / "talk.onnx")
    images = crops(3)
    np.testing.assert_allclose(open_graph(path, "cells").embed(images), graphs.features(images), rtol=1e-4, atol=1e-3)


def test_without_a_choice_the_last_output_is_taken(tmp_path: Path) -> None:
    assert open_graph(graphs.write(tmp_path / "talk.onnx"), None).embedding_size == 6


def test_says_why_it_has_no_maps(tmp_path: Path) -> None:
    backbone = open_graph(graphs.write(tmp_path / "talk.onnx"))
    assert not backbone.has_maps
    with pytest.raises(InputError, match=r"talk has no spatial feature maps \(it is an ONNX graph"):
        backbone.maps(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))


def test_an_unknown_output_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"no output 'features'; there are: {graphs.CLASSES}, {graphs.FEATURES}"):
        open_graph(graphs.write(tmp_path / "talk.onnx"), "features")


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = graphs.write(tmp_path / "talk.onnx")
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "text": b"no network at all", "empty": b""}[damage])
    with pytest.raises(InputError, match="cut short or no ONNX file") as caught:
        open_graph(path)
    assert str(path) in str(caught.value)


def test_a_graph_that_does_not_fit_is_one_line(tmp_path: Path) -> None:
    path = graphs.write(tmp_path / "talk.onnx", rows=3)
    with pytest.raises(InputError, match="OpenCV cannot run") as caught:
        open_graph(path)
    assert "\n" not in str(caught.value)


def test_weights_in_another_file_are_refused(tmp_path: Path) -> None:
    path = graphs.write(tmp_path / "talk.onnx")
    graph = onnx.load(path)
    onnx.save(graph, path, save_as_external_data=True, location="elsewhere.bin", size_threshold=0)
    with pytest.raises(InputError, match="in another file"):
        open_graph(path)
