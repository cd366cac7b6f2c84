"""What the tests of kernels share."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(7).integers(0, 256, (37, 52, 3), np.uint8)
