"""Train a backbone from labelled pictures, as the bundled one was made, and judge it.

Usage: python tools/pretrain_backbone.py PICTURES OUT [--epochs 25] [--size 64] [--architecture resnet18] [--clips X]

PICTURES is as `labelled_pictures.read_labelled` takes it: class folders, or tars. OUT gets `weights.safetensors`
(float16) and `card.json`; `studio models add OUT/weights.safetensors --architecture … --classes N --name …` takes it
into use. X holds videos or folders of pictures with `NAME.truth.txt` beside them: on each the main job is done with
the new backbone. Several processes: torchrun --nproc-per-node N tools/pretrain_backbone.py …. A run that was
interrupted goes on with --resume.

The bundled weights took 100 minutes on two processor cores for 25 epochs of 100,000 pictures of 64 pixels.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from labelled_pictures import Labelled, PictureBatches, read_labelled
from safetensors.torch import save

from studio.cli.manners import Progress
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.files import sha256_of_bytes
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.project import Project
from studio.core.scores import true_boxes
from studio.core.truth import read_truth
from studio.ml.backbones.architectures import feeding, find_map_layer, without_weights
from studio.ml.backbones.loading import load_folder
from studio.ml.detecting import evaluate
from studio.ml.device import Compute, choose
from studio.ml.heads.fit import fit
from studio.ml.labelling import LabelRequest, label
from studio.ml.training.fitting import fit_network
from studio.ml.training.network import TrainableNetwork, from_scratch
from studio.ml.training.objective import Classification
from studio.ml.training.parallel import Group, joined, own_device
from studio.ml.training.phases import Phase, Settings

PEAK_RATE, LABEL_SMOOTHING = 0.1, 0.1


# What it is worth ----------------------------------------------------------------------------------------------------


@torch.inference_mode()
def top_1(network: TrainableNetwork, labelled: Labelled, compute: Compute) -> float:
    """Share of pictures whose likeliest class is the right one."""
    network.eval()
    batches = PictureBatches(labelled, 256, compute, 0, training=False)
    hits = [int((network(each.pictures).argmax(1) == each.targets).sum()) for each in batches.epoch(0)]
    return sum(hits) / len(labelled.targets)


def main_job(folder: Path, clips: Path, compute: Compute) -> dict[str, float]:
    """For each clip the F1 of the dense search on its last two thirds, learned from one followed box of its first."""
    found: dict[str, float] = {}
    backbone = load_folder(folder, compute)
    for truth in sorted(clips.glob("*.truth.txt")):
        name = truth.name.removesuffix(".truth.txt")
        source = next(each for each in sorted(clips.iterdir()) if each.stem == name and each != truth)
        boxes = read_truth(truth)
        third = len(boxes) // 3
        with tempfile.TemporaryDirectory() as place, Project.create(Path(place) / "project") as project:
            request = LabelRequest(source, (Box(*boxes[0]),), ("object",), 0, third - 1)
            label(project, request, backbone, Control())
            head = fit(project, "head", backbone, "rbf", 0, Control()).head
            with open_medium(source, project.cache) as medium:
                judged = evaluate(
                    medium, head, backbone, "dense", "object", lambda n, b=boxes: true_boxes(b[n]), third, None, None,
                    Control(),
                )  # fmt: skip
        found[name] = round(float(judged.document["f1"]), 4)
    return found


def write(network: TrainableNetwork, out: Path, classes: list[str], facts: dict[str, Any]) -> None:
    """The weights in half precision, and a card that says how they were made."""
    state = network.whole().state_dict()
    content = save({n: (v.half() if v.is_floating_point() else v).contiguous() for n, v in state.items()})
    spatial = find_map_layer(without_weights(network.architecture, len(classes)), network.input_size)
    card = {
        "name": out.name,
        "architecture": network.architecture,
        "classes": len(classes),
        "class_names": classes,
        "input_size": network.input_size,
        "mean": network.mean,
        "std": network.std,
        "map_layer": spatial.name if spatial else None,
        "licence": "as the pictures it was trained on allow",
        "source": "tools/pretrain_backbone.py",
        "sha256": sha256_of_bytes(content),
        **facts,
    }
    (out / "weights.safetensors").write_bytes(content)
    (out / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


# The command ---------------------------------------------------------------------------------------------------------


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a backbone from labelled pictures, and judge it.")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--architecture", default="resnet18")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--size", type=int, default=0, help="side of a picture; 0: 64, or what a small network is for")
    parser.add_argument("--batch", type=int, default=128, help="of all processes together")
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="learning rate at its peak")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--clips", type=Path, help="videos with truth, to do the main job on")
    parser.add_argument("--resume", action="store_true", help="go on with what is in OUT")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def train(asked: argparse.Namespace, compute: Compute, group: Group) -> None:
    network_side = asked.size or min(feeding(asked.architecture).input_size, 64)
    learned = read_labelled(asked.pictures, "train", network_side)
    if learned is None:
        raise InputError(f"{asked.pictures} holds no pictures in train/CLASS/")
    judged = read_labelled(asked.pictures, "val", network_side)
    if judged is not None and judged.classes != learned.classes:
        raise InputError("train and val do not hold the same classes")
    network = from_scratch(asked.architecture, len(learned.classes), compute, asked.seed, network_side)
    batches = PictureBatches(learned, asked.batch, compute, asked.seed, True, group)
    objective, settings = Classification(smoothing=LABEL_SMOOTHING), Settings(seed=asked.seed)
    phases = [Phase(asked.epochs, asked.rate)]
    asked.out.mkdir(parents=True, exist_ok=True)
    with Progress("training") as control:  # no validation: the last epoch is taken, and judged once
        fit_network(
            network, batches, None, phases, settings, asked.out, control,
            objective=objective, group=group, resume=asked.resume,
        )  # fmt: skip
    if group.first:
        judge(asked, network, learned, judged, compute)


def judge(
    asked: argparse.Namespace, network: TrainableNetwork, learned: Labelled, judged: Labelled | None, compute: Compute
) -> None:
    """Write the weights, then the card again with each score that is known."""
    facts: dict[str, Any] = {
        "training": f"{asked.epochs} epochs of {len(learned.targets)} pictures, batch {asked.batch}, SGD with Nesterov "
        f"momentum 0.9, weight decay 1e-4, peak rate {asked.rate:g}, cosine decay, label smoothing {LABEL_SMOOTHING}, "
        f"random resized crops, flips and colour jitter, seed {asked.seed}",
        "scores": {},
    }
    if judged is not None:
        share = top_1(network, judged, compute)
        facts["scores"][f"top-1 on {len(judged.targets)} validation pictures"] = round(share, 4)
        print(f"top-1 {share:.4f}", flush=True)
    write(network, asked.out, learned.classes, facts)
    if asked.clips is not None:
        facts["scores"] |= {
            f"main job, F1 on {n}": score for n, score in main_job(asked.out, asked.clips, compute).items()
        }
        write(network, asked.out, learned.classes, facts)
    for name, score in facts["scores"].items():
        print(f"{name}: {score}", flush=True)


def main() -> None:
    asked = options()
    try:
        compute = choose(own_device(asked.device))
        with joined(compute) as group:
            train(asked, compute, group)
    except InputError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
