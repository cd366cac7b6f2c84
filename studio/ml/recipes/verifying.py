"""Whether two crops show the same: by the distance of their embeddings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.gallery.crops import read_crops
from studio.core.project import Project
from studio.core.training.examples import Examples
from studio.core.training.windows import crop_windows
from studio.ml.heads.head import Head

MOST = 2000  # crops whose pairs are looked at, evenly of more
KEY = "verification"  # on the card of a head


@dataclass(frozen=True)
class Verification:
    """How well distances tell pairs of the same label from pairs of different ones.

    Attributes:
        threshold: of the distance, up to which two crops are said to show the same.
        equal_error: rate of both kinds of error at the distance where they are equal.
        area: under the receiver operating characteristic.
        accuracy: mean of the shares of same and of different pairs that `threshold` gets right.
        same, different: how many pairs.
    """

    threshold: float
    equal_error: float
    area: float
    accuracy: float
    same: int
    different: int

    def document(self) -> dict[str, Any]:
        return asdict(self)


def unit_length(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rows of `(n, d)` at length 1."""
    exact = np.asarray(vectors, np.float64)
    return np.asarray(exact / np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12))


def distances(unit: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Between embeddings of length 1, `(n, d)` and `(m, d)`: `(n, m)` in 0…2."""
    products = np.asarray(unit, np.float64) @ np.asarray(others, np.float64).T
    return np.sqrt(np.clip(2 - 2 * products, 0, 4))


def verified(
    unit: NDArray[np.floating],
    targets: NDArray[np.integer],
    tracks: NDArray[np.integer],
    threshold: float | None = None,
) -> Verification | None:
    """Judge all pairs of crops; those of one track say nothing where there are others of the label.

    Args:
        unit: `(n, d)` embeddings of length 1.
        targets: `(n,)` labels.
        tracks: `(n,)`: crops of one number are alike.
        threshold: of the distance; None: where both kinds of error are equally frequent.

    Returns:
        None where there are no pairs of the same label, or none of different ones.
    """
    from sklearn.metrics import roc_auc_score, roc_curve

    chosen = np.linspace(0, len(unit) - 1, min(len(unit), MOST)).round().astype(np.intp)
    rows, columns = np.triu_indices(len(chosen), 1)
    found = distances(unit[chosen], unit[chosen])[rows, columns]
    targets, tracks = targets[chosen], tracks[chosen]
    same = targets[rows] == targets[columns]
    apart = tracks[rows] != tracks[columns]
    if (same & apart).any():
        keep = ~same | apart
        found, same = found[keep], same[keep]
    if not same.any() or same.all():
        return None
    wrong, right, places = roc_curve(same, -found, drop_intermediate=False)
    equal = int(np.abs(wrong - (1 - right)).argmin())
    limit = float(-places[equal]) if threshold is None else threshold
    hits = ((found <= limit) == same).astype(np.float64)
    return Verification(
        limit,
        float((wrong[equal] + 1 - right[equal]) / 2),
        float(roc_auc_score(same, -found)),
        float((hits[same].mean() + hits[~same].mean()) / 2),
        int(same.sum()),
        int((~same).sum()),
    )


def threshold_of(head: Head) -> float:
    """The distance up to which two crops show the same, from the head's card.

    Raises:
        InputError: it was not trained to tell pairs.
    """
    said = (head.card.model_extra or {}).get(KEY)
    threshold = said.get("threshold") if isinstance(said, dict) else None
    if not isinstance(threshold, (int, float)) or not 0 <= threshold <= 2:
        raise InputError(
            f"the head {head.card.name} knows no distance up to which two crops show the same; train one with: "
            "studio train --recipe embedding"
        )
    return float(threshold)


def regions_as_examples(project: Project, regions: list[int], side: int) -> Examples:
    """Examples of these regions in their order, without labels or splits.

    Raises:
        InputError: one of them is not in the project.
    """
    crops = read_crops(project)
    rows = crops.rows_of(regions)
    if len(rows) != len(regions):
        there = set(crops.table.ids[rows].tolist())
        missing = next(region for region in regions if region not in there)
        raise InputError(f"the project has no region {missing}; studio crops --json lists their ids")
    table = crops.table.taken(rows)
    media = [crops.media[medium] for medium in table.media.tolist()]
    widths, heights = (np.array([getattr(row, name) for row in media], np.int64) for name in ("width", "height"))
    zeros = np.zeros(len(rows), np.int64)
    windows = crop_windows(table.boxes, side, widths, heights)
    return Examples((), table.ids, table.media, table.frames, windows, zeros, zeros, zeros.astype(np.uint8))
