"""What dense search is measured against: the talk's loop, and windows that are cut out and scored one at a time."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.svm import SVC
from torch.nn import functional

from studio.core.detections import Detections
from studio.core.geometry import Box, iou_matrix
from studio.ml.backbones.loading import BUNDLED, load_backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.box_offsets import apply_offsets
from studio.ml.device import choose
from studio.ml.export import export_embedding
from studio.ml.grid_windows import GridWindows
from studio.ml.heads.dense import DensePart, clipped, suppress
from studio.ml.pyramid import Level, level_size, resized, unit_maps

EXAMPLES = 50  # frames the talk's SVM learns from, a positive and a negative each
SURROUNDINGS = 7  # cells: 56 pixels, where a feature of the map layer sees 49 to each side
NEAR = 0.4  # IoU with the object of the windows that are all scored
ELSEWHERE = 40  # windows of a frame besides them

Picture = NDArray[np.uint8]


class TalkLoop:
    """The loop of Bernhard Firner's talk: four windows of a frame, each prepared and forwarded alone, one `predict`.

    As in the talk, frames are BGR, normalisation runs in numpy's float64, and `cv2.dnn` computes the features.
    """

    WINDOWS = 4

    def __init__(self, clip: list[tuple[Picture, Box | None]]) -> None:
        """Export the bundled backbone and fit `svm.SVC()` on windows of the clip."""
        backbone = load_backbone(BUNDLED, replace(choose("cpu"), dtype=torch.float32))
        assert isinstance(backbone, NetworkBackbone)
        with tempfile.TemporaryDirectory(prefix="studio-search-") as folder:
            path = Path(folder) / "backbone.onnx"
            export_embedding(backbone, path)
            self._net = cv2.dnn.readNetFromONNX(str(path))
        self._side = backbone.input_size
        self._mean, self._std = np.array([[backbone.card.mean]]), np.array([[backbone.card.std]])
        features, labels = [], []
        for frame, box in clip[:: max(len(clip) // EXAMPLES, 1)]:
            if box:
                x, y = (int(value) for value in box.centre)
                height, width = frame.shape[:2]
                for column, row, label in ((x, y, 1), ((x + width // 2) % width, (y + height // 2) % height, 0)):
                    features.append(self._features(self._window(frame, column, row, 2 * self._side)))
                    labels.append(label)
        self._machine = SVC().fit(features, labels)

    def predict(self, frame: Picture) -> NDArray[np.int64]:
        """Which of the four windows around the middle hold the object."""
        height, width = frame.shape[:2]
        size = width // 3
        shift = size // 2 - size // 20
        middles = [(width // 2 + across * shift, height // 2 + down * shift) for down in (-1, 1) for across in (-1, 1)]
        windows = [self._window(frame, x, y, size) for x, y in middles]
        return np.asarray(self._machine.predict([self._features(window) for window in windows]))

    @staticmethod
    def _window(frame: Picture, x: int, y: int, size: int) -> Picture:
        height, width = frame.shape[:2]
        x, y = min(width - size // 2 - 1, max(x, size // 2)), min(height - size // 2 - 1, max(y, size // 2))
        return frame[y - size // 2 : y + size // 2, x - size // 2 : x + size // 2]

    def _features(self, window: Picture) -> NDArray[np.float32]:
        picture = cv2.resize(cv2.cvtColor(window, cv2.COLOR_BGR2RGB), dsize=(self._side, self._side))
        normalised = (picture.astype(np.float32, copy=False) / 255.0 - self._mean) / self._std
        self._net.setInput(cv2.dnn.blobFromImage(normalised))
        return np.asarray(self._net.forward(), np.float32).flatten()


@torch.inference_mode()
def by_itself(
    backbone: NetworkBackbone, part: DensePart, frame: Picture, box: NDArray[np.float64], random: np.random.Generator
) -> Detections:
    """What a part finds when each window is cut out with the surroundings its features see and forwarded alone.

    All windows near `box` `(1, 4)` and some elsewhere are scored; the rest, thousands a frame, could only add alarms.
    """
    _, rows, columns = part.kernel.shape
    height, width = frame.shape[:2]
    boxes, margins = [], []
    for exponent in part.exponents:
        size = level_size(exponent, width, height, backbone.stride)
        if size is None:
            continue
        picture = resized(frame, size)
        cells = -(-size[1] // backbone.stride), -(-size[0] // backbone.stride)
        outline = torch.empty(backbone.channels, *cells)
        level = Level(exponent, outline, backbone.stride * width / size[0], backbone.stride * height / size[1])
        windows = GridWindows(level, columns, rows).boxes()
        near = iou_matrix(windows, box)[:, 0] > NEAR
        near[random.integers(0, len(windows), ELSEWHERE // len(part.exponents))] = True
        for window in windows[near]:
            left, top = np.rint(window[:2] / (level.cell_width, level.cell_height)).astype(int)
            vector = _alone(backbone, picture, int(left), int(top), columns, rows).flatten()
            boxes.append(apply_offsets(window[None], (vector @ part.box_weights + part.box_bias).cpu().numpy()[None]))
            margins.append(float(vector @ part.kernel.flatten()) + part.bias)
    scores = part.calibration.scores(np.array(margins))
    return suppress(clipped(np.concatenate(boxes), width, height), scores, np.zeros(len(scores), np.int64))


def _alone(backbone: NetworkBackbone, picture: Picture, left: int, top: int, columns: int, rows: int) -> torch.Tensor:
    """Float32 features `(channels, rows, columns)` of the window at cell (left, top); zero beyond the picture."""
    stride = backbone.stride
    start = max(left - SURROUNDINGS, 0), max(top - SURROUNDINGS, 0)
    end = left + columns + SURROUNDINGS, top + rows + SURROUNDINGS
    cut = picture[start[1] * stride : end[1] * stride, start[0] * stride : end[0] * stride]
    features = unit_maps(backbone, torch.from_numpy(np.ascontiguousarray(cut)).permute(2, 0, 1)[None])[0].float()
    features = features[:, max(top, 0) - start[1] :, max(left, 0) - start[0] :]
    features = functional.pad(features, (max(-left, 0), columns, max(-top, 0), rows))
    return features[:, :rows, :columns]
