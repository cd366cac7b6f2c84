"""What the user chose for the program on this machine: validated, and on disk only where it differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from studio.core.errors import InputError
from studio.core.files import making, own_place
from studio.core.paths import SETTINGS, user_data


@dataclass(frozen=True)
class Settings:
    """Choices with their shipped defaults.

    Not a pydantic model, as cards are: the first window waits for the settings, and pydantic takes a tenth of a second.

    Attributes:
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        threads: that networks may use on the processor; 0 leaves one core to the window.
        theme: colours.
        cache_gb: the largest size of a project's caches in gigabytes (10⁹ bytes).
        cache_place: the folder for fetched networks, absolute, from the next start on; "" for the system's.
        tracker: that follows a box.
        keys: keys bound instead of the table's, by action id; an empty tuple takes an action's keys away.
    """

    device: str = "auto"
    threads: int = 0
    theme: Literal["system", "light", "dark"] = "system"
    cache_gb: float = 2.0
    cache_place: str = ""
    tracker: str = "ridge"
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _are_keys(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(action, str) and isinstance(keys, (list, tuple)) and all(isinstance(key, str) for key in keys)
        for action, keys in value.items()
    )


# What a setting may be, and how that is said.
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "device": (
        lambda value: isinstance(value, str) and re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", value) is not None,
        "auto, cpu, cuda, cuda:N or mps",
    ),
    "threads": (lambda value: _is_number(value, 0, 256) and isinstance(value, int), "a whole number from 0 to 256"),
    "theme": (lambda value: value in ("system", "light", "dark"), "system, light or dark"),
    "cache_gb": (lambda value: _is_number(value, 0.1, 1000), "a number from 0.1 to 1000"),
    "cache_place": (lambda value: isinstance(value, str), "a folder"),
    "tracker": (lambda value: isinstance(value, str), "the name of a tracker"),
    "keys": (_are_keys, "keys by the ids of actions"),
}


def _as_kept(name: str, value: Any) -> Any:  # noqa: ANN401 - of any setting
    """A value that passed its check: JSON has no tuples."""
    return {action: tuple(keys) for action, keys in value.items()} if name == "keys" else value


def settings_file() -> Path:
    return user_data() / SETTINGS


def read_settings() -> Settings:
    """The user's settings; what cannot be read or is out of range counts as not chosen."""
    try:
        document: Any = json.loads(settings_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(document, dict):
        return Settings()
    chosen = {name: document[name] for name in _CHECKS if name in document and _CHECKS[name][0](document[name])}
    return replace(Settings(), **{name: _as_kept(name, value) for name, value in chosen.items()})


def checked(settings: Settings, chosen: dict[str, Any]) -> Settings:
    """`settings` with what was chosen instead.

    Raises:
        InputError: a value that cannot be; the sentence names it.
    """
    for name, value in chosen.items():
        fits, hint = _CHECKS[name]
        if not fits(value):
            raise InputError(f"{name} cannot be {value!r}: {hint}")
    wanted = replace(settings, **{name: _as_kept(name, value) for name, value in chosen.items()})
    if wanted.cache_place not in ("", settings.cache_place):
        _check_place(Path(wanted.cache_place))
    return wanted


def _check_place(folder: Path) -> None:
    if not folder.is_absolute() or not folder.is_dir():
        raise InputError(f"there is no folder {folder}; choose one that is there for the fetched networks")
    try:
        with own_place(folder):
            pass
    except OSError as error:
        raise InputError(f"cannot write into {folder}: {error.strerror or error}; choose another folder") from None


def write_settings(settings: Settings) -> None:
    """Write what differs from the defaults; keys of other versions of the program are kept.

    Raises:
        InputError: the user's folder cannot be written to.
    """
    path = settings_file()
    try:
        old: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        old = {}
    others = {k: v for k, v in old.items() if k not in _CHECKS} if isinstance(old, dict) else {}
    shipped = Settings()
    own = {name: value for name, value in asdict(settings).items() if value != getattr(shipped, name)}
    document = others | own
    with making(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
