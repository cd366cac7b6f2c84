"""Cards: what is kept, and the one line for each way of being wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.core.cards import BackboneCard, Card, read_card
from studio.core.errors import InputError
from studio.core.paths import MODELS

GOOD = {"name": "mine", "architecture": "resnet18", "licence": "MIT", "source": "here", "sha256": "0" * 64}


def test_the_bundled_card_is_valid() -> None:
    card = read_card(MODELS / "resnet18-64px" / "card.json", BackboneCard)
    assert (card.architecture, card.input_size, card.map_layer) == ("resnet18", 64, "layer2")
    assert len(set(card.class_names)) == card.classes == 200


def test_keys_that_are_not_known_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(GOOD | {"input_size": 64, "mood": ["good"]}))
    read_card(path, BackboneCard).write(path)
    assert json.loads(path.read_text())["mood"] == ["good"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not valid"),
        (b"\xff\xfe\x00", "not text"),
        (json.dumps(GOOD | {"sha256": "abc"}).encode(), "sha256"),
        (json.dumps({"name": "mine"}).encode(), "architecture"),
    ],
)
def test_a_bad_card_is_one_line_with_its_file(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        read_card(path, Card)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_card_names_all_classes_or_none(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(GOOD | {"input_size": 64, "classes": 3, "class_names": ["cat", "dog"]}))
    with pytest.raises(InputError, match="2 names for 3 classes"):
        read_card(path, BackboneCard)
    path.write_text(json.dumps(GOOD | {"input_size": 64, "classes": 2, "class_names": ["cat", "dog"]}))
    assert read_card(path, BackboneCard).class_names == ("cat", "dog")


def test_a_card_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(GOOD | {"input_size": 64, "file": "../../elsewhere"}))
    with pytest.raises(InputError, match="file"):
        read_card(path, BackboneCard)


def test_a_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no card .*card\.json"):
        read_card(tmp_path / "card.json", Card)
