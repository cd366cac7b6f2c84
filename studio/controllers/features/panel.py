"""The features dock: makes its parts and closes them."""

from __future__ import annotations

from PySide6.QtWidgets import QDockWidget

from studio.controllers.context import Context, Controller
from studio.core.registry import load
from studio.views.features.view import FeaturesView

# name, title, view, controller: a line for each part, from left to right.
PARTS: tuple[tuple[str, str, str, str], ...] = (
    ("kernel", "Kernel", "studio.views.features.kernel:KernelView",
     "studio.controllers.features.kernel:KernelController"),
    ("layers", "Layers", "studio.views.features.layers:LayersView",
     "studio.controllers.features.layers:LayersController"),
    ("maps", "Maps", "studio.views.features.maps:MapsView", "studio.controllers.features.maps:MapsController"),
    ("excites", "Excites", "studio.views.features.excites:ExcitesView",
     "studio.controllers.features.excites:ExcitesController"),
    ("reasons", "Reasons", "studio.views.features.reasons:ReasonsView",
     "studio.controllers.features.reasons:ReasonsController"),
    ("choice", "Layer choice", "studio.views.features.choice:ChoiceView",
     "studio.controllers.features.choice:ChoiceController"),
)  # fmt: skip


class FeaturesController:
    """Has nothing to do but for its parts; what they share is `SessionState.looking`."""

    def __init__(self, context: Context, view: FeaturesView) -> None:
        self._parts: list[Controller] = []
        for name, title, view_class, controller_class in PARTS:
            part = load(view_class)()
            view.add_part(name, title, part)
            self._parts.append(load(controller_class)(context, part))
        context.session.looking.part_wanted.connect(view.show_part)
        dock = view.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.visibilityChanged.connect(view.set_looked_at)

    def close(self) -> None:
        for part in reversed(self._parts):
            part.close()
        self._parts.clear()
