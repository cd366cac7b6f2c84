"""A question in, a map and its sanity check out; for a lane."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.plugins import ways_of_explaining
from studio.ml.crops import Picture
from studio.ml.networks import Networks
from studio.ml.reasons.methods import Attribution, Pace, Way
from studio.ml.reasons.sanity import randomised, rank_correlation
from studio.ml.reasons.sights import Sight, Target, sight


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be explained, and how.

    Attributes:
        frame: uint8 `(height, width, 3)` RGB.
        box: of the thing, in pixels of the frame; None for the whole frame.
        target: whose score.
        way: a name of `studio.core.plugins.ways_of_explaining`.
    """

    frame: Picture
    box: Box | None
    target: Target
    way: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """What in a picture speaks for a score.

    Attributes:
        title: what it is a score of.
        picture: uint8 `(h, w, 3)` RGB, what the score is of: a crop, or a window of the dense search.
        place: where that lies, in pixels of the frame; it may reach over it.
        values: float32 `(h, w)`: above zero what speaks for the score, below what speaks against it. Laid on `place`
            it is in pixels of the frame.
        random: the same, of the same network with random weights; None while it has not been asked.
        draws: how many random networks there were; `random` is of the first.
        correlation: Spearman's ρ of the map with theirs, sign aside, on average; None where the map, or that of each
            random network, is empty.
        margin: the score before calibration.
        score: 0…1; None where there is no calibration.
        layer: where Grad-CAM looked; empty for other ways.
        cells: rows and columns that the map really has.
        learned: whether the network was trained at all.
        from_grey: of integrated gradients: margin minus that of plain grey, which the values add up to but for
            `delta`; None for other ways.
        delta: see `studio.ml.reasons.methods.Attribution`.
    """

    title: str
    picture: Picture
    place: Box
    values: NDArray[np.float32]
    random: NDArray[np.float32] | None
    draws: int
    correlation: float | None
    margin: float
    score: float | None
    layer: str
    cells: tuple[int, int]
    learned: bool = True
    from_grey: float | None = None
    delta: float | None = None


def explain(networks: Networks, question: Question, control: Control) -> Explanation:
    """Explain one score and check the explanation; what there is before the check is published.

    Raises:
        InputError: as `sight`; or the way does not fit the network.
    """
    control.checkpoint()
    way: Way = ways_of_explaining[question.way].load()
    seen = sight(networks, question.frame, question.box, question.target)
    with torch.no_grad():
        margin = float(seen.score(seen.pixels)[0])
    pace = Pace(control, 1 + way.draws, lambda rough: control.publish(_unchecked(seen, margin, rough)))
    found = way.attribute(seen.score, seen.pixels, pace)
    control.publish(_unchecked(seen, margin, found))
    pace.show = None
    random = [way.attribute(randomised(seen.score, seed), seen.pixels, pace) for seed in range(way.draws)]
    agreements = [rank_correlation(found.cells, each.cells) for each in random]
    known = [each for each in agreements if each is not None]
    return replace(
        _unchecked(seen, margin, found),
        random=random[0].values,
        draws=way.draws,
        correlation=float(np.mean(known)) if known else None,
    )


def _unchecked(seen: Sight, margin: float, found: Attribution) -> Explanation:
    return Explanation(
        title=seen.title,
        picture=seen.picture,
        place=seen.place,
        values=found.values,
        random=None,
        draws=0,
        correlation=None,
        margin=margin,
        score=None if seen.calibration is None else float(seen.calibration.scores(np.array([margin]))[0]),
        layer=found.layer,
        cells=(found.cells.shape[0], found.cells.shape[1]),
        learned=seen.learned,
        from_grey=None if found.delta is None else float(found.values.sum(dtype=np.float64)) - found.delta,
        delta=found.delta,
    )
