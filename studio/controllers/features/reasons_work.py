"""What the reasons part computes on the compute lane: an explanation, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.controllers.features.reasons_subject import Aim, Subject
from studio.controllers.features.reasons_words import shown_reasons
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.stages import HEAD
from studio.state.looking import head_of
from studio.views.features.reasons_result import ShownReasons

if TYPE_CHECKING:
    from studio.ml.networks import Networks
    from studio.ml.reasons.sights import Target


def find_torch(networks: LaneNetworks, control: Control) -> None:
    """Import torch, where it is not there, on the compute lane."""
    control.checkpoint()
    networks.on("compute")


def import_ahead(control: Control) -> None:
    """Import what explanations are made with; only where torch is there: two threads may each get half of it."""
    control.checkpoint()
    from studio.ml.reasons.explaining import explain  # noqa: F401
    from studio.ml.reasons.methods import import_captum

    import_captum()


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be explained.

    Attributes:
        subject: the thing.
        aim: whose score.
        head: of `ActiveHead`, or None; only `ml` looks inside.
        way: how.
        models: the folder of the project's heads.
    """

    subject: Subject
    aim: Aim
    head: Any
    way: str
    models: Path


@dataclass(frozen=True, eq=False)
class Answer:
    """What is seen of it, and what may lie over the frame.

    Attributes:
        shown: in the part.
        place: of the map, in pixels of the frame.
        note: what should be known about the device; None where all is as asked.
    """

    shown: ShownReasons
    place: Box
    note: str | None = None


def explain_asked(networks: LaneNetworks, asked: Asked, control: Control) -> Answer:
    """Explain on the compute lane; colours are made there too. What is not checked yet is published."""
    control.progress(0.0, "loading the network")
    from studio.ml.reasons.explaining import Explanation, Question, explain

    own, subject = networks.on("compute"), asked.subject

    def seen(found: Explanation) -> Answer:
        return Answer(shown_reasons(found, subject.text, subject.box), found.place, own.note)

    partial_results = Control(control.progress, lambda found: control.publish(seen(found)))
    question = Question(subject.frame.picture, subject.box, _target(own, asked), asked.way)
    return seen(own.on_device(lambda: explain(own, question, partial_results)))


def _target(own: Networks, asked: Asked) -> Target:
    from studio.ml.looking.filters import first_convolution
    from studio.ml.reasons.sights import ChannelOf, ClassOf, LabelOf

    aim = asked.aim
    if aim.kind in ("crop", "dense"):
        return LabelOf(asked.head, aim.name, aim.kind == "dense")
    head = head_of(aim.name)
    network = f"{HEAD}{asked.models / head}" if head else aim.name or None
    if aim.kind == "class":
        return ClassOf(network)
    return ChannelOf(network, aim.layer or first_convolution(own.looked(network)), aim.channel)
