"""An explanation as it is seen: colours for its maps, words for its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box
from studio.views.features.reasons_result import AGAINST, FOR, ShownReasons

if TYPE_CHECKING:
    from studio.ml.reasons.explaining import Explanation

GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601
FILLS = 0.7  # share of a picture
DIMMED = 0.8  # brightness of the picture under a map
STRONGEST = 99.5  # percentile of a map that has its full colour: single pixels may be far beyond
ALIKE, PARTLY = 0.6, 0.3  # rank correlation with random networks from which a map says nothing, and little


def coloured(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """A map as 0xAARRGGBB, premultiplied: the stronger the less see-through, orange above zero and blue below."""
    strength = np.abs(values)
    most = float(np.percentile(strength, STRONGEST)) or float(strength.max())
    alpha = np.clip(strength / most, 0, 1) if most > 0 else np.zeros_like(strength)
    pixels = (255 * alpha).round().astype(np.uint32) << 24
    for shift, warm, cold in zip((16, 8, 0), bytes.fromhex(FOR[1:]), bytes.fromhex(AGAINST[1:]), strict=True):
        pixels |= (alpha * np.where(values >= 0, warm, cold)).round().astype(np.uint32) << shift
    return pixels.astype(np.uint32)


def grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture `(h, w, 3)` without colours, a little darker: all colour in it is then the map's."""
    values = (picture @ np.array(GREY) * DIMMED).round().astype(np.uint8)
    return np.repeat(values[..., None], 3, axis=2)


def shown_reasons(found: Explanation, thing: str, box: Box | None) -> ShownReasons:
    """`found` with everything that the view says of it.

    Args:
        found: as it was computed.
        thing: what was explained, in words.
        box: of the thing, in pixels of the frame.
    """
    verdict, role = verdict_of(found)
    calibrated = "" if found.score is None else f"score {found.score:.2f}, "
    return ShownReasons(
        title=thing,
        score=f"{found.title}: {calibrated}margin {_signed(found.margin)}",
        picture=grey(found.picture),
        trained=coloured(found.values),
        random=None if found.random is None else coloured(found.random),
        box=None if box is None else _inside(box, found.place),
        verdict=verdict,
        role=role,
        facts=facts_of(found),
    )


def verdict_of(found: Explanation) -> tuple[str, str]:
    """What the comparison with random networks says, and how good that is."""
    if not found.learned:
        return "This network has not been trained: whatever a map of it shows, nothing of it was learned.", "bad"
    if not np.any(found.values):
        return "The map is empty: nothing here speaks for the score.", "doubtful"
    if np.ptp(found.values) == 0:
        return "The map is the same everywhere: it shows no place.", "doubtful"
    if found.random is None:
        return "Not yet checked against a network with random weights.", "doubtful"
    if found.correlation is None:
        return "Random networks give an empty map: what is shown here was learned.", "good"
    if found.correlation >= ALIKE:
        return "It looks the same on a random network: it says nothing about what was learned.", "bad"
    if found.correlation >= PARTLY:
        return (
            "Part of it is there on a random network too: that part is the picture, not what was learned.",
            "doubtful",
        )
    return "A random network gives another map: this one depends on what was learned.", "good"


def facts_of(found: Explanation) -> tuple[str, ...]:
    """The numbers behind the maps."""
    facts = []
    if found.correlation is not None:
        networks = "a network" if found.draws == 1 else f"{found.draws} networks"
        facts.append(f"Rank correlation with {networks} whose weights are all random: {_signed(found.correlation)}.")
    if found.layer:
        facts.append(f"From {found.layer}, whose map has {found.cells[0]} × {found.cells[1]} cells.")
    if found.from_grey is not None and found.delta is not None:
        facts.append(
            f"From plain grey to this picture the margin rises by {_signed(found.from_grey)}; all pixels add up to "
            f"{_signed(found.from_grey + found.delta)} (off by {abs(found.delta):.3f})."
        )
    return tuple(facts)


def _inside(box: Box, place: Box) -> tuple[float, float, float, float] | None:
    """`box` in shares of `place`; None where it is nearly all of it, and a line around it would only hide pixels."""
    if box.width * box.height > FILLS * place.width * place.height:
        return None
    x, y = (box.x - place.x) / place.width, (box.y - place.y) / place.height
    return x, y, box.width / place.width, box.height / place.height


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−")
