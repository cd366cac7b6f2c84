"""A head as an ONNX file with everything inside, for programs that run without torch; tried before it is given away."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.cards import Card
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.files import making, own_place, sha256_of
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.export import traced
from studio.ml.heads.head import Head, save_head
from studio.ml.heads.head_module import HeadModule
from studio.ml.heads.own_network import load_own_network

INPUT, OUTPUT = "pictures", "scores"
TOLERANCE = 1e-3  # of a score in 0…1
ENDINGS = (".onnx", ".safetensors", ".card.json", ".selftest.npz")
POOL, KEPT = 256, 12  # pictures that are drawn for the self-test, and that go into it at most

Pictures = NDArray[np.uint8]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class ExportedHead:
    """The files of an exported head, and what came of trying them.

    Attributes:
        files: the ONNX file, the head's own weights, the card, the self-test.
        differences: by runtime the largest difference of a score in the self-test; None where it cannot run the file.
        problems: a sentence for each runtime that does not agree, or cannot run the file.
    """

    files: tuple[Path, ...]
    differences: Mapping[str, float | None]
    problems: tuple[str, ...]


def export_onnx(head: Head, file: Path, control: Control) -> ExportedHead:
    """Write `head` as NAME.onnx and, beside it, NAME.safetensors, NAME.card.json and NAME.selftest.npz.

    The ONNX file takes `pictures`, float32 `(n, 3, s, s)` RGB 0…255 in any number, and gives `scores`, float32
    `(n, outputs)`: all that is done with the pictures before the network is inside. The self-test holds `pictures`
    uint8 `(n, s, s, 3)` and the `scores` of the head for them, computed by torch in float32, and is run once by OpenCV
    and, where it is installed, onnxruntime.

    Args:
        head: of any kind that stands on a torch network.
        file: where to, NAME.onnx.
        control: asked between the steps.

    Raises:
        InputError: one of the files is there already, the folder is not, or the head or its backbone does not fit.
        StudioError: the network cannot be written as ONNX.
    """
    files = tuple(file.with_name(file.stem + ending) for ending in ENDINGS)
    if taken := next((each for each in files if each.exists()), None):
        raise InputError(f"{taken} is there already; nothing is overwritten, choose another name")
    if not file.parent.is_dir():
        raise InputError(f"there is no folder {file.parent}; make it first")
    control.progress(0.0, "loading the network")
    backbone = exact_backbone(head)
    control.progress(0.2, "writing the network")
    module = HeadModule(head, backbone)
    side = backbone.input_size
    example = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 3, side, side)).astype(np.float32))
    program = traced(module, example, f"the head {head.card.name}", INPUT, OUTPUT)
    control.progress(0.7, "trying it")
    pictures, scores = self_test(head, backbone)
    with making(file.parent), own_place(file.parent) as place:
        graph = place / files[0].name
        program.save(str(graph), external_data=False)
        differences, problems = _tried(graph, pictures, scores)
        control.checkpoint()
        saved = save_head(head, place / "head")
        (place / "head" / "weights.safetensors").rename(place / files[1].name)
        _card(saved, head.card.name, graph, side, differences).write(place / files[2].name)
        np.savez(place / files[3].name, pictures=pictures, scores=scores, outputs=np.array(outputs_of(head)))
        for each in files:
            (place / each.name).rename(each)
    return ExportedHead(files, differences, tuple(problems))


def exact_backbone(head: Head) -> Backbone:
    """What `head` stands on, in float32 on the processor, whatever this machine would choose.

    Raises:
        InputError: as `Networks.of`.
    """
    compute = replace(choose("cpu"), dtype=torch.float32)
    name = head.named_backbone
    backbone = load_own_network(head, compute) if name is None else load_backbone(name, compute)
    head.check(backbone)
    return backbone


def outputs_of(head: Head) -> list[str]:
    """What the columns of an exported head's scores stand for."""
    return head.card.outputs


