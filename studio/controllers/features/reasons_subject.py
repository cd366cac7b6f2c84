"""What can be explained: the thing that is picked, selected or shown, and the scores that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.controllers.context import Context
from studio.controllers.features.head_network import network_of_head
from studio.core.geometry import Box
from studio.core.project import BACKGROUND
from studio.state.looking import head_of
from studio.state.session import ActiveHead, PickedDetection, ShownFrame

Kind = Literal["crop", "dense", "class", "channel"]


@dataclass(frozen=True, eq=False)
class Subject:
    """A thing on a frame.

    Attributes:
        frame: it is on.
        box: in pixels; None: the whole frame.
        label: of the head that is meant, or None.
        dense: whether the dense part found it.
        text: what it is, in words.
    """

    frame: ShownFrame
    box: Box | None
    label: str | None
    dense: bool
    text: str


@dataclass(frozen=True)
class Aim:
    """Whose score is explained.

    Attributes:
        kind: the part of the head, or what of a network.
        name: of the label, or of the network as `LookingState` has it ("" for the bundled one).
        layer: of a network; "" for the first convolution.
        channel: of it.
    """

    kind: Kind
    name: str
    layer: str = ""
    channel: int = -1

    @property
    def text(self) -> str:
        """In words."""
        if self.kind == "crop":
            return f"{self.name}: the crop"
        if self.kind == "dense":
            return f"{self.name}: the dense search"
        if self.kind == "channel":
            return f"channel {self.channel} of {self.layer or 'the first layer'}"
        under = head_of(self.name)
        network = f"the network under {under}" if under else self.name or "the bundled network"
        return f"strongest class of {network}"


def subject_of(context: Context) -> Subject | None:
    """The picked detection, else the selected region of the shown frame, else that frame."""
    session = context.session
    if session.picked is not None:
        return _of_detection(context, session.picked)
    shown = session.shown
    if shown is None:
        return None
    chosen = [row for row in context.project.regions_on(shown.medium, shown.number) if row.id in session.selection]
    if len(chosen) != 1:
        return Subject(shown, None, None, False, f"the whole of frame {shown.number}")
    row = chosen[0]
    label = context.project.labels.get(row.label)
    name = label.name if label else "box"
    box = Box(row.x, row.y, row.width, row.height)
    meant = _said_by(session.head, context, row.label) if name != BACKGROUND else None
    return Subject(shown, box, meant, False, f"{name} on frame {shown.number}")


def _of_detection(context: Context, picked: PickedDetection) -> Subject:
    found, index, frame = picked.result.detections, picked.index, picked.result.frame
    name = picked.result.labels[int(found.label_ids[index])]
    row = context.project.label_called(name)
    text = f"{row.name if row else name} {found.scores[index]:.2f} on frame {frame.number}"
    box = Box(*map(float, found.boxes[index]))
    return Subject(frame, box, name, context.session.mode == "dense", text)


def _said_by(head: ActiveHead | None, context: Context, label: int) -> str | None:
    """What `head` calls the label: it may have been renamed since."""
    for name in head.labels if head else ():
        row = context.project.label_called(name)
        if row is not None and row.id == label:
            return name
    return None


def aims_of(context: Context) -> tuple[Aim, ...]:
    """The scores there are: the active head's parts for each label, the network's own class, the chosen channel."""
    head, looking = context.session.head, context.session.looking
    aims: list[Aim] = []
    for label in head.labels if head else ():
        aims += [Aim("dense", label)] * bool(head and head.head.card.dense) + [Aim("crop", label)]
    network = network_of(context)
    aims.append(Aim("class", network))
    if looking.channel >= 0:
        aims.append(Aim("channel", network, looking.layer, looking.channel))
    return tuple(aims)


def network_of(context: Context) -> str:
    """The network that is looked at, as `LookingState` has it; "" only for the bundled one."""
    return context.session.looking.network or network_of_head(context.session.head)


def aim_for(subject: Subject, aims: tuple[Aim, ...], now: Aim | None) -> Aim:
    """The score to offer for `subject`: of its label; where it has none, the one there was."""
    if subject.label is not None and (now is None or now.kind in ("crop", "dense")):
        wanted = [Aim("dense", subject.label), Aim("crop", subject.label)]
        if not (subject.dense if now is None or now.name != subject.label else now.kind == "dense"):
            wanted.reverse()
        now = next((aim for aim in wanted if aim in aims), now)
    return now if now in aims else aims[0]
