"""What workers do for the active head: look it up, fit it, read it from a file, and, on the live lane, correct it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.project.live_heads import cached_head
from studio.core.project.state_key import state_key
from studio.state.session import ActiveHead, ShownFrame

if TYPE_CHECKING:
    from studio.ml.heads.head import Head

LIVE = "live"  # the name of the head that follows the project
MOST_QUICK = 24  # heads of corrections that can be undone at once, some megabytes each


@dataclass(frozen=True)
class Wanted:
    """The head of a project's present: its folder, and how the head is fitted; None: on the bundled backbone."""

    project: Path
    kernel: str
    backbone: str | None = None


@dataclass(frozen=True, eq=False)
class Corrected:
    """One correction of what `head` said about `shown`, as `studio.ml.teaching.TeachRequest` has it.

    Attributes:
        position: of the history, just after the correction was written.
    """

    wanted: Wanted
    position: int
    head: ActiveHead
    shown: ShownFrame
    right: bool
    label: str
    box: Box
    area: Box | None
    objects: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Learned:
    """A head for the present of the project.

    Attributes:
        quick: it learned the newest corrections at once; a fit should follow.
        note: to be told to the user, or None.
        added, removed, f1_before: of a fit, as `studio.ml.teaching.FitSummary` has them.
    """

    head: ActiveHead
    quick: bool = False
    note: str | None = None
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    f1_before: float | None = None


def fitted(networks: LaneNetworks, wanted: Wanted, control: Control) -> Learned:
    """The head of the present: from the cache where this state was fitted before, else fitted."""
    return _fitted(networks, "compute", wanted, control)


def _fitted(networks: LaneNetworks, lane: str, wanted: Wanted, control: Control) -> Learned:
    from studio.ml.teaching import FitRequest

    with Project.open(wanted.project) as project:
        position = project.position  # what is done from here on, the head may not know
    found = networks.teacher(lane).full(FitRequest(wanted.project, wanted.backbone, wanted.kernel), control)
    head = _active(found.head, found.key, LIVE)
    networks.offer(head, position)
    changed = found.summary
    return Learned(head, False, found.note, changed.added, changed.removed, changed.f1_before)


def known(networks: LaneNetworks, wanted: Wanted, control: Control) -> Learned | None:
    """The head of the present where this state was there before, after an undo for one; nothing is fitted."""
    return _known(networks, "compute", wanted, None, control)


def corrected(networks: LaneNetworks, correction: Corrected, control: Control) -> Learned | None:
    """The newest head with one correction more; the earlier head of this state where there was one (a redo, say).

    None where the correction was taken back meanwhile.

    On the live lane, where nothing takes long: a fit that is running must not keep a correction waiting.
    """
    from studio.ml.teaching import TeachRequest

    wanted = correction.wanted
    if (before := _known(networks, "live", wanted, correction.position, control)) is not None:
        return before
    with Project.open(wanted.project) as project:
        if not project.still_holds(correction.position):
            return None
    shown, old = correction.shown, networks.newest or correction.head
    taught = networks.teacher("live").quick(
        TeachRequest(
            old.head, correction.right, correction.label, shown.medium, shown.number, shown.picture, correction.box,
            correction.area, correction.objects, correction.position,
        ),
        control,
    )  # fmt: skip
    now = _keys(wanted, correction.position)
    if not now.holds:
        return None
    learned = Learned(replace(old, key=now.key, head=taught.head), True, taught.note)
    if now.newest:  # else another edit came meanwhile, and the head of that state is another one
        _keep(networks, now.key, learned)
    networks.offer(learned.head, correction.position)
    return learned


def named(networks: LaneNetworks, folder: Path, control: Control) -> Learned:
    """The head that is kept in `folder`."""
    from studio.ml.heads.head import load_head

    control.checkpoint()
    head = load_head(folder)
    networks.on("compute").of(head)  # whether what it stands on is here
    return Learned(_active(head, f"{folder.name} {head.card.sha256}", folder.name))


def _active(head: Head, key: str, name: str) -> ActiveHead:
    from studio.ml.heads.fit import mean_f1

    card = head.card
    how: dict[str, Any] = dict(card.training) if isinstance(card.training, dict) else {}
    seconds = how.get("seconds")
    spent = sum(seconds.values()) if isinstance(seconds, dict) else 0.0
    positives, negatives = (int(how.get(kind, 0)) for kind in ("positives", "negatives"))
    f1, labels = mean_f1(card.scores), tuple(head.labels)
    return ActiveHead(key, name, labels, head, f1, card.scores, positives, negatives, spent, card.recipe)


def _known(networks: LaneNetworks, lane: str, wanted: Wanted, position: int | None, control: Control) -> Learned | None:
    """That of `known`; None also where the history went on from `position`."""
    from studio.ml.heads.live_cache import fit_key

    control.checkpoint()
    backbone = networks.on(lane).backbone(wanted.backbone)
    with Project.open(wanted.project) as project:
        now = project.position
        if position not in (None, now):
            return None
        fitted_before = cached_head(project, fit_key(project, backbone, wanted.kernel)) is not None
    if fitted_before:
        return _fitted(networks, lane, wanted, control)
    learned: Learned | None = networks.quick_heads.get(_keys(wanted, 0).key)
    if learned is not None:
        networks.offer(learned.head, now)
    return learned


class _Now(NamedTuple):
    """The key of the present for quick heads; whether the history is still at a position, and that edit holds."""

    key: str
    newest: bool
    holds: bool


def _keys(wanted: Wanted, position: int) -> _Now:
    with Project.open(wanted.project) as project:
        project.connection.execute("BEGIN")  # one moment
        key = state_key(project, "quick", wanted.kernel, wanted.backbone)
        return _Now(key, project.position == position, project.still_holds(position))


def _keep(networks: LaneNetworks, key: str, learned: Learned) -> None:
    heads = networks.quick_heads
    heads[key] = learned
    while len(heads) > MOST_QUICK:
        del heads[next(iter(heads))]
