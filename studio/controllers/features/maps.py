"""Feature maps: the shown frame goes through a layer of the network, while somebody looks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.features.maps_export import export
from studio.controllers.features.maps_work import Answer, Asked, Wishes, answer
from studio.controllers.wires import Wires
from studio.core.errors import StudioError, said
from studio.core.project.heads import head_folder
from studio.state.jobs import Job
from studio.state.looking import head_of
from studio.state.session import ShownFrame
from studio.state.veil import Veil
from studio.views.features.maps import LOADING, NOTHING, OPEN, MapsView
from studio.views.features.maps_grid import ShownPage, spread_text
from studio.views.features.maps_strip import ShownStage

OWNER = "maps"


class MapsController(QObject):
    """Asks for the newest frame's maps whenever the last ones are there: frames are left out, never queued."""

    def __init__(self, context: Context, view: MapsView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._wishes, self._opacity = Wishes(), 0.6
        self._answer: Answer | None = None
        self._network: object = None  # that answered last, or of which it was said why it does not
        self._missing = ""  # that the layer which was looked at is none of this network's
        self._cell = (-1, -1)  # of the large map, under the cursor
        self._busy = False
        self._asked: object = None  # what is on its way, or was answered
        self._sorted_for: object = None  # what the order of the channels depends on, when it was asked for last
        self._wires = Wires()
        self._connect()

    def _connect(self) -> None:
        wires, session, bar, view = self._wires, self._context.session, self._view.bar, self._view
        for signal in (
            session.shown_changed,
            session.medium_changed,
            session.head_changed,
            session.playing_changed,
            view.visible_changed,
        ):
            wires.connect(signal, self._ask)
        wires.connect(session.looking.network_changed, self._on_network)
        wires.connect(session.looking.layer_changed, self._on_layer)
        wires.connect(session.looking.channel_changed, self._on_channel)
        wires.connect(view.visible_changed, self._on_visible)
        bar.layer_wanted.connect(self._choose_layer)
        view.strip.picked.connect(self._choose_layer)
        bar.order_wanted.connect(lambda by: self._wish(by=by, page=0))
        bar.scale_wanted.connect(self._choose_scale)
        bar.fixed_wanted.connect(lambda fixed: self._wish(fixed=fixed))
        bar.turned.connect(self._turn)
        view.grid.turned.connect(self._turn)
        view.grid.picked.connect(self._pick)
        bar.over_wanted.connect(lambda over: self._wish(over=over))
        bar.opacity_wanted.connect(self._set_opacity)
        bar.strip_wanted.connect(lambda strip: self._wish(strip=strip))
        bar.export_wanted.connect(self._export)
        view.large.hovered.connect(self._hover)

    def close(self) -> None:
        self._wires.cut()
        self._answer = None

    # What is wished --------------------------------------------------------------------------------------------------

    def _wish(self, **changes: object) -> None:
        self._wishes = replace(self._wishes, **changes)  # type: ignore[arg-type]
        self._show_wishes()
        self._ask()

    def _show_wishes(self) -> None:
        wishes, bar = self._wishes, self._view.bar
        bar.set_order(wishes.by)
        bar.set_scale(wishes.scale, wishes.fixed)
        bar.set_strip(wishes.strip)
        bar.set_over(wishes.over, self._opacity, self._context.session.looking.channel >= 0)

    def _choose_layer(self, layer: str) -> None:
        looking = self._context.session.looking
        if layer != looking.layer:
            looking.channel = -1  # of the layer before
            looking.layer = layer

    def _choose_scale(self, scale: str) -> None:
        """A fixed scale begins where the layer's is now."""
        if scale == "fixed" and self._answer is not None and self._wishes.scale != "fixed":
            values = self._answer.maps.values
            self._wishes = replace(self._wishes, fixed=max(float(f"{abs(values).max():.2g}"), 0.001))
        self._wish(scale=scale)

    def _turn(self, step: int) -> None:
        if self._answer is not None:
            self._wish(page=min(max(self._answer.page + step, 0), self._answer.pages - 1))

    def _pick(self, channel: int) -> None:
        looking = self._context.session.looking
        looking.channel = -1 if channel == looking.channel else channel

    def _on_network(self, _: str) -> None:
        self._missing = ""
        self._ask()

    def _on_layer(self, layer: str) -> None:
        self._missing = "" if layer else self._missing
        self._wish(page=None if self._context.session.looking.channel >= 0 else 0)

    def _on_channel(self, channel: int) -> None:
        """Whoever chooses a channel elsewhere finds it on its page."""
        self._cell = (-1, -1)
        self._wish(page=None if channel >= 0 else self._answer.page if self._answer else 0)

    def _set_opacity(self, opacity: float) -> None:
        self._opacity = opacity
        self._lay_over()

    # Asking ----------------------------------------------------------------------------------------------------------

    def _ask(self, *_: object) -> None:
        """One request at a time; what changed meanwhile is asked for when it is answered."""
        frame = self._context.session.shown
        if self._context.session.empty or (frame is None and self._answer is None):
            self._forget()
        if self._busy or frame is None or not self._view.isVisible():
            return
        asked = self._request(frame)
        if self._answer is None and self._network != asked.looked_into:
            self._view.set_empty(*LOADING)
        elif self._network != asked.looked_into:
            self._view.set_note(LOADING[0])
        session, kept = self._context.session, asked.order is not None
        key = (frame, session.looking.network, session.head, asked.layer, asked.channel, asked.wishes, kept)
        if key == self._asked:
            return
        self._asked, self._busy = key, True
        job = Job("feature maps", answer, self._context.networks, asked)
        job.succeeded.connect(self._show)
        job.failed.connect(partial(self._fail, asked))
        job.finished.connect(self._end)
        self._context.lanes.live.replace(job)

    def _forget(self) -> None:
        self._answer = self._asked = None
        self._view.set_empty(*OPEN, self._context.actions["media.open"])
        self._lay_over()

    def _request(self, frame: ShownFrame) -> Asked:
        session, looking, last = self._context.session, self._context.session.looking, self._answer
        network, head = looking.network, session.head.head if session.head is not None else None
        if name := head_of(network):
            head, network = _folder_of(self._context, name), ""
        order, sorted_for = None, (looking.network, session.head, looking.layer, self._wishes.by)
        if last is not None and session.playing and sorted_for == self._sorted_for:
            order = last.order  # cells that change their places all the time could not be watched
        self._sorted_for = sorted_for
        return Asked(frame, network, head, looking.layer, looking.channel, self._wishes, order)

    def _end(self) -> None:
        self._busy = False
        self._ask()

    def _fail(self, asked: Asked, error: Exception) -> None:
        """Of the network that answered before another layer can be chosen; of another there is nothing to be shown."""
        text = said(error)
        if self._answer is not None and self._network == asked.looked_into:
            self._view.set_problem(text)
            return
        self._answer, self._network = None, asked.looked_into
        self._view.set_empty(NOTHING, text)
        self._lay_over()

    # Showing ---------------------------------------------------------------------------------------------------------

    def _show(self, found: Answer) -> None:
        if self._context.session.empty:  # while it was computed
            return
        view, maps = self._view, found.maps
        page = self._page_of(found)
        self._answer, self._network = found, found.asked.looked_into
        view.bar.set_layers(found.layers, maps.layer)
        view.bar.set_labels(found.labels)
        view.bar.set_page(found.page, found.pages)
        self._show_wishes()
        self._say_missing(found)
        notes = self._missing, found.problem, found.note and f"{found.network}: {found.note}"
        view.set_note("\n".join(text for text in notes if text))
        view.set_page(_title(found), page)
        strip = found.strip
        view.set_stages(
            [ShownStage(stage.layer, stage.size, stage.picture) for stage in strip.stages] if strip else None,
            strip.scores if strip else (),
        )
        chosen = found.chosen
        view.set_chosen(chosen.number if chosen else -1, chosen.pixels if chosen else None)
        self._tell_cell()
        self._lay_over()

    def _say_missing(self, found: Answer) -> None:
        """A layer that this network does not have is looked at no longer, here and elsewhere."""
        looking = self._context.session.looking
        if found.missing and looking.layer == found.asked.layer:
            looking.forget_layer()
            self._missing = found.missing

    def _page_of(self, found: Answer) -> ShownPage:
        """Filters are the same pictures as long as it is the same page of the same layer."""
        numbers, filters = [int(number) for number in found.numbers], found.filters
        last, page = self._answer, self._view.grid.page
        if (
            last is not None
            and page is not None
            and (last.network, last.maps.layer) == (found.network, found.maps.layer)
        ):
            filters = page.filters if page.numbers == numbers else filters
        return ShownPage(numbers, found.sheet, found.values, filters)

    def _hover(self, row: int, column: int) -> None:
        if (row, column) != self._cell:
            self._cell = row, column
            self._tell_cell()
            self._lay_over()

    def _tell_cell(self) -> None:
        """The value of the cell under the cursor, or of the strongest."""
        found = self._answer
        if found is None or found.chosen is None:
            return
        chosen, place = found.chosen, found.maps.place
        row, column = self._cell_of(found)
        what = "under the cursor" if (row, column) == self._cell else "its strongest cell"
        text = f"Channel {chosen.number}: {spread_text(chosen.values)}"
        if found.maps.has_places:
            field = "the whole frame"
            if place.field is not None:
                field = f"{place.field[0]:.0f} × {place.field[1]:.0f} pixels of the frame"
            text += f"\nRow {row}, column {column} ({what}): {chosen.values[row, column]:.4g}, sees {field}"
        self._view.set_value(text, row, column)

    def _cell_of(self, found: Answer) -> tuple[int, int]:
        assert found.chosen is not None
        rows, columns = found.chosen.values.shape
        row, column = self._cell
        return (row, column) if 0 <= row < rows and 0 <= column < columns else found.chosen.strongest

    def _lay_over(self) -> None:
        """The veil: the receptive field of a cell, and the channel itself where that is wanted."""
        looking, found = self._context.session.looking, self._answer
        if found is None or found.chosen is None or not self._view.isVisible():
            if looking.veil is not None and looking.veil.owner == OWNER:
                looking.veil = None
            return
        place, frame, chosen = found.maps.place, found.asked.shown, found.chosen
        row, column = self._cell_of(found)
        looking.veil = Veil(
            OWNER,
            frame.medium,
            frame.number,
            chosen.veil if self._wishes.over else None,
            place.whole(*chosen.values.shape),
            self._opacity,
            place.receptive_field(row, column) if found.maps.has_places else None,
        )

    def _on_visible(self, _: bool) -> None:
        self._lay_over()

    # Files -----------------------------------------------------------------------------------------------------------

    def _export(self) -> None:
        if self._answer is not None:
            export(self._context, self._answer)


def _folder_of(context: Context, name: str) -> Path | None:
    try:
        return head_folder(context.project.project, name)
    except StudioError as error:
        context.board.problem(error)
        return None


def _title(found: Answer) -> str:
    """ "128 channels of 28 × 16 · resnet18", and what blue means where there is some."""
    count, rows, columns = found.maps.values.shape
    what = f"{count} channels of {columns} × {rows}" if found.maps.has_places else f"{count} values"
    return f"{what} · {found.network}" + (" · blue is below zero" if found.maps.signed else "")
