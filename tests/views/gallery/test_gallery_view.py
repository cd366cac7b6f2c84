"""The parts beside the grid take room and give it back; where neither would have room beside the other, below it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from studio.views.gallery.view import GalleryView


class Part(QLabel):
    def set_looked_at(self, looked_at):
        """A part is told."""


@pytest.mark.parametrize("width", [320, 900])
def test_a_part_that_is_closed_gives_its_room_back(qtbot, width):
    view = GalleryView()
    qtbot.addWidget(view)
    view.side.add_part("preview", "Preview", "mdi6.broom", Part("a part that likes to be rather wide"))
    view.resize(width, 500)
    view.show()
    before = view.splitter.sizes()
    for _ in range(2):
        view.side.show_part("preview")
        qtbot.waitUntil(lambda: view.splitter.sizes()[1] > before[1])
        opened = view.splitter.sizes()
        view.side.show_part("")
        qtbot.waitUntil(lambda: view.splitter.sizes() == before)
        view.side.show_part("preview")
        qtbot.waitUntil(lambda opened=opened: view.splitter.sizes() == opened)
        view.side.show_part("")


def test_in_a_narrow_dock_a_part_is_below_the_grid_and_comes_back_as_wide_as_it_was(qtbot):
    view, part = GalleryView(), Part("what is known")
    qtbot.addWidget(view)
    part.setMinimumWidth(200)
    view.side.add_part("map", "Map", "mdi6.map", part)
    view.resize(800, 600)
    view.show()
    view.side.show_part("map")
    wide = view.splitter.sizes()[1]
    assert view.splitter.orientation() == Qt.Orientation.Horizontal and wide > 200

    def narrow():
        view.resize(300, 600)  # beside each other they take more
        return view.width() == 300

    qtbot.waitUntil(narrow)
    assert view.splitter.orientation() == Qt.Orientation.Vertical
    assert view.page.width() == view.side.width() == 300 and min(view.splitter.sizes()) > 200
    view.side.show_part("")
    assert view.splitter.orientation() == Qt.Orientation.Horizontal and view.page.width() > 200
    view.side.show_part("map")
    assert view.splitter.orientation() == Qt.Orientation.Vertical
    view.resize(800, 600)
    assert view.splitter.orientation() == Qt.Orientation.Horizontal and abs(view.splitter.sizes()[1] - wide) < 10
