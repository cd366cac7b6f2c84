"""Cyclic garbage is collected in the GUI thread only.

Python collects wherever an allocation happens to be the next too many, on a worker too. A QObject that dies there takes
a lock of Qt's and waits for the interpreter, while the GUI thread, connecting a signal, holds the interpreter and waits
for that lock: both for ever.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY = 250  # milliseconds between looks


class Garbage(QObject):
    """Does what Python's own collector would, by a timer; Python's rests as long as this one lives.

    What is there when torch has come is set aside (torch alone brings 400,000 objects, a quarter of a second for each
    full collection) and looked at again only when a project has gone.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rests = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(EVERY)

    def close(self) -> None:
        """Let Python collect again: no thread is left."""
        self._timer.stop()
        gc.unfreeze()
        if self._rests:
            gc.enable()

    def set_aside(self) -> None:
        """What is there now is here to stay."""
        gc.freeze()

    def collect_all(self) -> None:
        """What was set aside may have become garbage."""
        apart = gc.get_freeze_count() > 0
        gc.unfreeze()
        gc.collect()
        if apart:
            gc.freeze()

    def _look(self) -> None:
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return
