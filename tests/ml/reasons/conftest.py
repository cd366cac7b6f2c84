"""Networks that compute exactly, and heads trained on a small clip."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from studio.core.control import Control
from studio.ml.device import choose
from studio.ml.heads.fit import fit
from studio.ml.networks import Networks
from tests.ml.taught_project import make_project


@pytest.fixture(scope="module")
def networks():
    """In float32, as explanations are, whatever this processor would choose."""
    made = Networks("cpu")
    made._compute = replace(choose("cpu"), dtype=torch.float32)
    return made


@pytest.fixture(scope="module")
def heads(networks, tmp_path_factory):
    """A head with each kernel."""
    with make_project(tmp_path_factory.mktemp("reasons")) as project:
        return {
            kernel: fit(project, kernel, networks.backbone(), kernel, 0, Control()).head for kernel in ("rbf", "linear")
        }
