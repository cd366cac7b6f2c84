"""What is found densely gets its label from the layers: from what was trained and judged, not from a template."""

from __future__ import annotations

import numpy as np

from studio.core.detections import Detections
from studio.core.geometry import Box, crop_window
from studio.ml.backbones.base import Backbone
from studio.ml.crops import cut_all
from studio.ml.heads.dense import suppress
from studio.ml.heads.head import Head
from studio.ml.search.base import Picture

MOST = 16  # detections of a frame that are looked at
LEAST = 0.25  # the score from which they are


def tells_apart(head: Head) -> bool:
    """Whether the head has layers that choose between labels."""
    return head.layers is not None and len(head.labels) > 1


def named(found: Detections, frame: Picture, head: Head, backbone: Backbone) -> Detections:
    """Detections with the labels that the layers of `head` give their crops.

    A template on feature maps tells where something is, and hardly a dog from a horse; the second look at the few best
    windows is that of R-CNN (Girshick, Donahue, Darrell and Malik, 2014). Scores stay: how sure it is that something
    is there. Two that show one object become one.

    Args:
        found: of `frame`, best first.
        frame: uint8 `(height, width, 3)` RGB.
        head: one that `tells_apart`.
        backbone: that the head stands on.
    """
    looked = int((found.scores[:MOST] >= LEAST).sum())
    if not looked:
        return found
    height, width = frame.shape[:2]
    side = backbone.input_size
    windows = [crop_window(Box(*box), side, width, height) for box in found.boxes[:looked].tolist()]
    scores = head.crop_scores(backbone.embed(cut_all(frame, windows, side)))
    labels = found.label_ids.copy()
    labels[:looked] = scores.argmax(1)
    return suppress(found.boxes.astype(np.float64), found.scores, labels)
