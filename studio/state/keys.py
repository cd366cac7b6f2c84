"""Which keys do what, and which do two things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from PySide6.QtGui import QKeySequence

from studio.state.actions import ACTIONS

Keys = Mapping[str, tuple[str, ...]]
PORTABLE = QKeySequence.SequenceFormat.PortableText


def effective(bound: Keys) -> dict[str, tuple[str, ...]]:
    """The keys of every action: what the user `bound`, else the table's."""
    return {spec.id: tuple(map(normal, bound.get(spec.id, spec.keys))) for spec in ACTIONS}


def normal(key: str) -> str:
    """One way of writing a key: "ctrl+k" becomes "Ctrl+K"."""
    return QKeySequence(key).toString(PORTABLE)


def differing(keys: Keys) -> dict[str, tuple[str, ...]]:
    """Of all keys, those that are not the table's: what the settings hold."""
    shipped = effective({})
    return {name: tuple(chosen) for name, chosen in keys.items() if tuple(chosen) != shipped[name]}


def conflicts(keys: Keys) -> dict[str, list[str]]:
    """Keys that more than one action has, with the ids of these.

    Letters act in the video and the gallery, all other keys everywhere, so any two actions meet there.
    """
    users: dict[str, list[str]] = defaultdict(list)
    for name, chosen in keys.items():
        for key in dict.fromkeys(chosen):
            users[key].append(name)
    return {key: names for key, names in users.items() if key and len(names) > 1}
