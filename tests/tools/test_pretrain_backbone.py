"""The script that makes a backbone: what it writes is what the program takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.cli.main import run

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "pretrain_backbone.py"


@pytest.mark.slow
def test_a_trained_backbone_tells_its_classes_apart_and_can_be_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    for split, count in (("train", 48), ("val", 12)):
        for channel, name in enumerate(("blue", "green")):
            folder = tmp_path / "pictures" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                picture = random.integers(0, 90, (32, 32, 3), np.uint8)
                picture[..., channel] += 120
                cv2.imwrite(str(folder / f"{number}.png"), picture)
    out = tmp_path / "colours"
    options = ["--epochs", "10", "--size", "32", "--batch", "16"]
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "pictures", out, *options], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split("top-1")[1]) > 0.8
    add = ["models", "add", str(out / "weights.safetensors"), "--architecture", "resnet18", "--classes", "2"]
    assert run([*add, "--name", "colours", "--input-size", "32"]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert run(["models", "list"]) == 0
    assert "colours" in capsys.readouterr().out
