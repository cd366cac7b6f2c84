"""What the user chose for the program on this machine: validated, and on disk only where it differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.errors import InputError
from studio.core.files import making, own_place
from studio.core.paths import SETTINGS, user_data


class Settings(BaseModel):
    """Choices with their shipped defaults.

    Attributes:
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        threads: that networks may use on the processor; 0 leaves one core to the window.
        theme: colours.
        cache_gb: the largest size of a project's caches in gigabytes (10⁹ bytes).
        cache_place: the folder for fetched networks, absolute, from the next start on; "" for the system's.
        tracker: that follows a box.
        keys: keys bound instead of the table's, by action id; an empty tuple takes an action's keys away.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    threads: int = Field(default=0, ge=0, le=256)
    theme: Literal["system", "light", "dark"] = "system"
    cache_gb: float = Field(default=2.0, ge=0.1, le=1000)
    cache_place: str = ""
    tracker: str = "ridge"
    keys: dict[str, tuple[str, ...]] = Field(default_factory=dict)


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
    chosen = Settings()
    for name in Settings.model_fields:
        if name in document:
            try:
                chosen = Settings.model_validate(chosen.model_dump() | {name: document[name]})
            except ValidationError:
                continue
    return chosen


def checked(settings: Settings, chosen: dict[str, Any]) -> Settings:
    """`settings` with what was chosen instead.

    Raises:
        InputError: a value that cannot be; the sentence names it.
    """
    try:
        wanted = Settings.model_validate(settings.model_dump() | chosen)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        hint = "auto, cpu, cuda, cuda:N or mps" if name == "device" else first["msg"]
        raise InputError(f"{name} cannot be {chosen.get(name)!r}: {hint}") from None
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
    others = {k: v for k, v in old.items() if k not in Settings.model_fields} if isinstance(old, dict) else {}
    document = others | settings.model_dump(mode="json", exclude_defaults=True)
    with making(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