def scores_of(head: Head, backbone: Backbone, pictures: Pictures) -> Scores:
    """What the head itself says of pictures, background included: float32 `(n, outputs)`."""
    embeddings = backbone.embed(pictures)
    return head.crop_scores(embeddings) if head.layers is None else head.layers.probabilities(embeddings)


def self_test(head: Head, backbone: Backbone) -> tuple[Pictures, Scores]:
    """Pictures and the head's scores for them, as different from each other as drawn pictures get.

    Args:
        head: any.
        backbone: what it stands on.
    """
    pool = _drawn(POOL, backbone.input_size)
    scores = scores_of(head, backbone, pool)
    chosen = [int(scores.max(1).argmax())]
    apart = np.abs(scores - scores[chosen[0]]).max(1)
    while len(chosen) < KEPT and apart.max() > 0:
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.abs(scores - scores[chosen[-1]]).max(1))
    return pool[chosen], scores[chosen]


def _drawn(count: int, side: int) -> Pictures:
    """Pictures of soft blotches, stripes and noise: uint8 `(count, side, side, 3)`, the same at every call."""
    random = np.random.default_rng(0)
    found = np.empty((count, side, side, 3), np.uint8)
    for number in range(count):
        cells = int(random.integers(1, 17))
        coarse = random.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
        way = cv2.INTER_NEAREST if number % 3 == 0 else cv2.INTER_CUBIC
        drawn = cv2.resize(coarse, (side, side), interpolation=way)
        noise = random.normal(0, 30 * random.uniform(), (side, side, 3))
        found[number] = np.clip(drawn + noise, 0, 255).astype(np.uint8)
    return found


def _tried(graph: Path, pictures: Pictures, scores: Scores) -> tuple[dict[str, float | None], list[str]]:
    """The largest difference by runtime, and what is wrong with any."""
    ready = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32)
    differences: dict[str, float | None] = {}
    problems = []
    for name, run in RUNTIMES.items():
        if name != "opencv" and importlib.util.find_spec(name) is None:
            continue
        try:
            found = run(graph, ready)
        except Exception as error:  # noqa: BLE001 - each runtime fails in its own ways
            differences[name] = None
            problems.append(f"{name} cannot run it: {str(error).strip().splitlines()[0]}")
            continue
        difference = float(np.abs(found - scores).max()) if found.shape == scores.shape else None
        differences[name] = None if difference is None or np.isnan(difference) else difference
        if difference is None:
            problems.append(f"{name} gives scores of another shape")
        elif np.isnan(difference):
            problems.append(f"{name} gives scores that are no numbers")
        elif difference > TOLERANCE:
            problems.append(f"{name} gives other scores: they differ by up to {difference:.2g}")
    return differences, problems


def _opencv(graph: Path, ready: Scores) -> Scores:
    net = cv2.dnn.readNetFromONNX(str(graph))
    net.setInput(ready, INPUT)
    return np.asarray(net.forward())


def _onnxruntime(graph: Path, ready: Scores) -> Scores:
    onnxruntime = importlib.import_module("onnxruntime")  # few have it, and nothing here needs it
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    return np.asarray(session.run([OUTPUT], {INPUT: ready})[0])


RUNTIMES: dict[str, Callable[[Path, Scores], Scores]] = {"opencv": _opencv, "onnxruntime": _onnxruntime}


def _card(saved: Head, name: str, graph: Path, side: int, differences: Mapping[str, float | None]) -> Card:
    outputs = outputs_of(saved)
    facts = {
        "file": graph.name,
        "sha256": sha256_of(graph),
        "input": {"name": INPUT, "type": "float32", "shape": ["n", 3, side, side], "holds": "RGB, 0…255"},
        "output": {"name": OUTPUT, "type": "float32", "shape": ["n", len(outputs)], "holds": outputs},
        "tolerance": TOLERANCE,
        "differences": {runtime: each for runtime, each in differences.items() if each is not None},
        "fails": [runtime for runtime, each in differences.items() if each is None],
    }
    return saved.card.model_copy(update={"name": name, "onnx": facts})
