"""Dense search of whole frames, against the bare backbone on the same pyramid and against the talk's loop."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio.bench.search_references import TalkLoop, by_itself
from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.geometry import Box, iou_matrix
from studio.core.scores import MATCH_IOU
from studio.ml.backbones.loading import BUNDLED, load_backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.demo_clip import FRAMES, HEIGHT, WIDTH, demo_frames
from studio.ml.device import Compute
from studio.ml.grid_windows import GridWindows
from studio.ml.heads.dense import DensePart, detect
from studio.ml.heads.dense_fit import fit_dense
from studio.ml.heads.dense_frames import LabelledFrame
from studio.ml.pyramid import Level, level_size, pyramid, resized

OBJECT_PIXELS = 96
TAUGHT = 10  # frames of the first half
TIMED = 30  # frames of the second half
JUDGED = 20
DECISION = 0.5  # score

Picture = NDArray[np.uint8]


class _Reached(Exception):
    """Ends a forward at the map layer."""


@dataclass
class _Searcher:
    """Our search and the bare backbone in one number format."""

    backbone: NetworkBackbone
    part: DensePart

    def __post_init__(self) -> None:
        layer = self.backbone.module.get_submodule(self.backbone.map_layer)
        self._layer, self._compute = layer, self.backbone.compute
        self.part = self.part.to(self._compute.device)

    def levels(self, frame: Picture) -> list[Level]:
        return list(pyramid(self.backbone, frame, self.part.exponents))

    def find(self, frame: Picture) -> Detections:
        """All that detection does with a frame, from pixels to boxes."""
        return detect([self.part], self.levels(frame), WIDTH, HEIGHT)

    def windows(self, frame: Picture) -> int:
        _, rows, columns = self.part.kernel.shape
        return sum(len(GridWindows(level, columns, rows)) for level in self.levels(frame))

    def ready(self, frame: Picture) -> list[torch.Tensor]:
        """The pictures of the pyramid on the device, normalised and in whole cells."""
        stride = self.backbone.stride
        sizes = [level_size(exponent, WIDTH, HEIGHT, stride) for exponent in self.part.exponents]
        pictures = [torch.from_numpy(resized(frame, size)).permute(2, 0, 1)[None] for size in sizes if size]
        prepared = [self.backbone.prepare(picture) for picture in pictures]
        return [functional.pad(p, (0, -p.shape[3] % stride, 0, -p.shape[2] % stride)) for p in prepared]

    @torch.inference_mode()
    def bare(self, ready: list[torch.Tensor]) -> None:
        """The network alone, up to the layer whose output the maps are."""
        handle = self._layer.register_forward_hook(_leave)
        for picture in ready:
            try:
                self.backbone.module(picture)
            except _Reached:
                continue
        handle.remove()


def _leave(*_: object) -> None:
    raise _Reached


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Time ours and the bare network in turn on the same frames of the demo, so that a busy moment hits both.

    Returns:
        `ratio` (windows a second, ours / the talk's loop), `times_backbone` (our time for a frame, from uint8 to
        boxes / the bare network's on the ready pictures of the same pyramid), frames a second by number format,
        `recall` of the dense search and of windows cut out and scored each by itself, and what was measured.
    """
    control.progress(0.0, "the clip")
    clip = list(demo_frames())
    chosen = compute.dtype
    first = _load(compute)
    control.progress(0.1, "a head")
    part = fit_dense(first, _taught(clip), 0, Control(lambda *_: control.checkpoint())).part
    searchers = {_name(chosen): _Searcher(first, part)}
    if chosen != torch.float32:
        exact = _load(replace(compute, dtype=torch.float32))
        searchers[_name(torch.float32)] = _Searcher(exact, part)
    control.progress(0.4, "the talk's loop")
    talk = TalkLoop(clip[: FRAMES // 2])
    later = clip[FRAMES // 2 :]
    frames = [frame for frame, _ in later[:: len(later) // TIMED]]
    median = _race(searchers, talk, frames, control)
    control.progress(0.7, "windows by themselves")
    recall = _recall(searchers[_name(chosen)], later, control)
    ours = searchers[_name(chosen)]
    windows, spent = ours.windows(frames[0]), median[_name(chosen)]
    speeds = {"ours": windows / spent, "talk": TalkLoop.WINDOWS / median["talk"]}
    return {
        "ratio": round(speeds["ours"] / speeds["talk"], 1),
        "reference": "the talk's loop: four windows cut and resized, one cv2.dnn forward each, scikit-learn's SVC",
        "times_backbone": round(spent / median[f"bare {_name(chosen)}"], 3),
        "fps": {name: round(1 / median[name], 1) for name in searchers},
        "milliseconds": {name: round(1000 * seconds, 2) for name, seconds in median.items()},
        "windows": {"ours": windows, "talk": TalkLoop.WINDOWS},
        "windows_per_second": {name: round(speed) for name, speed in speeds.items()},
        "recall": recall,
        "frame": f"{WIDTH}×{HEIGHT}",
        "object_pixels": OBJECT_PIXELS,
        "levels": [f"{p.shape[3]}×{p.shape[2]}" for p in ours.ready(frames[0])],
        "dtype": _name(chosen),
        "device": compute.reason,
    }


def _load(compute: Compute) -> NetworkBackbone:
    backbone = load_backbone(BUNDLED, compute)
    assert isinstance(backbone, NetworkBackbone)
    return backbone


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _taught(clip: list[tuple[Picture, Box | None]]) -> list[LabelledFrame]:
    """Frames of the first half on which the object is nearest to the wanted size, as many above it as below."""
    sizes = {n: math.sqrt(box.width * box.height) for n, (_, box) in enumerate(clip[: FRAMES // 2]) if box}
    below = sorted((n for n in sizes if sizes[n] < OBJECT_PIXELS), key=lambda n: -sizes[n])
    above = sorted((n for n in sizes if sizes[n] >= OBJECT_PIXELS), key=lambda n: sizes[n])
    half = TAUGHT // 2
    chosen = sorted(below[: 3 * half : 3] + above[: 3 * half : 3])
    return [LabelledFrame(clip[n][0], np.array([clip[n][1]], np.float64), number=n) for n in chosen]


def _race(searchers: dict[str, _Searcher], talk: TalkLoop, frames: list[Picture], control: Control) -> dict[str, float]:
    """Median seconds a frame of each way.

    Ours and the bare network take turns at being first, and the two number formats and the talk's loop have rounds of
    their own: what ran before leaves its weights in the cache and its threads awake.
    """
    rounds: list[dict[str, Callable[[Picture], object]]] = [
        {name: searcher.find, f"bare {name}": _bare(searcher, frames[0])} for name, searcher in searchers.items()
    ]
    rounds.append({"talk": talk.predict})
    compute = next(iter(searchers.values())).backbone.compute
    median: dict[str, float] = {}
    for place, ways in enumerate(rounds):
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for turn, frame in enumerate([frames[0], frames[0], *frames]):
            control.progress(0.5 + 0.2 * place / len(rounds), "speed")
            for name in list(ways) if turn % 2 else reversed(ways):
                compute.synchronize()
                started = time.perf_counter()
                ways[name](frame)
                compute.synchronize()
                if turn > 1:  # the first ones warm up
                    seconds[name].append(time.perf_counter() - started)
        median |= {name: statistics.median(values) for name, values in seconds.items()}
    return median


def _bare(searcher: _Searcher, frame: Picture) -> Callable[[Picture], object]:
    ready = searcher.ready(frame)
    return lambda _frame: searcher.bare(ready)


def _recall(searcher: _Searcher, clip: list[tuple[Picture, Box | None]], control: Control) -> dict[str, Any]:
    """The share of objects found by the dense search, and by scoring the windows one at a time."""
    there = [(frame, np.array([box], np.float64)) for frame, box in clip if box]
    there = there[:: max(len(there) // JUDGED, 1)][:JUDGED]
    found = {"dense": 0, "by_itself": 0}
    for number, (frame, box) in enumerate(there):
        control.progress(0.7 + 0.3 * number / len(there), "windows by themselves")
        alone = by_itself(searcher.backbone, searcher.part, frame, box, np.random.default_rng(number))
        for name, detections in (("dense", searcher.find(frame)), ("by_itself", alone)):
            found[name] += bool((iou_matrix(detections.above(DECISION).boxes, box) > MATCH_IOU).any())
    return {name: round(count / len(there), 3) for name, count in found.items()} | {"frames": len(there)}
