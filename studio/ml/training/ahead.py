"""Work that a thread does before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

import torch

AHEAD = 3  # results that wait to be asked for
LOOKED = 0.1  # seconds between two looks whether anybody still wants them

_T = TypeVar("_T")


def ahead(work: Iterable[Callable[[], _T]]) -> Iterator[_T]:
    """What each piece of `work` returns, in its order; a thread makes the next ones meanwhile.

    Once nobody asks any more (the iterator is closed or forgotten) the thread ends. What a piece raises is raised here.
    """
    made: Queue[tuple[_T | None, BaseException | None]] = Queue(AHEAD)
    stopped, ready = Event(), Event()
    threads = torch.get_num_threads()

    def put(result: _T | None, error: BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(Full):
                made.put((result, error), timeout=LOOKED)
                return

    def make() -> None:
        torch.set_num_threads(1)  # the network has the others
        ready.set()
        try:
            for piece in work:
                if stopped.is_set():
                    return
                put(piece(), None)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            put(None, error)
        else:
            put(None, StopIteration())

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    ready.wait()
    torch.set_num_threads(threads)  # what a thread sets is taken over by those that start later
    try:
        while True:
            result, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield result  # type: ignore[misc]
    finally:
        stopped.set()
        while thread.is_alive():  # it may be about to put something where there is no room
            with suppress(Empty):
                made.get_nowait()
            thread.join(LOOKED / 10)
