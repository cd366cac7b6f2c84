"""What all tests share: real material where it is there, and no writing into the user's own cache."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # QT_QPA_PLATFORM=xcb makes the tests visible

import pytest

import studio.ml  # noqa: F401, TID253 - before any test imports torch, so that its settings hold

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, beside the checkout; tests that need it skip where it is missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs the shared material beside the checkout")
    return SHARED


gc.disable()  # as in the window, see studio.state.garbage: on a worker it could wait for the test, and the test for it


@pytest.fixture(autouse=True)
def garbage() -> Iterator[None]:
    """Python's rhythm, in the thread of the tests."""
    yield
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            break


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_CACHE", str(tmp_path_factory.mktemp("user-cache")))
