"""A live camera: the newest frame at once, the last seconds at hand, and an end with a reason."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.media import rolling
from studio.core.media.camera import open_camera
from studio.core.media.encoded import decode_frame
from studio.core.media.rolling import RollingCamera
from tests.core.media.cameras import FakeCapture
from tests.core.media.clips import number_of, numbered


@pytest.fixture
def fake():
    return FakeCapture()


@pytest.fixture
def camera(fake):
    with RollingCamera("camera:0", open_capture=lambda number: fake) as camera:
        yield camera


def test_frames_are_numbered_by_capture_and_can_be_gone_back_to(camera):
    assert camera.wait(40, 10) is not None
    assert (camera.kind, camera.live, camera.size, camera.rate) == ("camera", True, (128, 48), 25.0)
    numbers = camera.numbers()
    assert numbers[0] == 0 and numbers[-1] >= 41 and camera.frame_count > 41
    for number in (0, 40, 17, 17, 3):
        picture = camera.frame(number)
        assert number_of(picture) == number and picture.dtype == np.uint8
        picture[:] = 0  # the caller's own copy
        assert number_of(camera.frame(number)) == number
    times = [camera.time(number) for number in range(40)]
    assert times[0] == 0 and (np.diff(times) > 0).all() and times[-1] >= 39 * 0.004


def test_what_is_seen_is_the_decoded_copy(camera):
    shot = camera.wait(5, 10)
    np.testing.assert_array_equal(camera.frame(shot.number), decode_frame(shot.data))
    assert np.abs(camera.frame(shot.number).astype(int) - numbered(shot.number)).max() < 40


def test_late_frames_are_dropped_not_queued(camera):
    seen = []
    for number, picture in camera.frames(step=2):
        assert number_of(picture) == number % 256
        seen.append(number)
        if len(seen) == 3:
            time.sleep(0.1)  # busy while about twenty frames arrive
        if len(seen) == 5:
            break
    steps = np.diff(seen)
    assert (steps >= 2).all() and steps[2] >= 8


def test_going_on_from_a_frozen_frame_gives_it_first(camera):
    camera.wait(30, 10)
    assert [number for number, _ in camera.frames(12, 12)] == [12]
    frames = camera.frames(12)
    first, second = next(frames)[0], next(frames)[0]
    assert first == 12 and second > 30


@pytest.mark.parametrize("bound", [{"seconds": 0.1}, {"most_bytes": 20_000}])
def test_the_buffer_is_bounded_in_seconds_and_bytes(fake, bound):
    with RollingCamera("camera:0", open_capture=lambda number: fake, **bound) as camera:
        newest = camera.wait(80, 10)
        there = camera.buffered
        assert 1 <= len(there) < 60 and there[-1] >= newest.number
        if "seconds" in bound:
            assert camera.time(there[-1]) - camera.time(there[0]) < 0.15
        with pytest.raises(InputError, match="frame 0 of camera:0 is not in its buffer, which holds"):
            camera.frame(0)
        with pytest.raises(InputError, match="not in its buffer"):
            camera.numbers(0)
        assert camera.time(0) == 0  # times stay


def test_an_unplugged_camera_ends_with_a_reason_and_its_buffer_stays(fake, camera, monkeypatch):
    monkeypatch.setattr(rolling, "FAILING_SECONDS", 0.1)
    camera.wait(10, 10)
    assert camera.ended is None
    fake.gone = True
    frames = list(camera.frames())
    assert camera.ended == "camera:0 gives no more pictures; was it unplugged?"
    assert fake.released and len(frames) >= 1
    last = camera.newest().number
    assert camera.wait(last, 10) is None
    assert [number_of(camera.frame(number)) for number in camera.numbers()] == [n % 256 for n in range(last + 1)]


def test_a_stumble_is_no_end(fake, camera):
    fake.stumbles = 5
    assert camera.wait(camera.newest().number + 5, 10) is not None and camera.ended is None


def test_a_driver_that_hangs_neither_hides_nor_holds_up_closing(fake, monkeypatch):
    monkeypatch.setattr(rolling, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(rolling, "CLOSING_SECONDS", 0.1)
    camera = RollingCamera("camera:0", open_capture=lambda number: fake)
    camera.wait(3, 10)
    fake.hanging.clear()
    time.sleep(0.3)
    assert camera.ended == "camera:0 stopped giving pictures; was it unplugged?"
    started = time.monotonic()
    camera.close()
    assert time.monotonic() - started < 1 and not fake.released
    count = camera.frame_count
    fake.hanging.set()
    camera._thread.join(5)
    assert fake.released and camera.frame_count == count


def test_closing_ends_the_thread_and_frees_the_device(fake):
    with RollingCamera("camera:0", open_capture=lambda number: fake) as camera:
        camera.wait(3, 10)
    assert fake.released and camera.ended and not [t for t in threading.enumerate() if t.name == "camera:0"]


def test_what_was_asked_for_is_set_and_what_came_is_said():
    fake = FakeCapture(rate=15.0, size=(128, 48))
    with RollingCamera("camera:0", (1920, 1080), 30.0, open_capture=lambda number: fake) as camera:
        assert fake.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1920 and fake.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 1080
        assert fake.asked[cv2.CAP_PROP_FPS] == 30
        assert camera.note == "camera:0 gives 128 × 48 at 15 frames a second, not what was asked for"
    same = FakeCapture()
    with RollingCamera("camera:0", (128, 48), 25.0, open_capture=lambda number: same) as camera:
        assert camera.note is None


def test_cameras_that_cannot_be_opened_are_one_line():
    closed, dark = FakeCapture(opened=False), FakeCapture()
    dark.gone = True
    for fake, says in ((closed, "there is no camera:7"), (dark, "camera:7 gives no pictures")):
        with pytest.raises(InputError, match=says):
            RollingCamera("camera:7", open_capture=lambda number, fake=fake: fake)
        assert fake.released
    with pytest.raises(InputError, match="a camera is named camera:0"):
        RollingCamera("camera:front", open_capture=lambda number: closed)


def test_a_camera_that_does_not_answer_is_given_up_and_closed_later():
    slow = FakeCapture()
    slow.hanging.clear()
    with pytest.raises(InputError, match="does not answer"):
        open_camera("camera:0", lambda number: slow, seconds=0.1)
    slow.hanging.set()
    for _ in range(100):
        if slow.released:
            break
        time.sleep(0.02)
    assert slow.released


def test_what_is_held_stays_while_the_buffer_rolls_on():
    with RollingCamera("camera:0", open_capture=lambda number: FakeCapture(pace=0.002), seconds=0.05) as camera:
        camera.wait(20, 10)
        held = camera.hold()
        camera.wait(held[-1] + 60, 10)
        assert camera.buffered[0] > held[-1]
        assert [number_of(camera.frame(number)) for number in held] == list(held)
        later = camera.since(held[0], 0.0)
        assert later.number == held[1]  # the next, however late
        assert camera.since(held[-1], 0.0).number >= camera.buffered[0] - 1  # what came between is gone
        camera.let_go()
        with pytest.raises(InputError, match="not in its buffer"):
            camera.shot(held[0])


def test_since_goes_so_far_and_no_farther():
    fake = FakeCapture(pace=0.01)
    with RollingCamera("camera:0", open_capture=lambda number: fake) as camera:
        camera.wait(20, 10)
        found = camera.since(2, 0.1)
        assert camera.time(found.number) <= camera.time(2) + 0.1 < camera.time(found.number + 1)
        fake.gone = True
        while camera.ended is None:
            time.sleep(0.02)
        assert camera.since(3, 1e9).number == camera.newest().number
        assert camera.since(camera.newest().number, 1.0) is None
