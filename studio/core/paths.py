"""The one place that knows where the program's own files are, in a checkout and in a wheel."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "_data"  # a wheel carries models/ and resources/ here
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent

MODELS = _ROOT / "models"
RESOURCES = _ROOT / "resources"
SETTINGS = "settings.json"  # in the user's data


def chosen_home() -> Path | None:
    """Where `STUDIO_CACHE` moves everything of the user's; None where it is not set."""
    chosen = os.environ.get("STUDIO_CACHE")
    return Path(chosen) if chosen else None


def user_cache() -> Path:
    """The user's cache folder for downloaded weights: `STUDIO_CACHE`, else the settings' place, else the system's.

    It may not exist yet, and is the same until the process ends.
    """
    return chosen_home() or _place_in(user_data() / SETTINGS) or default_cache()


def default_cache() -> Path:
    """The system's place for the user's cache."""
    return Path(platformdirs.user_cache_dir("repurpose-studio", appauthor=False))


@cache
def _place_in(settings: Path) -> Path | None:
    """The `cache_place` of a settings file, as it is when first asked for."""
    try:
        place = Path(json.loads(settings.read_text(encoding="utf-8"))["cache_place"])
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
    return place if place.is_absolute() else None


def user_data() -> Path:
    """The user's folder for what cannot be made again; under `STUDIO_CACHE` where that is set. It may not exist yet."""
    chosen = chosen_home()
    return chosen / "data" if chosen else Path(platformdirs.user_data_dir("repurpose-studio", appauthor=False))
