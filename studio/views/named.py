"""Names of widgets, by which tests and scripts find them."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject

T = TypeVar("T", bound=QObject)


def named(thing: T, name: str) -> T:
    """`thing`, called "panel.thing"."""
    thing.setObjectName(name)
    return thing
