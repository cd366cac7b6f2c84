"""What is said of one crop of the map."""

from __future__ import annotations

from PySide6.QtGui import QPixmap

from studio.core.crop import Crop
from studio.core.gallery.crops import Crops
from studio.core.geometry import Box
from studio.views.gallery.map_card import Card
from studio.views.theme import current


def crop_of(crops: Crops, row: int) -> Crop:
    """The pixels of the crop in a row."""
    table = crops.table
    return Crop(int(table.media[row]), int(table.frames[row]), Box(*table.boxes[row].tolist()))


def card_of(crops: Crops, row: int, picture: QPixmap | None, by: str) -> Card:
    """Its picture where there is one, its label, where it is from, and what the colours say, `by`, if that is more."""
    label, medium = crops.labels.get(int(crops.table.labels[row])), crops.media.get(int(crops.table.media[row]))
    name, color = (label.name, label.color) if label else ("no label", current().dim)
    place = medium.path.rsplit("/", 1)[-1] if medium else "?"
    lines = (place, f"frame {int(crops.table.frames[row]):,}", by)
    return Card(picture, name, color, tuple(line for line in lines if line))
