"""Widgets that wrap: where they lie, against rectangles worked out by hand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from studio.views.flow import FlowLayout


@pytest.fixture
def strip(qtbot):
    """Four blocks in a strip 100 pixels wide, with 4 pixels between them."""
    strip = QWidget()
    qtbot.addWidget(strip)
    flow = FlowLayout(strip, 4)
    for width, height in ((40, 10), (50, 20), (30, 10), (90, 15)):
        block = QWidget()
        block.setFixedSize(width, height)
        flow.addWidget(block)
    strip.resize(100, 200)
    strip.show()
    return strip


def places(strip):
    return [strip.layout().itemAt(n).widget().geometry() for n in range(strip.layout().count())]


def test_what_has_no_room_beside_the_others_comes_below_the_highest_of_them(strip):
    assert places(strip) == [QRect(0, 0, 40, 10), QRect(44, 0, 50, 20), QRect(0, 24, 30, 10), QRect(0, 38, 90, 15)]
    assert strip.layout().heightForWidth(100) == 53
    assert strip.layout().heightForWidth(128) == 39  # three in the first line
    assert strip.layout().minimumSize().width() == 90


def test_hidden_and_removed_ones_take_no_room(strip):
    first, second = (strip.layout().itemAt(n).widget() for n in range(2))
    first.hide()
    strip.layout().removeWidget(second)
    second.deleteLater()
    strip.layout().activate()
    assert places(strip)[1:] == [QRect(0, 0, 30, 10), QRect(0, 14, 90, 15)]
    assert strip.layout().count() == 3
