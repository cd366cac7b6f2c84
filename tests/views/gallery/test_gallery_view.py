"""The parts beside the grid take room and give it back."""

from __future__ import annotations

import pytest
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
