"""Layer choice: the stages of a network are compared on the batch lane; one is taken for the project's next heads."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.enough import missing_for_a_fit
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.project import Keys, Project
from studio.core.project.chosen_backbone import chosen_backbone, set_chosen_backbone
from studio.core.project.heads import read_head_facts
from studio.core.stages import BUNDLED, TriedStage, split_stage, titled
from studio.state.jobs import Job
from studio.state.looking import head_of
from studio.views.features.choice import ChoiceView

TEACHING = frozenset({"media", "labels", "regions", "marks"})


def compare(networks: LaneNetworks, folder: Path, network: str, kernel: str, control: Control) -> list[TriedStage]:
    """Try all stages of `network` on the project in `folder`, on the batch lane; publishes when a plot can be made."""
    control.progress(0.0, "loading the network")
    import studio.views.features.choice_plot  # noqa: F401 - pyqtgraph takes a while, which the window would feel
    from studio.ml.backbones.loading import names
    from studio.ml.layer_choice import try_stages

    if network not in names():  # one that can be looked at only, or that the project has from another computer
        raise InputError(f"no head can be trained on {network} here; choose another network under Layers")
    control.publish("plot")
    own = networks.on("batch")
    with Project.open(folder) as project:
        return own.on_device(lambda: try_stages(project, own.backbone(network), kernel, control))


class ChoiceController(QObject):
    """Compares on demand, and remembers what was taken in the project."""

    def __init__(self, context: Context, view: ChoiceView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._job: Job | None = None
        self._taught_since = False  # the comparison began
        self._wires = Wires()
        self._action = context.actions["head.try_layers"]
        view.set_actions(self._action, context.actions["label.draw_box"])
        view.set_used(self._used)
        view.use_wanted.connect(self._use)
        self._wires.connect(self._action.triggered, self._compare)
        self._wires.connect(context.project.changed, self._on_project)
        self._look()

    def close(self) -> None:
        self._wires.cut()
        self._job = None  # its end comes after the project's
        self._action.setEnabled(True)

    @property
    def _used(self) -> str:
        return chosen_backbone(self._context.project.project) or BUNDLED

    def _on_project(self, keys: Keys) -> None:
        if keys.tables & TEACHING:
            self._taught_since = True
            self._view.set_stale()
            self._look()

    def _look(self) -> None:
        self._view.set_missing(missing_for_a_fit(self._context.project.project))

    # Comparing -------------------------------------------------------------------------------------------------------

    def _compare(self, _: bool = False) -> None:
        context = self._context
        context.session.looking.part_wanted.emit("choice")
        if self._job is not None:
            return
        if missing := missing_for_a_fit(context.project.project):
            context.board.say(missing, "problem")
            return
        try:
            network = self._network()
        except StudioError as error:  # the head that is looked at is gone, or its card damaged
            context.board.problem(error, "comparing layers")
            return
        job = self._job = Job(
            "comparing layers", compare, context.networks, context.project.folder, network, context.session.kernel
        )
        job.published.connect(self._make_plot)
        job.succeeded.connect(self._show)
        job.finished.connect(self._end)
        self._taught_since = False
        self._action.setEnabled(False)
        self._view.set_job(job)
        context.board.run(context.lanes.batch, job)

    def _make_plot(self, _: object) -> None:
        """Now and not with the result: each takes its moment."""
        self._view.make_plot()

    def _show(self, tried: list[TriedStage]) -> None:
        self._view.set_tried(tried)
        if self._taught_since:
            self._view.set_stale()

    def _network(self) -> str:
        """That which is looked at, the network of a head for one; else that of the next heads.

        Raises:
            InputError: what stands on which network is not known any more.
        """
        looked_at = self._context.session.looking.network
        if head := head_of(looked_at):
            looked_at = read_head_facts(self._context.project.project, head)["backbone"]
        return split_stage(looked_at or self._used)[0]

    def _end(self) -> None:
        if self._job is not None:
            self._job = None
            self._action.setEnabled(True)
            self._view.set_job(None)

    # Taking one ------------------------------------------------------------------------------------------------------

    def _use(self, name: str) -> None:
        context = self._context
        if refuse_read_only(context, "choosing a layer"):
            return
        try:
            set_chosen_backbone(context.project.project, None if name == BUNDLED else name)
        except StudioError as error:
            context.board.problem(error, "choosing a layer")
            return
        self._view.set_used(name)
        network, stage = split_stage(name)
        fit = context.actions["head.fit"].text()
        context.board.say(f"The next heads see crops by {titled(stage)} of {network}; {fit} trains one now.", "good")
