"""A clip with crops in the project of a test, and heads that say what they were trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtGui import QPixmap

from studio.controllers.context import Context
from studio.core.crop_pictures import SIDE
from studio.core.project import Edit, MediumRow, RegionRow, new_id
from studio.core.project.media import add_medium
from tests.controllers.controller_clips import BITS, HEIGHT, write_clip


def add_clip(context: Context, folder: Path) -> MediumRow:
    """A numbered clip of 30 frames."""
    row = add_medium(context.project.project, write_clip(folder / "clip.mp4"), "video", 30, 128, HEIGHT)
    context.project.refresh()
    return row


def label_ids(context: Context) -> dict[str, int]:
    return {row.name: row.id for row in context.project.labels.values()}


def crop(context: Context, medium: MediumRow, frame: int, label: str = "cup", **changes: Any) -> RegionRow:
    values = {"track": None, "x": 8.0, "y": 0.0, "width": 112.0, "height": 48.0, "author": "human", "keyframe": True,
              "score": None, "near_duplicate": False, "state": "visible"}  # fmt: skip
    return RegionRow(id=new_id(), medium=medium.id, frame=frame, label=label_ids(context)[label], **(values | changes))


def draw(context: Context, rows: list[RegionRow], text: str = "draw") -> list[int]:
    context.project.apply(Edit.rows(text, rows))
    return [row.id for row in rows]


def make_card(context: Context, name: str, **facts: Any) -> None:
    """A head of which only the card is there, trained on the present."""
    project = context.project.project
    card = {"labels": ["cup"], "backbone": "b", "history": project.position, "scores": {}, "sha256": "0" * 64}
    folder = project.models / name
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(card | {"project": project.id} | facts))


def number_of(picture: QPixmap) -> int:
    """The number that a crop of a whole numbered frame shows: the square is 112 pixels wide, from x = 8 on."""
    image, scale = picture.toImage(), SIDE / 112
    return sum(1 << bit for bit in range(BITS - 1) if image.pixelColor(round((bit * 16 + 4) * scale), 60).red() > 127)
