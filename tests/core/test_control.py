"""Pausing and cancelling, from another thread than the one that works."""

from __future__ import annotations

import threading
import time

import pytest

from studio.core.control import Cancelled, Control


def worker(control: Control) -> tuple[threading.Thread, list[int], list[BaseException]]:
    counted, errors = [0], []

    def work() -> None:
        try:
            while counted[0] < 10**9:
                control.checkpoint()
                counted[0] += 1
                time.sleep(0.001)
        except Cancelled as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, counted, errors


def test_a_paused_function_waits_and_goes_on() -> None:
    control = Control()
    thread, counted, errors = worker(control)
    control.pause()
    time.sleep(0.05)
    before = counted[0]
    time.sleep(0.1)
    assert counted[0] == before and control.paused
    control.resume()
    time.sleep(0.1)
    assert counted[0] > before and not control.paused and control.rested > 0.1
    control.cancel()
    thread.join(5)
    assert errors


@pytest.mark.parametrize("first", ["pause", "cancel"])
def test_cancelling_ends_a_pause(first: str) -> None:
    control = Control()
    thread, _, errors = worker(control)
    if first == "pause":
        control.pause()
        time.sleep(0.05)
        control.cancel()
    else:
        control.cancel()
        control.pause()
    thread.join(5)
    assert errors and not control.paused
