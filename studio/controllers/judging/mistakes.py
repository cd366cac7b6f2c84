"""The worst mistakes of a run as lines of crops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.controllers.context import Context
from studio.controllers.judging.work import ReadRun
from studio.controllers.wires import Wires
from studio.core.crop import Crop
from studio.core.geometry import Box
from studio.core.project import LabelRow, MediumRow
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.crop_lines import CropLine
from studio.views.judging.run_view import RunView

MOST = 100  # lines
PICTURES = 300  # in memory


class Mistakes:
    """Fills the list, and goes to what is chosen there."""

    def __init__(self, context: Context, view: RunView) -> None:
        self._context, self._view = context, view
        self._run: ReadRun | None = None
        self._media: Mapping[int, MediumRow] = {}
        project = context.project
        self._thumbnails = Thumbnails(
            project.folder, context.lanes.disk, context.board, not project.read_only, PICTURES
        )
        view.mistakes.set_pictures(self._thumbnails.picture)
        self._wires = Wires()
        self._wires.connect(view.mistakes.wanted, self._thumbnails.want)
        self._wires.connect(self._thumbnails.came, lambda _: view.mistakes.refresh())
        self._wires.connect(view.mistakes.chosen, self._select)
        self._wires.connect(view.mistakes.opened, self._open)

    def close(self) -> None:
        self._wires.cut()
        self._thumbnails.close()

    def show(self, run: ReadRun | None) -> None:
        """Those of the split that is looked at."""
        self._run = run
        self._media = {row.id: row for row in self._context.project.project.media()}
        judgement = self._view.judgement
        total = len(judgement.worst) if judgement else 0
        self._view.set_mistakes(min(total, MOST), total, self._line)

    def _region(self, number: int) -> int:
        """The region of a line; 0 where there is none."""
        run, judgement = self._run, self._view.judgement
        if run is None or judgement is None or not 0 <= number < len(judgement.worst):
            return 0
        return int(run.ids[self._view.split][judgement.worst[number]])

    def _place(self, region: int) -> tuple[Crop, LabelRow | None] | None:
        """Where a region is, and its label today; None where it is gone."""
        if self._run is None:
            return None
        table = self._run.table
        row = int(np.searchsorted(table.ids, region))
        if row >= len(table) or table.ids[row] != region:
            return None
        crop = Crop(int(table.media[row]), int(table.frames[row]), Box(*table.boxes[row].tolist()))
        return crop, self._context.project.labels.get(int(table.labels[row]))

    def _line(self, number: int) -> CropLine:
        judgement = self._view.judgement
        if judgement is None:
            return CropLine((), "")
        row = int(judgement.worst[number])
        true, said = (judgement.labels[int(of[row])] for of in (judgement.targets, judgement.predicted))
        words = f"{true}, taken for {said} · {float(judgement.probabilities[row].max()):.2f}"
        if (found := self._place(self._region(number))) is None:
            return CropLine((), words, "this crop was removed since")
        crop, label = found
        medium = self._media.get(crop.medium)
        place = f"frame {crop.frame:,} · {medium.path.rsplit('/', 1)[-1] if medium else '?'}"
        return CropLine((crop,), words, place, label.color if label else "")

    def _select(self, number: int) -> None:
        if self._place(self._region(number)) is not None:
            self._context.session.selection = frozenset({self._region(number)})

    def _open(self, number: int) -> None:
        if (found := self._place(self._region(number))) is not None:
            self._context.session.playing = False
            self._context.session.go(found[0].medium, found[0].frame)
