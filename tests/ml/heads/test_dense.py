"""The dense part: non-maximum suppression, detection on made-up maps, and training on a small clip."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.control import Cancelled, Control
from studio.core.detections import Detections
from studio.core.geometry import iou_matrix
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.calibration import Calibration
from studio.ml.device import choose
from studio.ml.heads.dense import DensePart, clipped, detect, suppress
from studio.ml.heads.dense_fit import DenseFit, choose_window, fit_dense
from studio.ml.heads.dense_frames import LabelledFrame
from studio.ml.pyramid import Level, pyramid

WIDTH, HEIGHT, SIDE = 180, 140, 40


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone(None, choose("cpu"))


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float64).reshape(-1, 4)


def test_one_box_an_object_best_first() -> None:
    found = suppress(
        boxes((0, 0, 40, 40), (5, 0, 40, 40), (100, 0, 40, 40), (10, 10, 20, 20)),
        np.array([0.6, 0.9, 0.7, 0.5], np.float32),
        np.zeros(4, np.int64),
    )
    np.testing.assert_array_equal(found.boxes, [[5, 0, 40, 40], [100, 0, 40, 40]])
    np.testing.assert_allclose(found.scores, [0.9, 0.7])


def test_labels_compete_only_for_the_same_place() -> None:
    places = boxes((0, 0, 40, 40), (2, 0, 40, 40), (12, 0, 40, 40))
    found = suppress(places, np.array([0.9, 0.8, 0.7], np.float32), np.array([0, 1, 1]))
    np.testing.assert_array_equal(found.boxes, places[[0, 2]])
    np.testing.assert_array_equal(found.label_ids, [0, 1])


def test_what_lies_beyond_the_frame_is_cut_off() -> None:
    cut = clipped(boxes((-10, 5, 30, 30), (80, 40, 50, 50), (200, 0, 10, 10)), 100, 60)
    np.testing.assert_array_equal(cut, [[0, 5, 20, 30], [80, 40, 20, 20], [100, 0, 0, 10]])
    assert len(suppress(cut, np.ones(3, np.float32), np.zeros(3, np.int64))) == 2


def made_up_part(exponent: int = 0) -> DensePart:
    """Looks for 2 × 2 cells of the first of two channels, and for no other box than the window."""
    kernel = torch.zeros(2, 2, 2)
    kernel[0] = 0.5
    return DensePart(kernel, -1.5, torch.zeros(8, 4), torch.zeros(4), exponent, Calibration(4.0, 0.0))


def made_up_level(exponent: int = 0) -> Level:
    features = torch.zeros(2, 12, 16)
    features[1] = 1
    features[:, 3:5, 6:8] = torch.tensor([1.0, 0])[:, None, None]
    return Level(exponent, features, 10, 10)


def test_finds_what_its_kernel_describes() -> None:
    found = detect([made_up_part()], [made_up_level()], 160, 120)
    np.testing.assert_allclose(found.boxes[0], [60, 30, 20, 20])
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-4 * 0.5)))
    assert (found.scores[1:] < 0.5).all()


def test_box_regression_moves_the_window_by_its_own_cells() -> None:
    part = made_up_part()
    weights = torch.zeros(8, 4)
    weights[0, 0] = 0.25  # channel 0, the window's first cell: a quarter of a window to the right
    weights[3, 1] = -0.5  # channel 0, its last cell: half a window up
    moved = DensePart(part.kernel, part.bias, weights, torch.zeros(4), 0, part.calibration)
    np.testing.assert_allclose(detect([moved], [made_up_level()], 160, 120).boxes[0], [65, 20, 20, 20])


def test_levels_of_other_sizes_are_passed_over() -> None:
    assert len(detect([made_up_part()], [made_up_level(3)], 160, 120)) == 0
    assert len(detect([made_up_part()], [], 160, 120)) == 0
    assert len(detect([], [made_up_level()], 160, 120)) == 0
    assert len(detect([made_up_part(5), made_up_part()], [made_up_level()], 160, 120)) >= 1


def disc(picture: np.ndarray, x: int, y: int) -> None:
    """A bright disc with a dark cross."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    patch = picture[y : y + SIDE, x : x + SIDE]
    inside = np.hypot(rows, columns) < SIDE / 2
    patch[inside] = (230, 200, 40)
    patch[inside & ((abs(rows) < 4) | (abs(columns) < 4))] = (40, 20, 120)


