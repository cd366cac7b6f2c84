"""What is shown: medium, frame, tool, selection, detections. Never saved in the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from studio.core.detections import Detections
from studio.core.geometry import Box, Window
from studio.core.project import MediumRow
from studio.state.camera import CameraFrames, ShownCamera
from studio.state.looking import LookingState
from studio.state.shown import Shown


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """A decoded frame on its way to the eye and to the detector.

    Attributes:
        medium: id of its medium's row; 0 for a live camera that is no row yet.
        number: of the frame.
        time: seconds from the medium's first frame.
        picture: uint8 `(height, width, 3)` RGB; nobody writes to it.
        small: the same with fewer pixels, for a display that has no room for all; None: none was made.
    """

    medium: int
    number: int
    time: float
    picture: NDArray[np.uint8]
    small: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class ShownMedium:
    """Facts of the open medium.

    Attributes:
        id: of its row; 0 for a live camera that is no row yet.
        name: as the user knows it.
        path: where it is read from; None for a camera.
        kind: "video", "stills" or "camera".
        frame_count: 0 for a live camera.
        size: width and height in pixels.
        rate: frames a second.
        live: its frames come in their own time.
        times: seconds of each frame from the first, float64 `(frame_count,)`; empty for a live camera.
        note: a line about damage, or None.
    """

    id: int
    name: str
    path: Path | None
    kind: str
    frame_count: int
    size: tuple[int, int]
    rate: float
    live: bool = False
    times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), compare=False)
    note: str | None = None


@dataclass(frozen=True, eq=False)
class LiveShown:
    """The newest result of live detection, with the frame it belongs to.

    Attributes:
        frame: that was searched.
        detections: all scores included; label ids are positions in `labels`.
        labels: names, in the order of the head.
        head: key of the head that said so.
        seconds: the search took.
        at: `time.monotonic()` of its arrival, for its age.
        guesses: names and probabilities of what one window looks like, the highest first; none of most heads.
        guessed: that window, in pixels of the frame.
    """

    frame: ShownFrame
    detections: Detections
    labels: tuple[str, ...]
    head: str
    seconds: float
    at: float
    guesses: tuple[tuple[str, float], ...] = ()
    guessed: Box | None = None


@dataclass(frozen=True, eq=False)
class PickedDetection:
    """A detection the user selected: acting on it means this frame and medium, whatever is shown by then."""

    result: LiveShown
    index: int


@dataclass(frozen=True)
class FollowedWindows:
    """What following collects on one frame: drawn while it happens.

    Attributes:
        boxes: the followed boxes with their label ids.
        positives, negatives: windows, in pixels of the frame.
    """

    medium: int
    frame: int
    boxes: tuple[tuple[int, Box], ...]
    positives: tuple[Window, ...]
    negatives: tuple[Window, ...]


@dataclass(frozen=True, eq=False)
class ActiveHead:
    """The head that live detection uses.

    Attributes:
        key: changes whenever what it says may change.
        name: "live" for the one that learns from corrections, else a named head's.
        labels: in its order.
        head: the trained object; only `ml` looks inside.
        f1: held-out F1 in 0…1, or None.
        scores: as `studio.ml.heads.fit.Fitted` has them.
        positives, negatives: windows it was trained on.
        seconds: the fit took.
        recipe: that trained it.
    """

    key: str
    name: str
    labels: tuple[str, ...]
    head: Any
    f1: float | None = None
    scores: dict[str, Any] = field(default_factory=dict)
    positives: int = 0
    negatives: int = 0
    seconds: float = 0.0
    recipe: str = "svm"


@dataclass(frozen=True)
class Taught:
    """What the newest corrections, or the newest fit, changed.

    Attributes:
        positives, negatives: of corrections: examples that came, or went where negative.
        before, after: held-out F1 in 0…1; None where it is not known, `after` also as long as it is being measured.
        measuring: whether the full fit behind the corrections still goes on.
        added: ids of regions that the last fit learned from, and the one before did not as they are now.
        removed: ids of those that the one before learned from alone.
    """

    positives: int
    negatives: int
    before: float | None
    after: float | None = None
    measuring: bool = True
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    @property
    def examples(self) -> str:
        """ "+1 positive, +2 negatives"; of a fit without corrections "+64 examples, −2 examples"."""
        counts = [(self.positives, "positive"), (self.negatives, "negative")]
        if not (self.positives or self.negatives):
            counts = [(len(self.added), "example"), (-len(self.removed), "example")]
        parts = [f"{number:+,} {word}{'' if abs(number) == 1 else 's'}" for number, word in counts if number]
        return ", ".join(parts).replace("-", "−") or "no new example"


@dataclass(frozen=True, eq=False)
class FoundFrames:
    """Where a run over a whole clip found something.

    Attributes:
        medium: id of its row.
        frames: int32 `(m,)`, ascending.
        chosen: int32 `(c,)`, ascending: those of the tracks that are selected in the table.
    """

    medium: int
    frames: NDArray[np.int32]
    chosen: NDArray[np.int32]


class SessionState(QObject):
    """What all panels show together; whoever wants another frame sets `frame`, and `shown` follows when decoded.

    Attributes:
        medium: the open medium, or None.
        frame: number of the frame under the playhead: a wish.
        shown: the decoded frame that is seen, or None.
        playing, speed, looping: playback; speed 1.0 is the medium's own rate. A camera that does not play is frozen.
        in_mark, out_mark: frames that limit following, detecting and looping, or None.
        tool: name of the tool of the video view: "select", "draw", "ignore", "area" or "pan".
        label: id of the label the next box gets, or None.
        selection: ids of selected regions.
        picked: the selected detection, or None.
        live: whether live detection is on.
        mode: its search mode.
        rate: results of live detection a second, or None where it is off.
        head: the active head, or None.
        head_name: the head that was chosen: "live" for the one that follows the project, else a named head's.
        kernel: of the next fit: "rbf" or "linear".
        fitting: whether a full fit waits or runs.
        learning: "live" (every correction teaches), "frozen", as chosen.
        taught: what the newest corrections changed, or None.
        result: the newest result of live detection, or None.
        following: whether a box is being followed.
        followed: what it collects right now, or None.
        follow_count: for how many frames, where a number was asked for last.
        ghosts: whether boxes of neighbouring frames are shown.
        found: what a run over the whole of the open medium found, or None.
        camera: the live camera that is open, or None.
        camera_frames: its frames for following and for edits of many, or None.
        keep_frame: set by whoever shows a live camera: keeps a frame in the project's folder and returns the row of
            its recording, which goes into the same edit as what refers to the frame.
        looking: what of a network is looked at.
    """

    medium, medium_changed = Shown[ShownMedium | None](None), Signal(object)
    frame, frame_changed = Shown[int](0), Signal(object)
    shown, shown_changed = Shown[ShownFrame | None](None), Signal(object)
    playing, playing_changed = Shown[bool](False), Signal(object)
    speed, speed_changed = Shown[float](1.0), Signal(object)
    looping, looping_changed = Shown[bool](False), Signal(object)
    in_mark, in_mark_changed = Shown[int | None](None), Signal(object)
    out_mark, out_mark_changed = Shown[int | None](None), Signal(object)
    tool, tool_changed = Shown[str]("select"), Signal(object)
    label, label_changed = Shown[int | None](None), Signal(object)
    selection, selection_changed = Shown[frozenset[int]](frozenset()), Signal(object)
    picked, picked_changed = Shown[PickedDetection | None](None), Signal(object)
    live, live_changed = Shown[bool](False), Signal(object)
    mode, mode_changed = Shown[str]("dense"), Signal(object)
    head, head_changed = Shown[ActiveHead | None](None), Signal(object)
    rate, rate_changed = Shown[float | None](None), Signal(object)
    head_name, head_name_changed = Shown[str]("live"), Signal(object)
    kernel, kernel_changed = Shown[str]("rbf"), Signal(object)
    fitting, fitting_changed = Shown[bool](False), Signal(object)
    taught, taught_changed = Shown[Taught | None](None), Signal(object)
    learning, learning_changed = Shown[str]("live"), Signal(object)
    result, result_changed = Shown[LiveShown | None](None), Signal(object)
    following, following_changed = Shown[bool](False), Signal(object)
    followed, followed_changed = Shown[FollowedWindows | None](None), Signal(object)
    ghosts, ghosts_changed = Shown[bool](False), Signal(object)
    found, found_changed = Shown[FoundFrames | None](None), Signal(object)

    camera, camera_changed = Shown[ShownCamera | None](None), Signal(object)

    follow_count = 100
    keep_frame: Callable[[int], MediumRow] | None = None
    camera_frames: CameraFrames | None = None

    medium_wanted = Signal(object, int)  # open the medium with this id (63 bits, too long for int) at this frame
    files_dropped = Signal(object)  # list of paths dropped on a panel: media, or a project
    media_offered = Signal(object)  # list of paths dropped on the window or opened: to be added, the first one shown
    media_refused = Signal(str)  # none of those that were offered could be added, and why
    heads_came = Signal()  # there are other named heads
    runs_came = Signal()  # there are other runs, or one of them is another one now
    crops_wanted = Signal(object)  # show in the gallery what this `studio.state.gallery.Listed` says
    run_wanted = Signal(str)  # show all that is known of the run of this name
    resume_wanted = Signal(str)  # go on with the run of this name, which was stopped or interrupted

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.looking = LookingState(self)

    @property
    def first_frame(self) -> int:
        """Number of the first frame that can be gone to."""
        return self.camera.first if self.camera else 0

    @property
    def last_frame(self) -> int:
        """Number of the medium's last frame; 0 without one."""
        if self.camera is not None:
            return self.camera.last
        return max(self.medium.frame_count - 1, 0) if self.medium else 0

    @property
    def empty(self) -> bool:
        """No medium is open, and no frame of one is shown; between two media a frame is missing for a moment alone."""
        return self.medium is None and self.shown is None

    def go(self, medium: int, frame: int) -> None:
        """Show `frame` of `medium`, opening it where another one is open."""
        if self.medium is not None and self.medium.id == medium:
            self.frame = min(max(frame, 0), self.last_frame)
        else:
            self.medium_wanted.emit(medium, frame)
