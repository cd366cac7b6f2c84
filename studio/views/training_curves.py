"""Curves of a run: loss and accuracy by epoch, of training and of validation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studio.views.chart import Chart, Line

AROUND = 0.06  # of the span of the values, above and below them


class RunCurve(Chart):
    """One value of a run, epoch by epoch; validation is the full line."""

    def __init__(self, title: str) -> None:
        super().__init__("", title)
        self.setObjectName(f"run.curve.{title}")

    def set_values(self, training: Sequence[float | None], validation: Sequence[float | None]) -> None:
        """Show the values of the epochs from 1 on; None where one is not known."""
        lines = [
            [(float(epoch), y) for epoch, y in enumerate(values, 1) if y is not None and math.isfinite(y)]
            for values in (training, validation)
        ]
        heights = [y for points in lines for _, y in points] or [0.0, 1.0]
        low, high = min(heights), max(heights)
        room = AROUND * (high - low)
        self.set_lines(
            [Line(points, main) for points, main in zip(lines, (False, True), strict=True)],
            (1.0, float(max(len(training), 1))),
            (low - room, high + room),
            whole=True,
        )
