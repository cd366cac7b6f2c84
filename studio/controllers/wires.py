"""Connections to what outlives a controller: made together, cut together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance


class Wires:
    """Signals of the session, the project and the actions connected to a controller's methods."""

    def __init__(self) -> None:
        self._made: list[tuple[SignalInstance, Callable[..., Any]]] = []

    def connect(self, signal: SignalInstance, slot: Callable[..., Any]) -> None:
        signal.connect(slot)
        self._made.append((signal, slot))

    def cut(self) -> None:
        """Disconnect them all."""
        for signal, slot in self._made:
            signal.disconnect(slot)
        self._made.clear()
