"""What the window may not load: torch at its start, widgets in its state."""

from __future__ import annotations

import subprocess
import sys


def loaded(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_application_starts_without_torch_or_scikit_learn():
    assert not loaded("studio.app") & {"torch", "torchvision", "sklearn", "onnx", "studio.ml"}


def test_state_has_no_widgets():
    modules = "studio.state.project, studio.state.session, studio.state.lanes, studio.state.board, studio.state.actions"
    assert "PySide6.QtWidgets" not in loaded(modules)
