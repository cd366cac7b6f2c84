"""The cameras of this computer by name, with the sizes and rates they offer."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

import cv2

from studio.core.media.camera import PREFIX, Capture
from studio.core.media.v4l2 import Ioctl, kernel, modes_of

SECONDS = 4.0  # for all cameras together
MOST_PROBED = 5


@dataclass(frozen=True)
class CameraMode:
    """A size in pixels, and the frames a second offered at it, highest first; none where the driver does not say."""

    width: int
    height: int
    rates: tuple[float, ...] = ()


@dataclass(frozen=True)
class FoundCamera:
    """A camera: "camera:0", what it calls itself, and its modes, largest first; none where it does not say."""

    source: str
    name: str
    modes: tuple[CameraMode, ...] = ()


class Look(Protocol):
    """How cameras are found: hands each to `found` as soon as it is known."""

    def __call__(self, found: Callable[[FoundCamera], None], /) -> None: ...


def list_cameras(look: Look | None = None, seconds: float = SECONDS) -> list[FoundCamera]:
    """The cameras found within `seconds`, by number. A driver that hangs is left to its thread; it hides no other.

    Args:
        look: how to find them; by itself that of this system.
    """
    chosen = look or (linux_cameras if sys.platform == "linux" else probed_cameras)
    found: list[FoundCamera] = []
    done = Event()

    def work() -> None:
        try:
            chosen(found.append)
        finally:
            done.set()

    Thread(target=work, name="list cameras", daemon=True).start()
    done.wait(seconds)
    return sorted(found, key=lambda camera: _number(camera.source))


def linux_cameras(
    found: Callable[[FoundCamera], None],
    /,
    folder: Path = Path("/sys/class/video4linux"),
    devices: Path = Path("/dev"),
    ioctl: Ioctl = kernel,
) -> None:
    """What the kernel lists, asked each on a thread of its own."""

    def ask(entry: Path) -> None:
        try:
            name = (entry / "name").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            name = ""
        modes = modes_of(devices / entry.name, ioctl)
        if modes is not None:
            sizes = tuple(CameraMode(width, height, rates) for (width, height), rates in modes)
            found(FoundCamera(f"{PREFIX}{_number(entry.name)}", name or f"camera {_number(entry.name)}", sizes))

    entries = [entry for entry in folder.iterdir() if re.fullmatch(r"video\d+", entry.name)] if folder.is_dir() else []
    threads = [Thread(target=ask, args=(entry,), name=f"ask {entry.name}", daemon=True) for entry in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def probed_cameras(
    found: Callable[[FoundCamera], None], /, open_capture: Callable[[int], Capture] = cv2.VideoCapture
) -> None:
    """Where the system gives no list: cameras 0, 1 … are opened until one is not there."""
    for number in range(MOST_PROBED):
        capture = open_capture(number)
        there = capture.isOpened()
        width, height = (int(capture.get(what)) for what in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        rate = capture.get(cv2.CAP_PROP_FPS)
        capture.release()
        if not there:
            return
        modes = (CameraMode(width, height, (rate,) if rate > 0 else ()),) if min(width, height) > 0 else ()
        found(FoundCamera(f"{PREFIX}{number}", f"camera {number}", modes))


def _number(name: str) -> int:
    return int(re.sub(r"\D", "", name) or 0)
