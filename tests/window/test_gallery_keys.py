"""The keys of the filter line in the whole window."""

from __future__ import annotations

from PySide6.QtCore import Qt

from studio.views.gallery.view import GalleryView
from studio.views.palette import Palette


def test_a_slash_in_the_grid_leads_to_the_line_and_back(studio, opened, qtbot):
    gallery = studio.window.findChild(GalleryView)
    studio.window.activateWindow()
    gallery.finder.focus_line()
    qtbot.waitUntil(gallery.finder.line.hasFocus)
    qtbot.keyClicks(gallery.finder.line, "a/b")
    assert gallery.finder.query == "a/b"
    qtbot.keyClick(gallery.finder.line, Qt.Key.Key_Escape)
    gallery.page.pages.setCurrentWidget(gallery.page.grid)  # there are no crops
    gallery.page.grid.setFocus()
    qtbot.waitUntil(gallery.page.grid.hasFocus)
    qtbot.keyClick(gallery.page.grid, Qt.Key.Key_Slash)
    qtbot.waitUntil(gallery.finder.line.hasFocus)
    assert gallery.finder.line.selectedText() == "a/b"


def test_the_palette_opens_from_the_line(studio, opened, qtbot):
    gallery = studio.window.findChild(GalleryView)
    studio.window.activateWindow()
    gallery.finder.focus_line()
    qtbot.waitUntil(gallery.finder.line.hasFocus)
    qtbot.keyClicks(gallery.finder.line, "lab")
    qtbot.waitUntil(gallery.finder.line.list.isVisible)
    qtbot.keyClick(gallery.finder.line, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = studio.window.findChild(Palette)
    assert palette is not None and gallery.finder.query == "lab"
    palette.close()
