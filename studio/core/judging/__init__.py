"""How good a trained head is on crops that it did not learn from, and how sure that is; numpy alone."""

from studio.core.judging.calibration import Calibration, ReliabilityBin, fit_temperature
from studio.core.judging.curve import Curve, curve_of
from studio.core.judging.difference import Difference, difference
from studio.core.judging.intervals import Interval
from studio.core.judging.judgement import Judgement, LabelScores, judge
from studio.core.judging.predictions import Predictions, read_predictions, write_predictions

__all__ = [
    "Calibration",
    "Curve",
    "Difference",
    "Interval",
    "Judgement",
    "LabelScores",
    "Predictions",
    "ReliabilityBin",
    "curve_of",
    "difference",
    "fit_temperature",
    "judge",
    "read_predictions",
    "write_predictions",
]
