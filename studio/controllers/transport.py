"""Playing, stepping, marks, tools: actions and widgets on one side, the session on the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup

from studio.controllers.context import Context
from studio.controllers.playback import Playback
from studio.controllers.wires import Wires
from studio.state.camera import ShownCamera
from studio.state.session import ShownFrame, ShownMedium
from studio.views.video import VideoView
from studio.views.video.view import TOOL_ACTIONS

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)\s*s?")
_ZOOM = 1.25


class TransportController(QObject):
    """Everything of the panel that is no picture and no edit; bound both ways."""

    def __init__(self, context: Context, view: VideoView, playback: Playback) -> None:
        super().__init__()
        self._context, self._view, self._playback = context, view, playback
        self._resume = False
        self._wires = Wires()
        self._connect_actions()
        self._connect_view()
        self._connect_session()

    def close(self) -> None:
        self._wires.cut()

    def _connect_actions(self) -> None:
        actions, wires, play, view = self._context.actions, self._wires, self._playback, self._view
        session = self._context.session
        for name, slot in (
            ("video.back", partial(play.step, -1)),
            ("video.on", partial(play.step, 1)),
            ("video.back_ten", partial(play.step, -10)),
            ("video.on_ten", partial(play.step, 10)),
            ("video.first", partial(play.go, 0)),
            ("video.last", lambda: play.go(session.last_frame)),
            ("video.slower", partial(play.change_speed, -1)),
            ("video.faster", partial(play.change_speed, 1)),
            ("video.go", view.transport.edit_place),
            ("video.in_mark", self._mark_in),
            ("video.out_mark", self._mark_out),
            ("video.clear_marks", self._clear_marks),
            ("view.fit", view.canvas.fit),
            ("view.actual", partial(view.canvas.zoom_to, 1.0)),
            ("view.zoom_in", partial(view.canvas.zoom_by, _ZOOM)),
            ("view.zoom_out", partial(view.canvas.zoom_by, 1 / _ZOOM)),
        ):
            wires.connect(actions[name].triggered, _without_argument(slot))
        wires.connect(actions["video.play"].toggled, self._play)
        wires.connect(actions["video.loop"].toggled, self._loop)
        wires.connect(actions["view.ghosts"].toggled, self._ghosts)
        wires.connect(actions["view.grid"].toggled, view.canvas.set_grid)
        actions["view.grid"].setChecked(True)
        self._tools = QActionGroup(self)
        for tool, name in TOOL_ACTIONS.items():
            self._tools.addAction(actions[name])
            wires.connect(actions[name].triggered, _without_argument(partial(self._set_tool, tool)))

    def _connect_view(self) -> None:
        wires, view = self._wires, self._view
        wires.connect(view.transport.place_wanted, self._go)
        wires.connect(view.transport.speed_wanted, self._set_speed)
        wires.connect(view.transport.mode_wanted, self._set_mode)
        wires.connect(view.canvas.stepped, self._playback.step)
        wires.connect(view.strip.scrubbed, self._playback.go)
        wires.connect(view.strip.held, self._hold)

    def _connect_session(self) -> None:
        session, view, wires = self._context.session, self._view, self._wires
        wires.connect(session.playing_changed, view.transport.set_playing)
        wires.connect(session.speed_changed, view.transport.set_speed)
        wires.connect(session.mode_changed, view.transport.set_mode)
        wires.connect(session.rate_changed, view.transport.set_rate)
        wires.connect(session.looping_changed, self._context.actions["video.loop"].setChecked)
        wires.connect(session.ghosts_changed, self._context.actions["view.ghosts"].setChecked)
        wires.connect(session.tool_changed, self._show_tool)
        wires.connect(session.medium_changed, self._show_medium)
        wires.connect(session.frame_changed, self._show_frame)
        wires.connect(session.in_mark_changed, self._show_marks)
        wires.connect(session.out_mark_changed, self._show_marks)
        wires.connect(session.camera_changed, self._show_camera)
        wires.connect(session.shown_changed, self._show_time)
        view.transport.set_playing(session.playing)
        view.transport.set_speed(session.speed)
        view.transport.set_mode(session.mode)
        self._show_tool(session.tool)
        self._show_medium(session.medium)

    # State to widgets ------------------------------------------------------------------------------------------------

    def _show_tool(self, tool: str) -> None:
        self._context.actions[TOOL_ACTIONS[tool]].setChecked(True)
        self._view.canvas.set_tool(tool)

    def _show_medium(self, medium: ShownMedium | None) -> None:
        count = medium.frame_count if medium else 0
        self._view.transport.set_frame_count(count, bool(medium and medium.live))
        self._show_frame(self._context.session.frame)

    def _show_frame(self, frame: int) -> None:
        medium = self._context.session.medium
        times = medium.times if medium else ()
        if self._context.session.camera is None:
            self._view.transport.set_place(frame, float(times[frame]) if frame < len(times) else 0.0)
        self._view.strip.set_frame(frame)

    def _show_time(self, shown: ShownFrame | None) -> None:
        """A live camera's times come with its frames."""
        session = self._context.session
        if shown is not None and session.camera is not None:
            self._view.transport.set_place(shown.number, shown.time)

    def _show_camera(self, camera: ShownCamera | None) -> None:
        session = self._context.session
        self._view.camera.set_camera(camera, session.playing, session.following)

    def _show_marks(self, _: object = None) -> None:
        session = self._context.session
        self._view.strip.set_marks(session.in_mark, session.out_mark)

    # Wishes to state -------------------------------------------------------------------------------------------------

    def _play(self, playing: bool) -> None:
        session = self._context.session
        session.playing = playing and session.medium is not None
        self._view.transport.set_playing(session.playing)

    def _loop(self, looping: bool) -> None:
        self._context.session.looping = looping

    def _ghosts(self, shown: bool) -> None:
        self._context.session.ghosts = shown

    def _set_tool(self, tool: str) -> None:
        self._context.session.tool = tool

    def _set_speed(self, speed: float) -> None:
        self._context.session.speed = speed

    def _set_mode(self, mode: str) -> None:
        self._context.session.mode = mode

    def _go(self, text: str) -> None:
        """To a frame, or to the frame that is shown at a time."""
        session = self._context.session
        place = parse_place(text)
        if place is None:
            self._context.board.say(f"{text!r} is no frame and no time; type 312, 12.5s or 01:02.5", "problem")
        elif isinstance(place, int):
            self._playback.go(place)
        elif session.medium is not None and len(session.medium.times):
            self._playback.go(int(np.searchsorted(session.medium.times, place + 0.005, side="right")) - 1)

    def _hold(self, held: bool) -> None:
        """While the playhead is dragged the video does not play; it goes on afterwards."""
        session = self._context.session
        if held:
            self._resume, session.playing = session.playing and session.camera is None, False
        elif self._resume:
            self._resume, session.playing = False, True

    def _mark_in(self) -> None:
        """Here the marked range begins; here again: no longer."""
        session = self._context.session
        session.in_mark = None if session.in_mark == session.frame else session.frame
        if session.in_mark is not None and session.out_mark is not None and session.out_mark < session.in_mark:
            session.out_mark = None

    def _mark_out(self) -> None:
        session = self._context.session
        session.out_mark = None if session.out_mark == session.frame else session.frame
        if session.in_mark is not None and session.out_mark is not None and session.out_mark < session.in_mark:
            session.in_mark = None

    def _clear_marks(self) -> None:
        self._context.session.in_mark = self._context.session.out_mark = None


def parse_place(text: str) -> int | float | None:
    """A frame (whole number), or seconds of "12.5s", "12.5" or "01:02.5"; None for anything else."""
    text = text.strip().lower().removeprefix("frame").strip()
    if text.isascii() and text.isdecimal():
        return int(text)
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def _without_argument(slot: Callable[[], None]) -> Callable[[bool], None]:
    """For signals that say whether an action is checked."""

    def called(checked: bool = False) -> None:
        slot()

    return called
