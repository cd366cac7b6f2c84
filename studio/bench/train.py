"""Training a network, against forward and backward alone on the same batches."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from studio.bench.fit import store_regions, write_clip
from studio.core.augmentation import Augmentation
from studio.core.control import Control
from studio.core.geometry import Box, place_window
from studio.core.media.pictures import write_picture
from studio.core.project import Edit, LabelRow, Project, RegionRow, new_id
from studio.core.project.media import add_medium
from studio.core.runs import RunRecord
from studio.core.training.examples import Examples, read_examples
from studio.ml.backbones.loading import BUNDLED
from studio.ml.crops import Picture, cut
from studio.ml.demo_clip import demo_frames
from studio.ml.device import Compute
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest
from studio.ml.training.batches import Batch, Batches
from studio.ml.training.loop import Tally, train_one_epoch
from studio.ml.training.memory import Portions
from studio.ml.training.network import ADDED, ALL, TrainableNetwork, from_backbone, from_scratch
from studio.ml.training.objective import Classification
from studio.ml.training.parallel import ALONE
from studio.ml.training.phases import Settings, make_optimizer
from studio.ml.training.steps import Precision, Stepper
from studio.ml.training.store import open_store

CROPS, CROPS_GPU = 640, 8192
BATCH, BATCH_GPU = 64, 128
ROUNDS = 4
FAST, SIDE = 1_000, 64  # pictures that fast-transfer is tried on, and how large they are
RECIPES = {"frozen": ADDED, "warm-up": ALL}  # what learns in the phase that takes longest


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Crops a second of epochs as recipes train them, and of the same batches, made before, in a bare loop.

    ResNet-18 at 64 pixels; on a GPU ResNet-50 at 224 with fewer bits as well. Rounds take turns.
    """
    gpu = compute.device.type == "cuda"
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        truth = write_clip(clip)
        frames = [(frame, box) for frame, box in demo_frames() if box is not None]
        fast = _fast_transfer(Path(folder) / "fast", frames, compute)
        control.progress(0.2, "crops")
        with Project.create(Path(folder) / "project") as project:
            store_regions(project, clip, truth, CROPS_GPU if gpu else CROPS)
            found = {}
            for name, trained in RECIPES.items():
                network = from_backbone(BUNDLED, 2, compute)
                network.thaw(trained)
                found[name] = _Trial(project, network, BATCH, compute, control).measured()
            if gpu:
                network = from_scratch("resnet50", 2, compute)
                found["resnet50 at 224"] = _Trial(project, network, BATCH_GPU, compute, control).measured()
    return {
        "reference": "forward and backward on the same batches, which were made before, in a loop of its own",
        "ratio": min(each["ratio"] for each in found.values()),
        "recipes": found,
        "fast_transfer": fast,
        "device": str(compute.device),
    }


class _Trial:
    """A network that is trained by the loop and by bare steps, in turns."""

    def __init__(
        self, project: Project, network: TrainableNetwork, size: int, compute: Compute, control: Control
    ) -> None:
        self._network, self._compute, self._control = network, compute, control
        examples: Examples = read_examples(project, network.input_size)
        started = time.perf_counter()
        store = open_store(project, examples, network.input_size, control)
        self._reading = time.perf_counter() - started
        settings = Settings()
        self._batches = Batches(examples, store, "train", compute.device, size=size, augmentation=Augmentation())
        self._objective, self._precision = Classification(), Precision(compute, mixed=True)
        optimizer = make_optimizer(network.named_parameters(), settings)
        portions = Portions(lambda text: None)
        self._stepper = Stepper(network, self._objective, optimizer, settings, self._precision, portions, ALONE)
        network.train()

    def measured(self) -> dict[str, Any]:
        made = list(self._batches.epoch(0))
        ours, bare = [], []
        for number in range(ROUNDS + 1):
            self._control.progress(number / (ROUNDS + 1), f"round {number}")
            ours.append(self._timed(lambda epoch=number: self._train(epoch)))  # type: ignore[misc]
            bare.append(self._timed(lambda: self._bare(made)))
        ours, bare = ours[1:], bare[1:]  # the first round warms up
        crops = self._batches.crops
        return {
            "ratio": round(statistics.median(b / a for a, b in zip(ours, bare, strict=True)), 3),
            "crops_a_second": round(crops / statistics.median(ours), 1),
            "bare_crops_a_second": round(crops / statistics.median(bare), 1),
            "crops": crops,
            "side": self._network.input_size,
            "bits": str(self._precision.dtype or torch.float32).removeprefix("torch."),
            "reading_seconds": round(self._reading, 2),
        }

    def _timed(self, work: Callable[[], None]) -> float:
        self._compute.synchronize()
        started = time.perf_counter()
        work()
        self._compute.synchronize()
        return time.perf_counter() - started

    def _train(self, epoch: int) -> None:
        tally = Tally(self._compute.device)
        train_one_epoch(self._stepper, self._batches, epoch, lambda done: 1e-4, tally, lambda done: None)

    def _bare(self, made: list[Batch]) -> None:
        network = self._network
        for batch in made:
            network.zero_grad()
            with self._precision.autocast():
                outputs = network(batch.pictures)
            functional.cross_entropy(outputs.float(), batch.targets).backward()


def _fast_transfer(folder: Path, frames: list[tuple[Picture, Box]], compute: Compute) -> dict[str, Any]:
    """Seconds of the whole recipe on pictures, from regions to a head that was judged: first, and with what is kept."""
    write_pictures(folder / "pictures", frames)
    with Project.create(folder / "project") as project:
        medium = add_medium(project, folder / "pictures", "stills", FAST, SIDE, SIDE)
        labels = [LabelRow(new_id(), name, color, "") for name, color in (("flower", "#4c9aff"), ("ground", "#f0883e"))]
        project.apply(Edit.rows("labels", labels))
        whole = (0.0, 0.0, float(SIDE), float(SIDE))
        rows = [
            RegionRow(new_id(), medium.id, n, labels[n % 2].id, None, *whole, "human", True, None, False, "visible")
            for n in range(FAST)
        ]
        project.apply(Edit.rows("regions", rows))
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        record = run_recipe(TrainRequest(folder / "project", "fast-transfer", {}, str(compute.device)), Control())
        seconds.append(round(time.perf_counter() - started, 2))
    return {"crops": FAST, "seconds": seconds[1], "seconds_of_the_first": seconds[0], "accuracy": _accuracy(record)}


def write_pictures(folder: Path, frames: list[tuple[Picture, Box]]) -> None:
    """By turns a flower and what is anywhere beside it."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(FAST):
        frame, box = frames[number // 2 * len(frames) // (FAST // 2)]
        height, width = frame.shape[:2]
        x, y = box.centre if number % 2 == 0 else ((box.x + width * random.uniform(0.3, 0.7)) % width, height / 4)
        write_picture(folder / f"{number:04}.png", cut(frame, place_window(x, y, SIDE, width, height), SIDE))


def _accuracy(record: RunRecord) -> float | None:
    return record.validation["accuracy"] if record.validation else None
