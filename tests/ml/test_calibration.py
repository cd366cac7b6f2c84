"""From margins to scores."""

from __future__ import annotations

import numpy as np
import pytest

from studio.ml.calibration import UNCALIBRATED, Calibration, calibrate


def test_the_decision_is_a_score_of_one_half_and_scores_rise_with_margins() -> None:
    calibration = Calibration(3.0, -0.4)
    margins = np.linspace(-3, 3, 50)
    scores = calibration.scores(margins)
    assert scores.dtype == np.float32 and (np.diff(scores) > 0).all()
    assert calibration.scores(np.array([-0.4]))[0] == pytest.approx(0.5)
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-3 * (margins + 0.4))), rtol=1e-6)


@pytest.mark.parametrize("score", [0.05, 0.5, 0.93])
def test_margin_of_is_the_inverse(score: float) -> None:
    calibration = Calibration(1.7, 0.3)
    assert calibration.scores(np.array([calibration.margin_of(score)]))[0] == pytest.approx(score, rel=1e-5)


def test_separable_margins_are_cut_a_quarter_above_the_background() -> None:
    calibration = calibrate(np.array([0.6, 1.0, 1.4]), np.array([-1.5, -1.0, -0.2]))
    assert calibration.middle == pytest.approx(0.0)
    assert calibration.slope > 0.5


def test_overlapping_margins_are_cut_where_f1_is_best() -> None:
    random = np.random.default_rng(0)
    true, false = random.normal(1, 0.8, 300), random.normal(-1, 0.8, 300)
    calibration = calibrate(true, false)

    def f1(middle: float) -> float:
        hits, alarms = (true >= middle).sum(), (false >= middle).sum()
        return float(2 * hits / (hits + alarms + len(true)))

    assert f1(calibration.middle) == pytest.approx(max(f1(m) for m in np.linspace(-3, 3, 6001)), abs=1e-6)


def test_clearer_margins_give_a_steeper_slope() -> None:
    random = np.random.default_rng(0)
    clear = calibrate(random.normal(1, 0.3, 100), random.normal(-1, 0.3, 100))
    vague = calibrate(random.normal(1, 1.5, 100), random.normal(-1, 1.5, 100))
    assert clear.slope > vague.slope


def test_margins_the_wrong_way_round_still_give_rising_scores() -> None:
    assert calibrate(np.array([-1.0, -2.0]), np.array([1.0, 2.0])).slope > 0


def test_with_nothing_held_out_the_machine_decides_for_itself() -> None:
    none = np.zeros(0)
    for true, false in ((none, none), (np.ones(3), none), (none, np.ones(3))):
        assert calibrate(true, false) == UNCALIBRATED
    assert UNCALIBRATED.scores(np.zeros(1))[0] == pytest.approx(0.5)
