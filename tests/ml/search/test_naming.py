"""What dense search found is called what the layers say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from studio.core.detections import Detections
from studio.ml.heads.layers import Layers
from studio.ml.search.naming import LEAST, MOST, named, tells_apart
from tests.ml.heads.made import classic_part, network_head

RED, GREEN = 0, 1


@pytest.fixture(scope="module")
def head():
    """Knows a crop by its mean colour, red or green."""
    layers = Layers((torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),), (torch.zeros(2),))
    return network_head(["red", "green"], layers, classic_part("tiny-cnn", 2))


@pytest.fixture
def frame():
    """Red on the left, green on the right."""
    frame = np.zeros((100, 200, 3), np.uint8)
    frame[:, :100, 0] = frame[:, 100:, 1] = 255
    return frame


@pytest.fixture
def colours():
    """A network whose embedding is the mean colour; it counts the crops it saw."""
    seen = []

    def embed(crops):
        seen.append(len(crops))
        return crops.reshape(len(crops), -1, 3).mean(1).astype(np.float32)

    return SimpleNamespace(input_size=32, embed=embed, seen=seen)


def found(*rows):
    boxes, scores, labels = zip(*rows, strict=True)
    return Detections(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(labels, np.int64))


def test_the_label_is_that_of_the_crop_and_the_score_that_of_the_search(head, frame, colours):
    rows = found(((20, 20, 40, 40), 0.9, GREEN), ((140, 20, 40, 40), 0.6, GREEN))
    result = named(rows, frame, head, colours)
    assert result.label_ids.tolist() == [RED, GREEN]
    assert result.scores.tolist() == rows.scores.tolist() and (result.boxes == rows.boxes).all()


def test_two_templates_that_fired_on_one_object_are_one_detection(head, frame, colours):
    """Far enough from each other for two kinds, too near for one."""
    rows = found(((20, 20, 40, 40), 0.9, GREEN), ((20, 38, 40, 40), 0.8, RED))
    assert len(named(rows, frame, head, colours)) == 1
    assert named(rows, frame, head, colours).label_ids.tolist() == [RED]


def test_a_few_of_the_best_are_looked_at(head, frame, colours):
    weak = found(((20, 20, 40, 40), LEAST / 2, GREEN))
    assert named(weak, frame, head, colours).label_ids.tolist() == [GREEN] and not colours.seen
    many = found(*(((5 * at, 2 * at, 3, 3), 0.9 - at / 100, GREEN) for at in range(MOST + 4)))
    assert named(many, frame, head, colours).label_ids.tolist() == [RED] * MOST + [GREEN] * 4
    assert colours.seen == [MOST]


def test_only_layers_that_choose_between_labels_are_asked(head):
    one = Layers((torch.zeros(2, 3),), (torch.zeros(2),))
    assert tells_apart(head)
    assert not tells_apart(network_head(["cup"], one, classic_part("tiny-cnn", 2), background=True))
    assert not tells_apart(SimpleNamespace(layers=None, labels=["cup", "jug"]))
