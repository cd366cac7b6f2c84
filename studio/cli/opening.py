"""Opening the window, where there is a display to open it on."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import NoReturn

from studio.core.errors import InputError, StudioError

XCB, XCB_CURSOR = "libxcb.so.1", "libxcb-cursor.so.0"  # without them Qt ends the process on X11, with a riddle


def has_display() -> bool:
    """Whether a window could be seen, or one was asked for by `QT_QPA_PLATFORM`."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    return bool(os.environ.get("DISPLAY")) and _x11_answers()


def _x11_answers() -> bool:
    """Whether there is a display behind `DISPLAY`; Qt ends the process where there is none."""
    try:
        xcb = ctypes.CDLL(XCB)
    except OSError:
        return True  # nobody knows; what is missing is said later
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def open_window(project: Path | None) -> NoReturn:
    """Show the window, on `project` or on the start page, until it is closed; then the process ends.

    Raises:
        InputError: there is no display.
        StudioError: a library is missing.
    """
    if not has_display():
        raise InputError("there is no display to open the window on; every command works without: studio --help")
    try:
        if os.environ.get("DISPLAY") and not any(os.environ.get(n) for n in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
            ctypes.CDLL(XCB_CURSOR)
        from studio.app import main
    except (ImportError, OSError) as error:
        raise StudioError(f"the window cannot be loaded: {error}; studio doctor says what to install") from None
    main([], project)
