"""Live, with heads that tell whole pictures apart: all modes, and what the centre or a chosen box looks like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.ml.crops import cut
from studio.ml.live import LiveDetector, LiveRequest
from studio.ml.networks import Networks
from tests.ml.heads.made import EMBEDDING, bundled_part, network_head, random_layers
from tests.moving_square import HEIGHT, WIDTH, box_at, picture

LABELS = [f"kind {number}" for number in range(7)]


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks("cpu")


def request(head, mode: str, **changes) -> LiveRequest:
    return LiveRequest(7, 5, 0.2, picture(5), head, mode, **changes)


@pytest.mark.parametrize("mode", ["fixed", "search", "track"])
def test_a_head_of_layers_says_the_best_label_of_each_window_and_five_guesses(mode, networks) -> None:
    named = network_head(LABELS, random_layers(EMBEDDING, 7, scale=9.0))
    own = network_head(LABELS, random_layers(EMBEDDING, 7, scale=9.0), bundled_part())
    results = [LiveDetector(networks).detect(request(head, mode), Control()) for head in (named, own)]
    for each in results:
        assert len(each.detections) == (1 if mode == "fixed" else 4) and each.labels == tuple(LABELS)
        assert each.guesses is not None and len(each.guesses.best) == 5
    np.testing.assert_array_equal(results[0].detections.scores, results[1].detections.scores)
    assert results[0].guesses == results[1].guesses
    window, best = results[0].guesses.window, results[0].guesses.best
    assert (window.x + window.side / 2, window.y + window.side / 2) == (WIDTH / 2, HEIGHT / 2)
    if mode == "fixed":
        assert best[0][1] == results[0].detections.scores[0]
        assert best[0][0] == LABELS[int(results[0].detections.label_ids[0])]


def test_guesses_are_about_the_box_that_is_looked_at(networks) -> None:
    head = network_head(LABELS, random_layers(EMBEDDING, 7, scale=9.0))
    found = LiveDetector(networks).detect(request(head, "fixed", looked_at=Box(*box_at(5))), Control()).guesses
    assert found is not None
    x, y = Box(*box_at(5)).centre
    assert abs(found.window.x + found.window.side / 2 - x) <= 1 and abs(found.window.y + found.window.side / 2 - y) <= 1
    own = networks.of(head).embed(cut(picture(5), found.window, 64)[None])
    assert found.best == head.top(own[0], 5)


def test_a_network_as_it_is_sees_the_middle_of_the_whole_picture(networks) -> None:
    head = network_head(LABELS, random_layers(EMBEDDING, 7, scale=9.0), recipe="as-is")
    found = LiveDetector(networks).detect(request(head, "fixed"), Control())
    assert found.guesses is not None and found.guesses.window == ((WIDTH - HEIGHT) // 2, 0, HEIGHT)
    assert found.detections.boxes.tolist() == [[(WIDTH - HEIGHT) // 2, 0, HEIGHT, HEIGHT]]


def test_it_says_why_it_cannot_search_densely(networks) -> None:
    head = network_head(LABELS, random_layers(EMBEDDING, 7))
    with pytest.raises(InputError, match="made by hand"):
        LiveDetector(networks).detect(request(head, "dense"), Control())


def test_a_dense_part_of_its_own_network_finds_what_the_same_on_the_backbone_finds(networks) -> None:
    import torch

    from studio.ml.calibration import UNCALIBRATED
    from studio.ml.heads.dense import DensePart

    kernel = torch.randn(128, 6, 6, generator=torch.Generator().manual_seed(0)) / 20
    part = DensePart(kernel, 0.0, torch.zeros(kernel.numel(), 4), torch.zeros(4), 0, UNCALIBRATED)
    own = network_head(["cup", "jug"], random_layers(EMBEDDING, 2), bundled_part(), (part, part))
    named = network_head(["cup", "jug"], random_layers(EMBEDDING, 2), None, (part, part))
    first, second = (LiveDetector(networks).detect(request(head, "dense"), Control()) for head in (own, named))
    assert len(first.detections) and first.guesses is None
    np.testing.assert_array_equal(first.detections.boxes, second.detections.boxes)
    with pytest.raises(InputError, match="does not fit"):
        networks.of(replace(own, dense=(replace(part, kernel=kernel[:64]),) * 2))
