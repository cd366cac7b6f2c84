"""What is followed, on its way into the project: frames that wait for a verdict, and what was stored."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.core.follow import DRIFTED_AWAY, LOST, UNSURE, Collected, Stop
from studio.core.geometry import Box, Window
from studio.core.project import LabelRow, Row, TrackRow
from studio.ml.crops import Picture
from studio.ml.drift import Drift
from studio.ml.near_duplicates import NearDuplicates

DOUBTFUL = 0.2  # score under which the box is kept as occluded and teaches nothing
DRIFTED = 10  # frames in a row that look like background
MOST_SUSPECTS = 100  # frames that wait for a verdict; beyond, the oldest are kept


@dataclass
class Sighting:
    """One followed object on one frame.

    Attributes:
        score: None where a person drew the box.
        negatives: windows of background, and for each whether it looks like an earlier one.
        crops: of the positive, and of the negatives that are no near-duplicates.
    """

    trail: Trail
    frame: int
    box: Box
    score: float | None
    positive: Window
    negatives: list[tuple[Window, bool]]
    crops: Picture
    near_duplicate: bool
    strange: bool = False

    @property
    def doubtful(self) -> bool:
        return self.score is not None and self.score < DOUBTFUL


@dataclass
class Trail:
    """One object that is followed.

    Attributes:
        label, track: what its regions belong to.
        new: those of the two rows that its first regions bring along.
        until_unsure: whether the first frame that looks like background stops it.
        collected: what was stored of it.
        stop: why it ended early, once it did.
    """

    label: LabelRow
    track: TrackRow
    new: tuple[Row, ...] = ()
    until_unsure: bool = False
    collected: Collected = field(default_factory=Collected)
    stop: Stop | None = None
    positive_hashes: NearDuplicates = field(default_factory=NearDuplicates)
    negative_hashes: NearDuplicates = field(default_factory=NearDuplicates)
    drift: Drift = field(default_factory=Drift)
    suspects: list[Sighting] = field(default_factory=list)

    def settle(self, batch: list[Sighting]) -> list[Sighting]:
        """Take in embedded sightings in order; returns those that may be stored. Stops where it drifted."""
        ready: list[Sighting] = []
        for sighting in batch:
            if self.until_unsure and sighting.strange:
                self.stop = Stop(sighting.frame, UNSURE)
                return [*ready, *self.close()]
            self.suspects.append(sighting)
            if sum(suspect.strange for suspect in self.suspects) >= DRIFTED:
                self.stop = Stop(self.suspects[0].frame, DRIFTED_AWAY)
                self.suspects.clear()
                break
            sure = not (sighting.doubtful or sighting.strange)
            settled = len(self.suspects) if sure else max(len(self.suspects) - MOST_SUSPECTS, 0)
            ready += self.suspects[:settled]
            del self.suspects[:settled]
        return ready

    def end(self, stop: Stop) -> list[Sighting]:
        """Stop here; returns what may still be stored. Where it was lost, the unsure frames just before go."""
        self.stop = stop
        if stop.reason == LOST and self.suspects:
            self.stop = Stop(self.suspects[0].frame, LOST)
            self.suspects.clear()
        return self.close()

    def close(self) -> list[Sighting]:
        """What waited for a verdict, which does not wait any longer."""
        suspects, self.suspects = self.suspects, []
        return suspects
