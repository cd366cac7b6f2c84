"""The layers part: reads networks and filters while somebody looks, and sets what all parts look at."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.features.head_network import network_of_head
from studio.controllers.features.layers_work import Filters, Part, Read, read, read_filters
from studio.controllers.wires import Wires
from studio.core.errors import said
from studio.core.project.heads import head_names
from studio.state.jobs import Job
from studio.views.features.layers import LayersView

CONVOLUTIONS = ("Conv2d", "Conv")  # as torch and ONNX call them
NO_MAPS = ". An ONNX graph: OpenCV runs it as a whole, so there are no maps"


class LayersController(QObject):
    """Reads the layers on the disk lane and the filters on the compute lane; the newest wish wins."""

    def __init__(self, context: Context, view: LayersView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._asked: tuple[str, tuple[str, ...], str] | None = None  # what is read, or was
        self._read: Read | None = None
        self._part: Part | None = None  # of the filters that are read, or were
        self._filters: Filters | None = None
        looking = context.session.looking
        self._wires = Wires()
        self._wires.connect(looking.network_changed, self._look)
        self._wires.connect(looking.layer_changed, self._on_layer)
        self._wires.connect(looking.channel_changed, self._on_channel)
        self._wires.connect(context.session.head_changed, self._look)
        view.visible_changed.connect(self._look)
        view.network_wanted.connect(self._choose_network)
        view.layer_wanted.connect(self._choose_layer)
        view.pane.turned.connect(lambda step: self._turn(step, 0))
        view.pane.shifted.connect(lambda step: self._turn(0, step))
        view.pane.picked.connect(self._choose_channel)
        view.pane.maps_wanted.connect(lambda: looking.part_wanted.emit("maps"))

    def close(self) -> None:
        self._wires.cut()

    # The network -----------------------------------------------------------------------------------------------------

    def _choose_network(self, key: str) -> None:
        looking = self._context.session.looking
        if key != looking.network:
            looking.forget_layer()
            looking.network = key

    def _look(self, *_: object) -> None:
        """Read the layers of the network that is looked at, unless they are there."""
        if not self._view.isVisible():
            return
        context = self._context
        project, own = context.project.project, network_of_head(context.session.head)
        wanted = (context.session.looking.network, tuple(head_names(project)), own)
        if wanted == self._asked:
            return
        self._asked = wanted
        key, heads, own = wanted
        job = Job("reading the layers", read, key, project.models, heads, own)
        job.succeeded.connect(self._show)
        job.failed.connect(self._fail)
        context.lanes.disk.replace(job)

    def _fail(self, error: Exception) -> None:
        self._asked = None  # the next look asks again
        self._view.set_problem(said(error))

    def _show(self, found: Read) -> None:
        looking = self._context.session.looking
        if found.key != looking.network:
            return
        before, self._read = self._read, found
        self._view.set_choices(found.choices)
        self._view.set_network(found.key)
        if found.problem:
            self._view.set_problem(found.problem)
            return
        if before is None or before.lines != found.lines or before.problem:
            self._view.set_layers(found.lines, found.facts, found.note)
        if before is not None and before.network != found.network:
            self._part = None
        inside = [line.name for line in found.lines if line.inside]
        if looking.layer and not any(f"{name}.".startswith(f"{looking.layer}.") for name in inside):
            looking.forget_layer()
        self._on_layer()

    # The layer -------------------------------------------------------------------------------------------------------

    @property
    def _layer(self) -> str:
        """The layer that is looked at, in words of the tree."""
        return self._context.session.looking.layer or (self._read.first if self._read else "")

    def _choose_layer(self, name: str) -> None:
        line = self._view.model.line_of(name)
        looking = self._context.session.looking
        if line is None:
            return
        if not line.inside:
            self._show_nothing(f"{name}: {line.kind}")
        elif name == self._layer:
            self._on_layer()  # it may have been left for a part of the head
        else:
            looking.channel = -1
            looking.layer = name

    def _on_layer(self, *_: object) -> None:
        if self._read is None or self._read.problem or not self._view.isVisible():
            return
        name = self._layer
        self._view.set_layer(name)
        line = self._view.model.line_of(name)
        if line is None:
            self._show_nothing("")
        elif line.kind not in CONVOLUTIONS:
            graph = self._read.file is not None
            self._show_nothing(f"{name} has no filters: {line.kind}{NO_MAPS if graph else ''}", maps=not graph)
        else:
            if self._part is None or self._part.layer != name:
                self._filters = None
                self._ask_filters(0, 0)
            self._on_channel()

    def _show_nothing(self, title: str, maps: bool = False) -> None:
        self._part, self._filters = None, None
        self._view.set_filters(title, None, "")
        self._view.pane.set_turns(False, False, False, False)
        self._view.pane.set_maps_there(maps)

    # Its filters -----------------------------------------------------------------------------------------------------

    def _ask_filters(self, page: int, shift: int) -> None:
        if self._read is None:
            return
        part = Part(self._read.network, self._read.file, self._layer, page, shift)
        if part == self._part:
            return
        self._part = part
        job = Job("reading filters", read_filters, self._context.networks, part)
        job.succeeded.connect(self._show_filters)
        job.failed.connect(lambda error: self._show_nothing(said(error)))
        self._context.lanes.compute.replace(job)

    def _show_filters(self, found: Filters) -> None:
        part = self._part
        if part is None or (part.network, part.layer) != (found.part.network, found.part.layer):
            return
        self._part, self._filters = found.part, found
        view, at = self._view, found.part
        view.set_filters(found.title + (NO_MAPS if at.file else ""), found.page, found.where)
        view.pane.set_turns(at.page > 0, at.page < found.pages - 1, at.shift > 0, at.shift < found.shifts - 1)
        view.pane.set_maps_there(found.page is not None and at.file is None)
        view.pane.grid.choose(self._context.session.looking.channel)

    def _turn(self, pages: int, shifts: int) -> None:
        found = self._filters
        if found is None:
            return
        page, shift = found.part.page + pages, found.part.shift + shifts
        if 0 <= page < found.pages and 0 <= shift < found.shifts:
            self._ask_filters(page, shift)

    def _choose_channel(self, number: int) -> None:
        """The output of a filter, in the layer that the filters are shown of."""
        looking = self._context.session.looking
        looking.layer = self._layer
        looking.channel = number

    def _on_channel(self, *_: object) -> None:
        """Mark the filter, and turn to its page."""
        found, channel = self._filters, self._context.session.looking.channel
        self._view.pane.grid.choose(channel)
        if found is None or found.page is None or channel < 0 or found.part.layer != self._layer:
            return
        if channel not in found.page.numbers:
            self._ask_filters(channel // found.pick, found.part.shift)
