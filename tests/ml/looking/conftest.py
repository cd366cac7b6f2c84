"""What all tests of this folder share."""

from __future__ import annotations

import pytest

from studio.ml.device import Compute, choose


@pytest.fixture(scope="session")
def cpu() -> Compute:
    return choose("cpu")
