"""Cells: which signs there is room for, and that they are drawn where they say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem, QToolButton

from studio.core.crop import Crop
from studio.core.geometry import Box
from studio.core.project import LabelRow
from studio.state.crop_list import CropList, ShownCrop
from studio.views.gallery.badges import DOUBT, DUPLICATE, KEYFRAME, REVIEWED, SOURCES, SPLIT_LETTERS, STATES, badges_of
from studio.views.gallery.cells import CropDelegate
from studio.views.gallery.legend import legend_button
from studio.views.theme import SPLIT_COLORS, apply_theme, current

CUP = LabelRow(2, "cup", "#4c9aff", "1")


def shown(**changes: object) -> ShownCrop:
    values: dict[str, object] = {
        "region": 7, "crop": Crop(1, 0, Box(0.0, 0.0, 10.0, 10.0)), "label": CUP, "score": None, "doubt": None,
        "keyframe": False, "near_duplicate": False, "state": "visible", "author": "human", "reviewed": False,
        "split": "",
    }  # fmt: skip
    return ShownCrop(**(values | changes))


class _One(CropList):
    """A list of one crop."""

    def __init__(self, crop: ShownCrop) -> None:
        super().__init__()
        self._one = crop

    def rowCount(self, parent: object = None) -> int:
        return 1

    def shown(self, row: int) -> ShownCrop:
        return self._one


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> Iterator[None]:
    apply_theme(qapp, "dark")
    yield


def drawn(crop: ShownCrop, side: int, picture: QPixmap | None, selected: bool = False) -> QImage:
    model = _One(crop)
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, side, side)
    if selected:
        option.state |= QStyle.StateFlag.State_Selected
    painter = QPainter(image)
    CropDelegate(lambda _: picture).paint(painter, option, model.index(0))
    painter.end()
    return image


def has(image: QImage, color: str, place: QRect) -> bool:
    points = (QPoint(x, y) for x in range(place.left(), place.right()) for y in range(place.top(), place.bottom()))
    return any(image.pixelColor(point) == QColor(color) for point in points)


def test_the_most_important_signs_come_first_and_a_small_cell_has_fewer():
    crop = shown(doubt=0.9, reviewed=True, near_duplicate=True, keyframe=True, state="occluded")
    everything = [STATES["occluded"], DOUBT, REVIEWED, DUPLICATE, KEYFRAME, SOURCES["human"]]
    assert badges_of(crop, 256) == everything
    assert badges_of(crop, 128) == everything[:4]
    assert badges_of(crop, 64) == everything[:2]
    assert badges_of(shown(doubt=0.2), 100) == [] and badges_of(shown(), 128) == [SOURCES["human"]]


@pytest.mark.parametrize("side", [48, 64, 128, 256])
def test_label_and_split_have_their_colours_and_the_picture_fills_the_rest(side):
    picture = QPixmap(128, 128)
    picture.fill(QColor("#204060"))
    for split, color in SPLIT_COLORS.items():
        image = drawn(shown(split=split, score=0.5), side, picture)
        assert image.pixelColor(side // 2, side - 2) == QColor(CUP.color)
        assert image.pixelColor(side // 2, side // 2) == QColor("#204060")
        assert has(image, color, QRect(4, 4, 12, 12))
    assert not has(drawn(shown(), side, picture), SPLIT_COLORS["train"], QRect(0, 0, side, side))


def test_faded_selected_missing_and_unreadable_cells_look_different():
    picture = QPixmap(128, 128)
    picture.fill(QColor("#204060"))
    middle = QPoint(50, 50)
    plain = drawn(shown(), 100, picture).pixelColor(middle)
    faded = drawn(shown(state="rejected"), 100, picture).pixelColor(middle)
    chosen = drawn(shown(), 100, picture, selected=True)
    assert faded.lightness() > plain.lightness() + 50  # the white ground shines through
    assert chosen.pixelColor(50, 1) == QColor(current().accent) and chosen.pixelColor(middle) != plain
    missing, unreadable = drawn(shown(), 100, None), drawn(shown(), 100, QPixmap())
    assert missing.pixelColor(middle) == QColor(current().raised)
    assert missing != unreadable and has(unreadable, current().dim, QRect(30, 30, 40, 40))


def test_the_legend_names_every_sign(qtbot):
    button = legend_button()
    qtbot.addWidget(button)
    assert isinstance(button, QToolButton) and button.focusPolicy() == Qt.FocusPolicy.TabFocus
    menu = button.menu()
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions()]
    for badge in (DOUBT, REVIEWED, KEYFRAME, DUPLICATE, *STATES.values(), *SOURCES.values()):
        assert badge.says in texts
    assert all(any(text.startswith(split) and SPLIT_LETTERS[split] in text for text in texts) for split in SPLIT_COLORS)
    assert len(set(SPLIT_LETTERS.values())) == len(SPLIT_COLORS)
