"""What the commands that apply a head share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.cli.manners import say
from studio.core.errors import InputError
from studio.core.fingerprint import fingerprint
from studio.core.geometry import Box
from studio.core.media.medium import Medium
from studio.core.project import Project
from studio.core.project.heads import active_head, head_folder, head_names, read_head_facts

if TYPE_CHECKING:
    from studio.ml.backbones.base import Backbone
    from studio.ml.heads.head import Head


def load_for(project: Project, name: str | None, device: str) -> tuple[Head, Backbone]:
    """The head called `name` (None: the one chosen, else the newest) and the backbone it stands on.

    Raises:
        InputError: no such head, or its backbone is not here or differs.
    """
    from studio.ml.heads.head import load_head
    from studio.ml.networks import Networks

    head = load_head(head_folder(project, choose_head(project, name)))
    networks = Networks(device)
    say(networks.compute.reason)
    return head, networks.of(head)


def choose_head(project: Project, name: str | None) -> str:
    """The name of the head called `name` (None: the one chosen, else the newest, which is said).

    Raises:
        InputError: no such head.
    """
    names = head_names(project)
    if not names:
        raise InputError(f"the project {project.folder} has no head yet; make one: studio fit {project.folder}")
    if name is None and (name := active_head(project)):
        say(f"head: {name}, the active one")
    if name is None:
        name = max(names, key=lambda each: _age(project, each))
        say(f"head: {name}, the newest")
    if name not in names:
        raise InputError(f"unknown head {name!r}; there are: {', '.join(names)}")
    return name


def _age(project: Project, name: str) -> tuple[int, int]:
    """What newer heads have more of: the history they were trained at, then when they came here."""
    try:
        position = read_head_facts(project, name)["history"]
    except InputError:  # taken only where there is no other, and then refused by whoever loads it
        position = -1
    return position, head_folder(project, name).stat().st_mtime_ns


def search_area(project: Project, medium: Medium) -> Box | None:
    """Where in its frames the project has this medium searched; None: everywhere. It is said where it is a part."""
    areas = {} if medium.live else {row.medium: row for row in project.areas()}
    if not areas:
        return None
    sha256 = fingerprint(Path(medium.source)).sha256
    row = next((areas[each.id] for each in project.media() if each.sha256 == sha256 and each.id in areas), None)
    if row is None:
        return None
    say(f"searching the area {row.x:.0f},{row.y:.0f},{row.width:.0f},{row.height:.0f} of {medium.source} only")
    return Box(row.x, row.y, row.width, row.height)


def start_box(project: Project, medium: Medium, mode: str, labels: list[str], start: int) -> Box | None:
    """Where mode *track* starts: the last labelled box, if the project has labels on this medium."""
    if mode != "track" or medium.live:
        return None
    from studio.ml.detecting import last_labelled_box

    return last_labelled_box(project, fingerprint(Path(medium.source)).sha256, labels, start)


def say_what_is_searched(head: Head, search: Any, medium: Medium) -> None:  # noqa: ANN401 - any search mode
    """The sizes of object that dense search looks for, and which levels this medium is too large or small for."""
    if not hasattr(search, "left_out"):
        return
    for label, (least, most) in head.card.searched_sizes.items():
        say(f"searching for {label} of about {least:.0f} to {most:.0f} pixels")
    if left_out := search.left_out(*medium.size):
        largest = max(left_out)
        what = "smaller" if largest >= max(search.exponents) else "larger"
        say(f"note: {len(left_out)} of {len(search.exponents)} sizes do not fit {medium.size}; the {what} are left out")