def scene(number: int, *places: tuple[int, int]) -> np.ndarray:
    coarse = np.random.default_rng(1).integers(40, 200, (HEIGHT // 10, WIDTH // 10, 3), np.uint8)
    picture = np.kron(coarse, np.ones((10, 10, 1), np.uint8))
    for x, y in places:
        disc(picture, x, y)
    noise = np.random.default_rng(100 + number).normal(0, 5, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


TAUGHT = [(10, 20), (120, 70), (60, 90), (100, 15), (30, 60)]
SECOND = (135, 95)


def frames(**options: object) -> list[LabelledFrame]:
    return [
        LabelledFrame(scene(n, place), boxes((*place, SIDE, SIDE)), number=10 * n, **options)  # type: ignore[arg-type]
        for n, place in enumerate(TAUGHT)
    ]


def with_second(**options: object) -> list[LabelledFrame]:
    """Frames with a second, unmarked object in a corner."""
    places = [(10, 20), (60, 10), (20, 90), (70, 60)]
    return [
        LabelledFrame(scene(n, place, SECOND), boxes((*place, SIDE, SIDE)), number=10 * n, **options)  # type: ignore[arg-type]
        for n, place in enumerate(places)
    ]


def search(backbone: Backbone, fit: DenseFit, picture: np.ndarray) -> Detections:
    return detect([fit.part], list(pyramid(backbone, picture, fit.part.exponents)), WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def fitted(backbone: Backbone) -> DenseFit:
    return fit_dense(backbone, frames(), 0, Control())


def score_at(found: Detections, place: tuple[int, int]) -> float:
    overlap = iou_matrix(found.boxes, boxes((*place, SIDE, SIDE)))[:, 0]
    return float(found.scores[overlap > 0.5].max(initial=0))


@pytest.mark.parametrize("place", [(80, 50), (45, 33), (128, 91)])
def test_finds_the_object_where_it_never_was(backbone: Backbone, fitted: DenseFit, place: tuple[int, int]) -> None:
    said = search(backbone, fitted, scene(77, place)).above(0.5)
    assert len(said) == 1
    assert iou_matrix(said.boxes, boxes((*place, SIDE, SIDE)))[0, 0] > 0.6


def test_says_nothing_where_nothing_is(backbone: Backbone, fitted: DenseFit) -> None:
    assert len(search(backbone, fitted, scene(78)).above(0.5)) == 0


def test_finds_two_at_once(backbone: Backbone, fitted: DenseFit) -> None:
    found = search(backbone, fitted, scene(79, (15, 15), (110, 80)))
    assert score_at(found, (15, 15)) > 0.5 and score_at(found, (110, 80)) > 0.5


def test_a_seed_makes_it_repeatable(backbone: Backbone, fitted: DenseFit) -> None:
    again = fit_dense(backbone, frames(), 0, Control())
    torch.testing.assert_close(again.part.kernel, fitted.part.kernel, atol=0, rtol=0)
    assert again.part.calibration == fitted.part.calibration
    other = fit_dense(backbone, frames(), 1, Control())
    assert not torch.equal(other.part.kernel, fitted.part.kernel)


def test_what_was_not_marked_in_incomplete_frames_is_not_unlearned(backbone: Backbone) -> None:
    complete, incomplete, ignored = (
        search(backbone, fit_dense(backbone, taught, 0, Control()), scene(80, SECOND))
        for taught in (
            with_second(),
            [*with_second(complete=False), LabelledFrame(scene(9), boxes(), number=90)],
            with_second(ignore=boxes((*SECOND, SIDE, SIDE))),
        )
    )
    assert score_at(complete, SECOND) < 0.5  # here it was background
    assert score_at(incomplete, SECOND) > 0.5
    assert score_at(ignored, SECOND) > 0.5


@pytest.mark.parametrize("told", ["incomplete", "ignored"])
def test_an_unmarked_neighbour_is_no_background_either(backbone: Backbone, told: str) -> None:
    taught = []
    for number, (x, y) in enumerate([(10, 20), (60, 10), (20, 90), (70, 60), (90, 95)]):
        beside = boxes((x + 46, y, SIDE, SIDE))
        ignore = beside if told == "ignored" else boxes()
        picture = scene(number, (x, y), (x + 46, y))
        marked = boxes((x, y, SIDE, SIDE))
        taught.append(LabelledFrame(picture, marked, ignore, number=10 * number, complete=told == "ignored"))
    taught.append(LabelledFrame(scene(9), boxes(), number=90))
    found = search(backbone, fit_dense(backbone, taught, 0, Control()), scene(81, (40, 40), (86, 40)))
    assert score_at(found, (40, 40)) > 0.5
    assert score_at(found, (86, 40)) > 0.85 * score_at(found, (40, 40))


def test_incomplete_frames_alone_can_be_learned_from(backbone: Backbone) -> None:
    fit = fit_dense(backbone, frames(complete=False), 0, Control())
    assert score_at(search(backbone, fit, scene(82, (80, 50))), (80, 50)) > 0.5


def test_the_window_has_the_shape_of_the_object() -> None:
    window = choose_window(boxes((0, 0, 112, 28), (9, 9, 112, 28)), 8)
    assert (window.columns, window.rows, window.exponent) == (14, 4, 0)
    assert choose_window(boxes((0, 0, 400, 4)), 8).columns == 12  # on the largest level where it fits


def test_training_stops_when_asked(backbone: Backbone) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        fit_dense(backbone, frames(), 0, control)
