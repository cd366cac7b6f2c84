"""A backbone as an ONNX file, for programs that run without torch."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import cv2
import numpy as np
import torch

from studio.core.errors import StudioError
from studio.ml.backbones.network import NetworkBackbone

INPUT, OUTPUT = "pictures", "embedding"
TOLERANCE = 1e-3  # of the largest value: float32 in another order of sums


def export_embedding(backbone: NetworkBackbone, path: Path) -> None:
    """Write the network of `backbone`, from pictures to embeddings, as one float32 ONNX file.

    Its input `pictures` is float32 `(batch, 3, s, s)` RGB, normalised with the mean and std of the backbone's card,
    any batch; its output `embedding` is `(batch, embedding_size)`. The file is run once with OpenCV and compared.

    Args:
        backbone: on the processor and in float32, so that no weight is rounded.
        path: where to; replaced if it exists.

    Raises:
        ValueError: the backbone is in another format or place.
        StudioError: the network cannot be written as ONNX, or OpenCV finds other embeddings in it.
    """
    if backbone.compute.dtype != torch.float32 or backbone.compute.device.type != "cpu":
        raise ValueError("only a backbone in float32 on the processor is exported")
    # ONNX knows one memory order, and the exporter would write a transposition for each tensor in another.
    network = copy.deepcopy(backbone.module).to(memory_format=torch.contiguous_format)
    side = backbone.input_size
    example = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 3, side, side), np.float32))
    program = traced(network, example, f"the backbone {backbone.name}", INPUT, OUTPUT)
    program.save(str(path), external_data=False)
    with torch.inference_mode():
        wanted = network(example).numpy()
    try:
        graph = cv2.dnn.readNetFromONNX(str(path))
        graph.setInput(example.numpy())
        found = np.asarray(graph.forward())
    except cv2.error as error:
        raise StudioError(f"OpenCV cannot run {path}, the ONNX file of {backbone.name}: {error.err}") from error
    if found.shape != wanted.shape or np.abs(found - wanted).max() > TOLERANCE * np.abs(wanted).max():
        raise StudioError(f"{path}, the ONNX file of {backbone.name}, gives other embeddings than the network")


def traced(
    network: torch.nn.Module, example: torch.Tensor, what: str, taken: str, given: str
) -> torch.onnx.ONNXProgram:  # fmt: skip
    """A network as an ONNX program for any batch.

    Args:
        network: in evaluation mode, in the usual memory order.
        example: an input of two or more.
        what: it is, for errors.
        taken, given: names of the input and the output.

    Raises:
        StudioError: it cannot be written as ONNX.
    """
    batch = {0: torch.export.Dim("batch", min=1)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own use of what torch deprecates
            program = torch.onnx.export(
                network,
                (example,),
                input_names=[taken],
                output_names=[given],
                dynamic_shapes=(batch,),
                dynamo=True,
                verbose=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise StudioError(f"{what} cannot be written as ONNX: {reason}") from error
    assert program is not None  # it always is with dynamo
    return program
