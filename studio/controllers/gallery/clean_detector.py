"""The queue of frames on which tracker and detector disagree."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.controllers.context import Context
from studio.controllers.enough import missing_head
from studio.controllers.gallery.acts import Removal, Reviewing
from studio.controllers.gallery.clean_lines import act, place_of
from studio.controllers.gallery.runs import Run
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.gallery.crops import Crops
from studio.core.gallery.disagreements import Disagreement
from studio.core.geometry import Box, intersections
from studio.core.project import Edit, Project
from studio.core.project.corrections import confirm, reject
from studio.core.project.edits import Planned, counted
from studio.core.project.row_checks import STATES
from studio.state.gallery import GalleryState
from studio.views.gallery.clean_page import ListPage
from studio.views.gallery.crop_lines import CropLine

if TYPE_CHECKING:
    from studio.ml.gallery.disagreement import Comparison

START = "The active head goes over the labelled frames; where it says otherwise, a person should look."
TEXTS = {
    "missed": {"right": "Box is right", "head": "Remove it"},
    "beside": {"right": "Box is right", "head": "Move the box"},
}


class DetectorSection:
    """Compares when it is asked; what was looked at drops out."""

    def __init__(self, context: Context, gallery: GalleryState, page: ListPage) -> None:
        self._context, self._gallery, self._page = context, gallery, page
        self._comparison: Comparison | None = None
        self._left: tuple[Disagreement, ...] = ()
        self._settled: Disagreement | None = None  # what was settled here last
        self._run = Run(context, page.bar)
        page.bar.run_wanted.connect(self._compare)
        page.list.chosen.connect(self._go)
        page.list.opened.connect(self._go)
        page.done.connect(self._do)
        self._wires = Wires()
        self._wires.connect(context.session.head_changed, self._say_start)
        self._say_start()

    def close(self) -> None:
        self._wires.cut()
        self._run.close()

    def look(self, looked_at: bool) -> None:
        if looked_at:
            self._say_start()
            self.refresh()

    def _say_start(self, _: object = None) -> None:
        if self._comparison is None:
            self._page.set_summary(START, "dim")

    def refresh(self) -> None:
        """The crops are others: what was edited or reviewed drops out."""
        crops, comparison = self._gallery.crops, self._comparison
        if crops is None or comparison is None:
            return
        chosen = self._chosen
        self._left = still_open(comparison.found, crops)
        self._page.list.set_lines(len(self._left), self._line)
        self._page.set_count(len(self._left))
        if chosen in self._left:
            self._page.list.choose(self._left.index(chosen))
        elif chosen is not None and chosen is self._settled and self._left:
            self._go(self._page.list.row)  # on with the next; whoever draws on the video stays where he is
        self._describe()
        self._say(comparison)

    @property
    def _chosen(self) -> Disagreement | None:
        row = self._page.list.row
        return self._left[row] if 0 <= row < len(self._left) else None

    # Comparing -------------------------------------------------------------------------------------------------------

    def _compare(self) -> None:
        head = self._context.session.head
        if head is None:
            self._page.set_summary(missing_head(self._context), "doubtful")
            return
        asked = self._context.networks, self._context.project.folder, head.head
        self._run.start("compare with the head", compare_with, *asked, take=self._take, publish=self._take)

    def _take(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self.refresh()

    def _say(self, comparison: Comparison) -> None:
        whole = comparison.frames == comparison.there
        some = f"{comparison.frames:,} of {comparison.there:,} labelled frames"
        frames = counted(comparison.frames, "labelled frame") if whole else some
        unread = "".join(f" {problem}." for problem in comparison.unread)
        if self._left:
            text = f"{counted(len(self._left), 'disagreement')} on {frames}, the strongest first.{unread}"
            self._page.set_summary(text)
        elif comparison.found:
            self._page.set_summary(f"All disagreements on {frames} are settled.{unread}", "good")
        else:
            text = f"The head agrees with {frames}" if whole else f"Compared on {some}: the head agrees"
            self._page.set_summary(f"{text}.{unread}", "good" if whole else "dim")

    # Lines -----------------------------------------------------------------------------------------------------------

    def _line(self, number: int) -> CropLine:
        each, crops = self._left[number], self._gallery.crops
        label = crops.labels.get(each.label) if crops is not None else None
        if crops is None or label is None:
            return CropLine((), "")
        words = each.words(label.name)
        place = place_of(crops, each.medium, each.frame)
        return CropLine((Crop(each.medium, each.frame, each.box),), words[:1].upper() + words[1:], place, label.color)

    def _describe(self) -> None:
        each, crops = self._chosen, self._gallery.crops
        if each is None or crops is None or each.label not in crops.labels:
            self._page.set_chosen("")
            return
        name = crops.labels[each.label].name
        extra = {"right": f"No {name}", "head": f"It is a {name}"}
        self._page.set_chosen("", TEXTS.get(each.kind, extra))

    def _go(self, number: int) -> None:
        if 0 <= number < len(self._left):
            each, session = self._left[number], self._context.session
            session.playing = False
            session.go(each.medium, each.frame)
            session.selection = frozenset({each.region} if each.region else ())
            self._describe()

    def _do(self, name: str) -> None:
        each = self._settled = self._chosen
        if each is None:
            return
        if name == "next":
            self._page.list.choose((self._page.list.row + 1) % len(self._left))
        elif name == "right" and each.region:
            act(self._context, "review a crop", Reviewing((each.region,), True))
        elif name == "right":
            act(self._context, "reject a detection", partial(_corrected, reject, each))
        elif each.kind == "extra":
            act(self._context, "confirm a detection", partial(_corrected, confirm, each))
        elif each.kind == "beside":
            act(self._context, "move a box", partial(_moved, each))
        else:
            act(self._context, "remove a crop", Removal((each.region,)))


def _corrected(correct: Any, each: Disagreement, project: Project) -> Planned:  # noqa: ANN401 - `confirm` or `reject`
    edit = correct(project, each.medium, each.frame, each.label, each.box, each.score)
    return Planned(edit, edit.text)


def _moved(each: Disagreement, project: Project) -> Planned:
    rows = project.regions(medium=each.medium, first=each.frame, last=each.frame)
    own = [row for row in rows if row.id == each.region]
    x, y, width, height = each.found or each.box
    moved = [replace(row, x=x, y=y, width=width, height=height, keyframe=True) for row in own]
    edit = Edit.rows("move a box to where it was found", moved)
    return Planned(edit, edit.text)


def still_open(found: tuple[Disagreement, ...], crops: Crops) -> tuple[Disagreement, ...]:
    """Those that nobody looked at since: the region is as it was, or there still is none where one was found."""
    table = crops.table
    rows = dict(zip((each.region for each in found if each.region), _rows(found, crops), strict=True))
    frames = np.array(sorted({each.frame for each in found if not each.region}), np.int64)
    near: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(np.isin(table.frames, frames) & (table.states != STATES.index("outside"))).tolist():
        near.setdefault((int(table.media[row]), int(table.frames[row])), []).append(row)

    def is_open(each: Disagreement) -> bool:
        if each.label not in crops.labels or each.medium not in crops.media:
            return False
        if not each.region:
            own = [row for row in near.get((each.medium, each.frame), ()) if table.labels[row] == each.label]
            return not intersections(table.boxes[own], np.array([each.box])).any()
        row = rows[each.region]
        if row < 0 or table.labels[row] != each.label or table.reviewed[row]:
            return False
        return table.states[row] == STATES.index("visible") and Box(*table.boxes[row].tolist()) == each.box

    return tuple(each for each in found if is_open(each))


def _rows(found: tuple[Disagreement, ...], crops: Crops) -> list[int]:
    """The rows of the regions that disagreements are about, −1 for those that are gone."""
    ids = np.array([each.region for each in found if each.region], np.int64)
    if not len(crops):
        return [-1] * len(ids)
    at = np.minimum(np.searchsorted(crops.table.ids, ids), len(crops) - 1)
    return [int(row) for row in np.where(crops.table.ids[at] == ids, at, -1)]


def compare_with(
    networks: LaneNetworks,
    folder: Path,
    head: Any,  # noqa: ANN401 - only `ml` looks inside
    control: Control,
) -> Comparison:
    """On the batch lane: run the head over the labelled frames, publishing what differs so far."""
    control.progress(0.0, "loading the network")
    from studio.ml.gallery.disagreement import CompareRequest, compare_with_head

    return compare_with_head(CompareRequest(folder, head), networks.on("batch"), control)
