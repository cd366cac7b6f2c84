"""Teaching: a correction changes the head within moments, and a fit with everything follows behind it.

For the lane that a person waits for. What `quick` gives is the linear part and one more support of the crop part, on
the calibration of the last fit; `full` mines, calibrates and scores anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.geometry import Box, crop_window, iou_matrix
from studio.core.project import Project
from studio.core.project.state_key import examples
from studio.ml.backbones.base import Backbone
from studio.ml.crops import cut
from studio.ml.embeddings import rounded
from studio.ml.heads.corrected import Correction, correct_crop, correct_dense
from studio.ml.heads.crop import CropPart
from studio.ml.heads.dense import detect
from studio.ml.heads.fit import UNSAVED, Fitted, fit, mean_f1
from studio.ml.heads.head import Head
from studio.ml.heads.kept import Kept
from studio.ml.heads.live_cache import fit_key, from_cache, to_cache
from studio.ml.networks import Networks
from studio.ml.recent_levels import RecentLevels
from studio.ml.search.area import in_area, searched_part

MOST_REMEMBERED = 3  # heads with the samples they were trained on, some 100 MB each
SAME_BOX = 0.5

Picture = NDArray[np.uint8]
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class TeachRequest:
    """One correction of what a head said about a frame.

    Attributes:
        head: the one that is corrected.
        right: True where a detection was confirmed or a missed object drawn, False where one was rejected.
        label: name of the label.
        medium, frame, picture, area: of the `LiveRequest` that the detection came from.
        box: in pixels of the frame.
        objects: float `(n, 4)`: the frame's boxes that do hold the label, which a rejection nearby should spare.
        position: of the project's history that the head then knows; 0: that of the head.
    """

    head: Head
    right: bool
    label: str
    medium: int
    frame: int
    picture: Picture
    box: Box
    area: Box | None = None
    objects: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 4)))
    position: int = 0


@dataclass(frozen=True, eq=False)
class Taught:
    """A head that learned a correction.

    Attributes:
        head: the new one; it has no file.
        medium, frame, label, box: of the request.
        before, after: the best score of the label at the box; of the dense part where there is one.
        detections: what the dense part says about the frame now; None where there is none.
        seconds: that it took.
        note: to be told to the user; None where all went as it should.
    """

    head: Head
    medium: int
    frame: int
    label: str
    box: Box
    before: float
    after: float
    detections: Detections | None
    seconds: float
    note: str | None = None


@dataclass(frozen=True)
class FitRequest:
    """What to fit: the present of a project, with these parameters.

    Attributes:
        project: its folder; it is opened for reading on the thread that fits.
        backbone: by name; None: the bundled one.
    """

    project: Path
    backbone: str | None = None
    kernel: str = "rbf"
    seed: int = 0


@dataclass(frozen=True)
class FitSummary:
    """What a fit changed, since the last one of this `Teacher`.

    Attributes:
        added, removed: ids of regions that teach now and did not (or did otherwise), and that do not teach any more.
        f1_before, f1_after: on held-out frames; None where there is too little to hold out honestly.
        scores: as `Fitted.scores`.
        positives, negatives: windows that the crop part was trained on.
        seconds: of the fit when it was made, by part.
    """

    added: tuple[int, ...]
    removed: tuple[int, ...]
    f1_before: float | None
    f1_after: float | None
    scores: dict[str, dict[str, Any]]
    positives: int
    negatives: int
    seconds: dict[str, float]


@dataclass(frozen=True, eq=False)
class Relearned:
    """A head fitted to all that a project says.

    Attributes:
        head: saved in the cache of the project, where that can be written.
        key: of the project's state and the parameters; the name on the head's card.
        cached: it was there already: the state is one that was before, after an undo for one.
        summary: what changed.
        note: to be told to the user.
    """

    head: Head
    key: str
    cached: bool
    summary: FitSummary
    note: str | None = None


@dataclass(frozen=True)
class _Memory:
    """A head and the samples of its dense parts."""

    head: Head
    kept: tuple[Kept, ...]


class Memories:
    """The samples of the newest heads. Thread-safe: what one `Teacher` fitted, another one corrects."""

    def __init__(self) -> None:
        self._newest: tuple[_Memory, ...] = ()
        self._lock = Lock()

    def keep(self, head: Head, kept: tuple[Kept, ...]) -> None:
        with self._lock:
            self._newest = (*self._newest, _Memory(head, kept))[-MOST_REMEMBERED:]

    def __iter__(self) -> Iterator[_Memory]:
        return iter(self._newest)


class Teacher:
    """Corrects heads and fits them. An instance belongs to one thread."""

    def __init__(
        self, networks: Networks, recent: RecentLevels | None = None, memories: Memories | None = None
    ) -> None:
        """Teach on `networks`.

        Args:
            networks: of the thread.
            recent: shared with the `LiveDetector`, whose maps of the corrected frame are used again.
            memories: shared with other teachers, so that corrections need not wait where fits are running.
        """
        self._networks, self._recent = networks, recent or RecentLevels()
        self._memories = memories or Memories()
        self._examples: dict[int, int] = {}
        self._f1: float | None = None

    def quick(self, request: TeachRequest, control: Control) -> Taught:
        """Change the head by one correction: what was rejected is no longer found, what was confirmed is.

        Raises:
            InputError: the head's backbone is not here, or is another one.
        """
        control.checkpoint()
        note = None
        if request.head.layers is not None:
            note = f"The head {request.head.card.name} does not learn single corrections: train it again"
        elif request.label not in request.head.labels:
            note = f"{request.label} is new to the head; it learns it with the next fit"
        if note is not None:
            where = request.medium, request.frame, request.label, request.box
            return Taught(request.head, *where, 0.0, 0.0, None, 0.0, note)
        return self._networks.on_device(lambda: self._taught(request))

    def full(self, request: FitRequest, control: Control) -> Relearned:
        """The head of the project's present: from the cache where this very state was fitted before, else fitted.

        Raises:
            InputError: as `studio.ml.heads.fit.fit`.
        """
        return self._networks.on_device(lambda: self._relearned(request, control))

    def remember(self, fitted: Fitted, head: Head | None = None) -> None:
        """Keep what a fit learned from, so that corrections of its head weigh it; `head` where it was saved since."""
        self._memories.keep(head or fitted.head, fitted.kept)

    # A correction ----------------------------------------------------------------------------------------------------

    def _taught(self, request: TeachRequest) -> Taught:
        began = time.perf_counter()
        head, label = request.head, request.head.labels.index(request.label)
        backbone = self._networks.of(head)
        picture, corner = searched_part(request.picture, request.area, head)
        crop, was, now = self._crop_taught(head.crop[label], request, backbone)
        dense, kept, found = head.dense, self._kept_of(head, backbone), None
        if head.dense:
            place = request.medium, request.frame, request.area
            exponents = sorted({exponent for part in head.dense for exponent in part.exponents})
            levels = self._recent.levels(backbone, picture, exponents, place)
            parts = [part.to(backbone.compute.device) for part in dense]
            extent = picture.shape[1], picture.shape[0]
            box = Box(request.box.x - corner[0], request.box.y - corner[1], *request.box[2:])
            objects = np.asarray(request.objects, np.float64) - np.array([*corner, 0, 0])
            was = _score_at(detect(parts, levels, *extent), box, label)
            parts[label], own = correct_dense(
                parts[label], kept[label], levels, Correction(request.right, box, objects)
            )
            after = detect(parts, levels, *extent)
            now = _score_at(after, box, label)
            found = in_area(after, corner, request.area)
            # Other parts stay what they are, on the device where the head keeps them.
            dense = _replaced(dense, label, parts[label].to(dense[label].kernel.device))
            kept = _replaced(kept, label, own)
        card = head.card.model_copy(update={"sha256": UNSAVED, "history": request.position or head.card.history})
        new = replace(head, card=card, crop=_replaced(head.crop, label, crop), dense=dense)
        self._memories.keep(new, kept)
        where = request.medium, request.frame, request.label, request.box
        return Taught(new, *where, was, now, found, time.perf_counter() - began, self._networks.note)

    def _crop_taught(self, part: CropPart, request: TeachRequest, backbone: Backbone) -> tuple[CropPart, float, float]:
        height, width = request.picture.shape[:2]
        window = crop_window(request.box, backbone.input_size, width, height)
        embedding = rounded(backbone.embed(cut(request.picture, window, backbone.input_size)[None]))[0]
        new = correct_crop(part, embedding, request.right)
        return new, float(part.scores(embedding[None])[0]), float(new.scores(embedding[None])[0])

    def _kept_of(self, head: Head, backbone: Backbone) -> tuple[Kept, ...]:
        device = backbone.compute.device
        for memory in self._memories:
            if memory.head is head and all(kept.features[0].device == device for kept in memory.kept):
                return memory.kept
        return tuple(Kept.empty(part.kernel.numel(), device, part.bias) for part in head.dense)

    # A fit -----------------------------------------------------------------------------------------------------------

    def _relearned(self, request: FitRequest, control: Control) -> Relearned:
        backbone = self._networks.backbone(request.backbone)
        with Project.open(request.project) as project:
            # One moment of the project from the key to the last frame, whatever is edited meanwhile.
            project.connection.execute("BEGIN")
            key = fit_key(project, backbone, request.kernel, request.seed)
            now = examples(project)
            head = from_cache(project, key, backbone)
            cached = head is not None
            if head is None:
                fitted = fit(project, key, backbone, request.kernel, request.seed, control)
                head = to_cache(project, key, fitted.head)
                self.remember(fitted, head)
        known = next((memory.head for memory in self._memories if memory.head.card == head.card), head)
        return Relearned(known, key, cached, self._summary(known, now), self._networks.note)

    def _summary(self, head: Head, now: dict[int, int]) -> FitSummary:
        card, before, last, self._examples = head.card, self._f1, self._examples, now
        self._f1 = mean_f1(card.scores)
        added = tuple(sorted(region for region, what in now.items() if last.get(region) != what))
        removed = tuple(sorted(last.keys() - now.keys()))
        how = card.training if isinstance(card.training, dict) else {}
        windows = how.get("positives", 0), how.get("negatives", 0)
        return FitSummary(added, removed, before, self._f1, card.scores, *windows, how.get("seconds", {}))


def _replaced(parts: tuple[_T, ...], index: int, part: _T) -> tuple[_T, ...]:
    return (*parts[:index], part, *parts[index + 1 :])


def _score_at(found: Detections, box: Box, label: int) -> float:
    """The best score of a label at a box."""
    there = iou_matrix(found.boxes, np.array([box]))[:, 0] >= SAME_BOX
    return float(found.scores[there & (found.label_ids == label)].max(initial=0))
