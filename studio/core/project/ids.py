"""Identifiers that sort by time and need no coordination."""

from __future__ import annotations

import os
import secrets
import threading
import time

_EPOCH_US = 1_577_836_800_000_000  # 2020-01-01, so that 51 bits of microseconds last until 2091
_NODE_BITS = 12

_lock = threading.Lock()
_last_us = 0
_node = 0
_process = 0


def new_id() -> int:
    """A new id: 51 bits of microseconds since 2020, then 12 random bits drawn once for each process.

    Strictly increasing within a process, whatever its threads; positive and below 2**63.
    """
    global _last_us, _node, _process
    with _lock:
        if _process != os.getpid():  # a forked child must not go on with its parent's bits
            _process, _node = os.getpid(), secrets.randbits(_NODE_BITS)
        _last_us = max(_last_us + 1, time.time_ns() // 1000 - _EPOCH_US)
        return _last_us << _NODE_BITS | _node
