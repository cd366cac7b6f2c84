"""Hard negatives from the videos with one key, and suggestions from frames of which nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.enough import missing_head
from studio.controllers.gallery.clean_lines import act, place_of
from studio.controllers.gallery.runs import Run
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.errors import StudioError
from studio.core.project import Edit, Project
from studio.core.project.corrections import confirm
from studio.core.project.edits import Planned, counted
from studio.core.project.hard_negatives import HardNegative, hard_negatives_edit
from studio.state.gallery import GalleryState, Listed
from studio.views.gallery.balance import BalanceView
from studio.views.gallery.crop_lines import CropLine

if TYPE_CHECKING:
    from studio.ml.gallery.mining import Mining

DOING = "mining hard negatives"
RUNNING = "Hard negatives are being mined already."


class Miner:
    """Runs the active head; stores what is known to be no object, lists what a person has to say."""

    def __init__(self, context: Context, gallery: GalleryState, view: BalanceView) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._suggested: list[HardNegative] = []
        self._run = Run(context, view.bar)
        self._wires = wires = Wires()
        wires.connect(context.actions["gallery.mine"].triggered, self._mine)
        wires.connect(view.bar.run_wanted, self._mine)
        wires.connect(view.list.chosen, self._go)
        wires.connect(view.list.opened, self._go)
        wires.connect(view.done, self._do)

    def close(self) -> None:
        self._wires.cut()
        self._run.close()

    def _mine(self, _: bool = False) -> None:
        context, head = self._context, self._context.session.head
        if self._run.running:
            context.board.say(RUNNING)
        elif head is None:
            context.board.say(missing_head(context), "problem")
        elif not refuse_read_only(context, DOING):
            asked = context.networks, context.project.folder, head.head, self._view.unlabelled
            self._run.start(DOING, mined, *asked, take=self._take)

    def _take(self, mining: Mining) -> None:
        """Store first: what was looked at is as it was a moment ago, and the edit looks again."""
        frames = counted(mining.frames, "frame")
        looked = frames if mining.frames == mining.there else f"{mining.frames:,} of {mining.there:,} frames"
        unread = "".join(f" {problem}." for problem in mining.unread)
        self._suggested = list(mining.suggested)
        edit = self._store(mining.found)
        if edit is not None and edit.size:
            ids = tuple(key.id for key in edit.changes)
            count = counted(len(ids), "hard negative")
            self._context.board.say(f"{count} from {looked}; undo takes them back.{unread}", "good")
            learns = "" if self._context.session.live else " Fit the head to learn from them."
            self._view.set_found(f"{count} from {looked}.{learns}{unread}")
            self._gallery.listed = Listed(ids, f"{count}, the highest score first")
        elif edit is not None:
            more = f"; {counted(len(self._suggested), 'suggestion')} below" if self._suggested else ""
            where = "where every object is marked the head takes nothing else for its objects"
            nothing = f"No hard negatives from {looked}: {where}{more}.{unread}"
            self._context.board.say(nothing)
            self._view.set_found(nothing)
        self._show()
        if self._suggested:
            self._gallery.part_wanted.emit("balance")

    def _store(self, found: tuple[HardNegative, ...] | list[HardNegative]) -> Edit | None:
        """What was written; None where it could not be, which is said."""
        project = self._context.project
        try:
            edit = hard_negatives_edit(project.project, found)
            if edit.size:
                project.apply(edit, who="head")
        except StudioError as error:
            self._context.board.problem(error, DOING)
            return None
        return edit

    # Suggestions -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        self._view.list.set_lines(len(self._suggested), self._line)
        self._view.set_suggested(len(self._suggested), self._name())

    def _name(self) -> str:
        """The label of the chosen suggestion; "" where none is."""
        row = self._view.list.row
        labels = self._context.project.labels
        known = labels.get(self._suggested[row].label) if 0 <= row < len(self._suggested) else None
        return known.name if known else ""

    def _line(self, number: int) -> CropLine:
        each, crops = self._suggested[number], self._gallery.crops
        label = crops.labels.get(each.label) if crops is not None else None
        if crops is None or label is None:
            return CropLine((), "")
        words = f"Taken for {label.name} ({each.score:.2f})"
        place = place_of(crops, each.medium, each.frame)
        return CropLine((Crop(each.medium, each.frame, each.box),), words, place, label.color)

    def _go(self, number: int) -> None:
        each, session = self._suggested[number], self._context.session
        session.playing = False
        session.go(each.medium, each.frame)
        self._view.set_suggested(len(self._suggested), self._name())

    def _do(self, name: str) -> None:
        row = self._view.list.row
        if name == "all":
            if not refuse_read_only(self._context, DOING) and self._store(self._suggested) is not None:
                self._suggested = []
                self._show()
        elif 0 <= row < len(self._suggested):
            each = self._suggested[row]
            plans: dict[str, Callable[[Project], Planned]] = {
                "no": partial(_stored, each),
                "yes": partial(_confirmed, each),
            }
            if name in plans:
                act(self._context, DOING, plans[name])
            if not self._context.project.read_only:
                del self._suggested[row]
                self._show()


def _stored(each: HardNegative, project: Project) -> Planned:
    edit = hard_negatives_edit(project, [each])
    return Planned(edit, edit.text)


def _confirmed(each: HardNegative, project: Project) -> Planned:
    edit = confirm(project, each.medium, each.frame, each.label, each.box, each.score)
    return Planned(edit, edit.text)


def mined(
    networks: LaneNetworks,
    folder: Path,
    head: Any,  # noqa: ANN401 - only `ml` looks inside
    unlabelled: bool,
    control: Control,
) -> Mining:
    """On the batch lane: what a head takes for its objects and is none."""
    control.progress(0.0, "loading the network")
    from studio.ml.gallery.mining import MiningRequest, mine

    return mine(MiningRequest(folder, head, unlabelled=unlabelled), networks.on("batch"), control)
