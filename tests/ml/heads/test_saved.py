"""Heads on the disk: whole or not at all, and nothing beside them is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from studio.core.errors import InputError
from studio.ml.calibration import UNCALIBRATED
from studio.ml.heads import head as heads
from studio.ml.heads.crop import CropPart
from studio.ml.heads.head import ARCHITECTURE, Head, HeadCard, load_head, save_head


@pytest.fixture
def head() -> Head:
    card = HeadCard(
        name="new", architecture=ARCHITECTURE, licence="yours", source="here", sha256="0" * 64, backbone="any",
        backbone_sha256="1" * 64, labels=["cup"], kernel="linear", window_side=64, dense=False, history=3,
    )  # fmt: skip
    part = CropPart(torch.eye(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64), 0.5, 0.0, UNCALIBRATED)
    return Head(card, (part,), ())


def test_it_is_read_as_it_was_and_never_replaced(head: Head, tmp_path: Path) -> None:
    saved, read = save_head(head, tmp_path / "models" / "mine"), load_head(tmp_path / "models" / "mine")
    assert read.card == saved.card and read.card.name == "mine"
    assert torch.equal(read.crop[0].support, head.crop[0].support)
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["mine"]
    with pytest.raises(InputError, match="heads do not change"):
        save_head(head, tmp_path / "models" / "mine")


def test_what_a_person_put_there_stays_though_writing_fails(
    head: Head, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / ".mine.partial"
    theirs.mkdir()
    (theirs / "notes.txt").write_text("mine")

    def full(tensors: object) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(heads, "save", full)
        with pytest.raises(OSError, match="No space"):
            save_head(head, tmp_path / "mine")
    assert [file.name for file in tmp_path.iterdir()] == [".mine.partial"]
    save_head(head, tmp_path / "mine")
    assert (theirs / "notes.txt").read_text() == "mine"
