"""The clock of a playing video, with a clock of its own: what is asked for, and what is dropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.controllers.playback import Playback
from studio.state.session import SessionState, ShownFrame, ShownMedium

TIMES = np.concatenate([np.arange(20) * 0.04, 0.76 + np.arange(1, 11) * 0.1])  # slower at the end
CLIP = ShownMedium(5, "clip.mp4", None, "video", 30, (64, 48), 25.0, times=TIMES)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def session(qtbot):
    session = SessionState()
    session.medium = CLIP
    return session


@pytest.fixture
def playback(session, clock):
    playback = Playback(session, clock)
    yield playback
    playback.close()


def after(playback, clock, seconds):
    clock.now += seconds
    playback.tick()
    return playback._session.frame


def test_frames_come_at_the_mediums_own_times(session, playback, clock):
    session.playing = True
    playback.tick()
    assert session.frame == 0
    assert after(playback, clock, 0.039) == 0
    assert after(playback, clock, 0.002) == 1
    assert after(playback, clock, 0.72) == 19
    assert after(playback, clock, 0.04) == 19, "frames last as long as the file says"
    assert after(playback, clock, 0.06) == 20


def test_late_frames_are_dropped_and_not_queued(session, playback, clock):
    wanted = []
    session.frame_changed.connect(wanted.append)
    session.playing = True
    playback.tick()
    after(playback, clock, 0.5)
    after(playback, clock, 0.04)
    assert wanted == [12, 13]


@pytest.mark.parametrize(("speed", "frame"), [(0.1, 1), (0.5, 5), (2.0, 19), (8.0, 29)])
def test_speeds(session, playback, clock, speed, frame):
    session.speed = speed
    session.playing = True
    playback.tick()
    assert after(playback, clock, 0.401 if speed > 0.1 else 0.41) == frame


def test_a_change_of_speed_does_not_jump(session, playback, clock):
    session.playing = True
    playback.tick()
    after(playback, clock, 0.41)
    session.speed = 0.5
    playback.tick()
    assert session.frame == 10
    assert after(playback, clock, 0.081) == 11


def test_it_stops_at_the_end_and_starts_again_from_there(session, playback, clock):
    session.playing = True
    playback.tick()
    assert after(playback, clock, 60) == 29
    assert not session.playing
    session.playing = True
    assert session.frame == 0


def test_it_loops_between_the_marks(session, playback, clock):
    session.in_mark, session.out_mark, session.looping, session.frame = 5, 9, True, 5
    session.playing = True
    playback.tick()
    assert after(playback, clock, 0.17) == 9
    assert after(playback, clock, 0.04) == 5
    assert session.playing
    session.frame = 15
    assert after(playback, clock, 0.041) == 16, "who went beyond the marks plays on"


def test_a_jump_while_it_plays_goes_on_from_there(session, playback, clock):
    session.playing = True
    playback.tick()
    after(playback, clock, 0.2)
    session.frame = 2
    assert after(playback, clock, 0.041) == 3


def test_a_held_key_goes_ever_faster_and_a_tapped_one_does_not(session, playback, clock):
    session.medium = replace(CLIP, frame_count=100_000, times=np.arange(100_000) * 0.04)
    for _ in range(20):
        clock.now += 0.2
        playback.step(1)
    assert session.frame == 20
    for _ in range(60):
        clock.now += 0.033
        playback.step(1)
    assert session.frame > 200
    clock.now += 1
    playback.step(-1)
    frame = session.frame
    clock.now += 1
    playback.step(-1)
    assert session.frame == frame - 1


def test_the_clock_waits_for_a_decoder_that_cannot_keep_up(session, playback, clock):
    show = lambda number: ShownFrame(CLIP.id, number, TIMES[number], np.zeros((2, 2, 3), np.uint8))  # noqa: E731
    session.shown = show(0)
    session.playing = True
    playback.tick()
    for _ in range(40):
        after(playback, clock, 0.04)
    assert 6 <= session.frame <= 10, "it does not run away"
    session.shown = show(session.frame)
    frame = session.frame
    after(playback, clock, 0.01)
    assert frame + 1 <= after(playback, clock, 0.04) <= frame + 2, "and goes on from there"


def test_steps_stop_at_both_ends_and_stop_the_video(session, playback):
    session.playing = True
    playback.step(-10)
    assert (session.frame, session.playing) == (0, False)
    playback.step(10)
    playback.step(10)
    playback.step(10)
    assert session.frame == 29


def test_a_live_camera_plays_by_itself(session, playback, clock):
    session.medium = replace(CLIP, frame_count=0, live=True, times=np.zeros(0))
    session.playing = True
    playback.tick()
    assert after(playback, clock, 1.0) == 0
    assert session.playing
