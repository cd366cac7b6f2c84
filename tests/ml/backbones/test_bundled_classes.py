"""The names of the bundled network's classes stand in the order of its outputs."""

from __future__ import annotations

import io
import json
import tarfile

import cv2
import numpy as np
import torch

from studio.ml.device import choose
from studio.ml.looking.network import load_looked

PICTURES = 400


def validation_pictures(folder, count):
    """uint8 `(count, 64, 64, 3)` RGB, spread over all, and their labels."""
    with tarfile.open(folder / "val-0.tar") as tar:
        files = {member.name.rpartition("/")[2]: tar.extractfile(member).read() for member in tar if member.isfile()}
    offsets, labels = (np.load(io.BytesIO(files[name])) for name in ("offsets.npy", "labels.npy"))
    chosen = np.linspace(0, len(labels) - 1, count).astype(int)
    pixels = np.frombuffer(files["images.webp.bin"], np.uint8)
    pictures = [cv2.imdecode(pixels[offsets[index] : offsets[index + 1]], cv2.IMREAD_COLOR_RGB) for index in chosen]
    return np.stack(pictures), labels[chosen]


def test_the_classes_that_are_named_are_those_that_are_seen(shared):
    folder = shared / "data" / "tiny-imagenet"
    titles = [title for _, title in json.loads((folder / "classes.json").read_text())]
    pictures, labels = validation_pictures(folder, PICTURES)
    network = load_looked(None, choose("cpu"))
    with torch.inference_mode():
        outputs = network.module(network.prepare(torch.from_numpy(pictures).permute(0, 3, 1, 2)))
    named = np.array(network.class_names)[outputs.argmax(1).numpy()]
    assert np.mean(named == np.array(titles)[labels]) > 0.4  # its card says 0.483 of all pictures
