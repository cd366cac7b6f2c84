"""Cameras by name, with what they offer; a driver that hangs hides no other."""

from __future__ import annotations

import errno
import struct
import threading
import time

from studio.core.media.camera_list import CameraMode, FoundCamera, linux_cameras, list_cameras, probed_cameras
from studio.core.media.v4l2 import modes_of
from tests.core.media.cameras import FakeCapture

MJPG, YUYV = (int.from_bytes(name, "little") for name in (b"MJPG", b"YUYV"))
OFFERS = {
    (YUYV, 640, 480): [(1, 30), (1, 15)],
    (YUYV, 1280, 720): [(1, 10)],
    (MJPG, 1280, 720): [(1, 30)],
    (MJPG, 1920, 1080): [(1001, 30000)],
}


def kernel(descriptor, request, data, capabilities=0x1):
    """Answers as <linux/videodev2.h> lays it out."""

    def listed(entries):
        (index,) = struct.unpack_from("=I", data)
        if index >= len(entries):
            raise OSError(errno.EINVAL, "Invalid argument")
        return entries[index]

    number = request & 0xFF
    assert request >> 16 & 0x3FFF == len(data) and request >> 8 & 0xFF == ord("V")
    if number == 0:
        struct.pack_into("=II", data, 84, 0x80000001, capabilities)
    elif number == 2:
        struct.pack_into("=I", data, 44, listed([YUYV, MJPG]))
    elif number == 74:
        _, pixels = struct.unpack_from("=II", data)
        struct.pack_into("=III", data, 8, 1, *listed([key[1:] for key in OFFERS if key[0] == pixels]))
    else:
        _, *key = struct.unpack_from("=4I", data)
        struct.pack_into("=III", data, 16, 1, *listed(OFFERS[tuple(key)]))


def test_sizes_and_rates_of_all_formats_together(tmp_path):
    device = tmp_path / "video0"
    device.touch()
    assert modes_of(device, kernel) == [
        ((1920, 1080), (29.97,)), ((1280, 720), (30.0, 10.0)), ((640, 480), (30.0, 15.0))
    ]  # fmt: skip
    assert modes_of(device, lambda *call: kernel(*call, capabilities=0)) is None  # it gives metadata, not video
    assert modes_of(tmp_path / "missing", kernel) == []


def test_a_range_of_sizes_offers_the_usual_ones_in_it(tmp_path):
    def stepwise(descriptor, request, data):
        if request & 0xFF == 74:
            struct.pack_into("=7I", data, 8, 3, 32, 1920, 2, 32, 1080, 2)
        elif request & 0xFF == 75:
            struct.pack_into("=7I", data, 16, 3, 1, 60, 1, 1, 1, 60)
        else:
            kernel(descriptor, request, data)

    (tmp_path / "video0").touch()
    assert modes_of(tmp_path / "video0", stepwise) == [
        ((1920, 1080), (60.0,)), ((1280, 720), (60.0,)), ((640, 480), (60.0,))
    ]  # fmt: skip


def test_linux_cameras_have_their_names(tmp_path):
    for number, name in ((10, "Doc Cam\n"), (2, "HD Webcam: HD Webcam\n"), (3, "")):
        entry = tmp_path / "class" / f"video{number}"
        entry.mkdir(parents=True)
        if name:
            (entry / "name").write_text(name)
        (tmp_path / f"video{number}").touch()
    (tmp_path / "class" / "v4l-subdev0").mkdir()
    cameras = list_cameras(lambda found: linux_cameras(found, tmp_path / "class", tmp_path, kernel))
    assert [(camera.source, camera.name) for camera in cameras] == [
        ("camera:2", "HD Webcam: HD Webcam"), ("camera:3", "camera 3"), ("camera:10", "Doc Cam")
    ]  # fmt: skip
    assert cameras[0].modes[0] == CameraMode(1920, 1080, (29.97,))
    assert list_cameras(lambda found: linux_cameras(found, tmp_path / "none", tmp_path, kernel)) == []


def test_elsewhere_cameras_are_opened_one_after_the_other():
    fakes = [FakeCapture(), FakeCapture(), FakeCapture(opened=False)]
    found = []
    probed_cameras(found.append, lambda number: fakes[number])
    assert found == [FoundCamera("camera:0", "camera 0"), FoundCamera("camera:1", "camera 1")]
    assert all(fake.released for fake in fakes)


def test_a_driver_that_hangs_hides_no_other_and_is_not_waited_for():
    let_go = threading.Event()

    def look(found):
        found(FoundCamera("camera:1", "good"))
        let_go.wait(20)

    started = time.monotonic()
    assert [camera.name for camera in list_cameras(look, seconds=0.1)] == ["good"]
    assert time.monotonic() - started < 2
    let_go.set()


def test_this_computer_is_asked_without_a_hitch():
    assert isinstance(list_cameras(), list)
