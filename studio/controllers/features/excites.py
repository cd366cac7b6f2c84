"""What excites a channel: frames are looked at as they are shown, the gallery when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.features.excites_imagine import Imagining
from studio.controllers.features.excites_work import Collected, Looked, look_at, look_through_gallery
from studio.controllers.features.head_network import network_of_head
from studio.controllers.wires import Wires
from studio.core.errors import said
from studio.core.top_places import Exciter
from studio.state.jobs import Job
from studio.state.looking import head_of
from studio.state.session import ShownFrame
from studio.views.features.excites import ExcitesView
from studio.views.features.numbers import short

if TYPE_CHECKING:
    from studio.ml.looking.exciting import LookedThrough

STOPPED = "Stopped: these are the best of what was seen by then."


class ExcitesController(QObject):
    """Keeps the lists of the layer that is looked at; with another layer they begin anew."""

    def __init__(self, context: Context, view: ExcitesView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._collected = Collected(self._looked())
        self._asked: ShownFrame | None = None  # the frame that is being looked at, or was
        self._busy = False
        self._gallery: Job | None = None
        self._shown: tuple[Sequence[Exciter], Sequence[Exciter]] = (), ()  # patches and crops
        self._imagining = Imagining(context, view.imagined, self._imaginable, self._best)
        session, looking = context.session, context.session.looking
        view.set_actions(context.actions["media.open"])
        self._wires = Wires()
        self._wires.connect(session.shown_changed, self._ask)
        self._wires.connect(session.head_changed, self._on_head)
        self._wires.connect(looking.network_changed, self._on_layer)
        self._wires.connect(looking.layer_changed, self._on_layer)
        self._wires.connect(looking.channel_changed, self._show)
        view.visible_changed.connect(self._ask)
        view.channel_wanted.connect(self._choose)
        view.layers_wanted.connect(partial(looking.part_wanted.emit, "layers"))
        view.gallery_wanted.connect(self._look_through)
        view.gallery_stopped.connect(self._stop)
        view.patch_opened.connect(lambda number: self._go(self._shown[0][number]))
        view.crop_opened.connect(lambda number: self._go(self._shown[1][number]))
        self._on_head()

    def close(self) -> None:
        self._wires.cut()
        self._imagining.close()
        self._gallery = None  # its end comes after the project's

    # What is looked at -----------------------------------------------------------------------------------------------

    def _looked(self) -> Looked:
        session, looking = self._context.session, self._context.session.looking
        network = looking.network or network_of_head(session.head)
        if name := head_of(network):
            return Looked("", self._context.project.project.models / name, looking.layer)
        return Looked(network, None, looking.layer)

    def _on_head(self, _: object = None) -> None:
        head = self._context.session.head
        self._view.imagined.set_targets(head.labels if head is not None else ())
        self._on_layer()

    def _on_layer(self, _: object = None) -> None:
        """Another layer, unless the head is another one on the same network."""
        looked = self._looked()
        if looked == self._collected.looked:
            return
        self._stop()
        self._gallery = None
        self._collected, self._asked = Collected(looked), None
        self._view.set_gallery(False, "")
        self._show()
        self._ask()

    def _choose(self, channel: int) -> None:
        self._context.session.looking.channel = channel

    @property
    def _channel(self) -> int:
        """The chosen channel; -1 for none, and where the layer does not have it."""
        channel = self._context.session.looking.channel
        return channel if channel < self._collected.channels else -1

    def _imaginable(self) -> tuple[Looked, int, str]:
        return self._collected.looked, self._channel, self._collected.title

    def _best(self, looked: Looked, channel: int) -> str:
        """What was found to excite a channel most, in words for comparison."""
        collected = self._collected
        if collected.looked != looked:
            return ""
        lists = (collected.crops, "the best crop"), (collected.patches, "the best patch of the video")
        tops = [(every.best(channel)[:1], what) for every, what in lists if every is not None]
        return ", ".join(f"{what} makes it {short(top[0].value)}" for top, what in tops if top)

    # The video -------------------------------------------------------------------------------------------------------

    def _ask(self, *_: object) -> None:
        """Look at the newest frame as soon as the last one was: frames are left out, never queued."""
        frame = self._context.session.shown
        self._view.set_waiting(frame is not None)
        if self._busy or frame is None or frame is self._asked or not self._view.isVisible():
            return
        self._asked, self._busy = frame, True
        medium = self._context.session.medium
        rate = medium.rate if medium is not None and medium.kind != "stills" else 0.0
        job = Job("what excites the channels", look_at, self._context.networks, self._collected, frame, rate)
        job.succeeded.connect(partial(self._on_looked_at, self._collected))
        job.failed.connect(partial(self._fail, self._collected))
        job.finished.connect(self._end)
        self._context.lanes.live.replace(job)

    def _end(self) -> None:
        self._busy = False
        self._ask()

    def _on_looked_at(self, collected: Collected, there: bool) -> None:
        """A layer that this network does not have is looked at no longer, here and elsewhere."""
        looking = self._context.session.looking
        if there or collected is not self._collected or not looking.layer:
            self._show()
        else:
            looking.forget_layer()

    def _fail(self, collected: Collected, error: Exception) -> None:
        collected.problem = said(error)
        self._show()

    # The gallery -----------------------------------------------------------------------------------------------------

    def _look_through(self) -> None:
        context, collected = self._context, self._collected
        if self._gallery is not None:
            return
        job = Job(
            "looking through the gallery", look_through_gallery, context.networks, collected, context.project.folder
        )
        job.progressed.connect(partial(self._on_progress, collected))
        job.succeeded.connect(partial(self._on_looked_through, collected))
        job.failed.connect(lambda error: self._tell(collected, said(error)))
        job.cancelled.connect(partial(self._tell, collected, STOPPED))
        self._gallery = context.board.run(context.lanes.compute, job)
        self._view.set_gallery(True, "")

    def _stop(self) -> None:
        if self._gallery is not None:
            self._gallery.cancel()

    def _on_progress(self, collected: Collected, _: float, text: str) -> None:
        if collected is self._collected:
            self._view.set_gallery(True, text)
            self._show()

    def _on_looked_through(self, collected: Collected, done: LookedThrough) -> None:
        if not done.crops:
            words = "There are no crops yet: draw a box on the video and follow it."
        elif done.problem:
            words = f"{done.seen:,} of {done.crops:,} crops; {done.problem}"
        elif done.seen < done.crops:
            words = f"{done.seen:,} of {done.crops:,} crops, evenly over all of them"
        else:
            words = f"All {done.crops:,} crops"
        self._tell(collected, words)

    def _tell(self, collected: Collected, words: str) -> None:
        if collected is self._collected:
            self._gallery = None
            self._view.set_gallery(False, words)
            self._show()

    # Showing ---------------------------------------------------------------------------------------------------------

    @property
    def _title(self) -> str:
        looked = self._collected.looked
        return self._collected.title or looked.layer or "the first convolution"

    def _show(self, *_: object) -> None:
        collected, channel = self._collected, self._channel
        if collected.channels or collected.problem:
            self._view.set_layer(self._title, collected.channels)
        self._view.set_channel(channel)
        lists = [
            every.best(channel) if every is not None and channel >= 0 else []
            for every in (collected.patches, collected.crops)
        ]
        self._shown = lists[0], lists[1]
        self._view.set_patches(lists[0], [self._tip(each) for each in lists[0]], collected.problem)
        self._view.set_crops(lists[1], [self._tip(each) for each in lists[1]])

    def _tip(self, each: Exciter) -> str:
        row = self._context.project.media.get(each.medium)
        name = row.path.rsplit("/", 1)[-1] if row is not None else "the camera"
        return f"{short(each.value)} on frame {each.frame} of {name}\nDouble click goes there."

    def _go(self, each: Exciter) -> None:
        session = self._context.session
        session.playing = False
        open_now = session.medium is not None and session.medium.id == each.medium
        if open_now or each.medium in self._context.project.media:
            session.go(each.medium, each.frame)
        else:
            self._context.board.say("Its medium is not in the project any more.", "problem")
