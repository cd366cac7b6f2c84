"""How a window's threads share Python: one runs at a time, and the one that shows things should not wait for others."""

from __future__ import annotations

import builtins
import sys

SWITCH = 0.0005  # seconds after which a thread that computes lets others run; Python's own 5 ms are felt as jerks


def favour_the_window() -> None:
    """Let threads take turns more often, and take PySide's hook out of `import`.

    While the window paints, each call of Qt lets go of the interpreter, and has to wait for a whole turn of a worker
    that computes in Python to get it back. The hook reads the source of every module that is imported, to find whether
    it asks for PySide's other names: nobody here does, and with torch it takes a second and 150 MB.
    """
    sys.setswitchinterval(SWITCH)
    original = getattr(builtins, "__orig_import__", None)  # as PySide keeps it
    if original is not None:
        builtins.__import__ = original
