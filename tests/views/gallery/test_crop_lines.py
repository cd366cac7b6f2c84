"""Lines of crops: only those in view are made and their pictures asked for; keys mean what is said of the line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap

from studio.core.crop import Crop
from studio.core.geometry import Box
from studio.views.gallery.crop_lines import SIDE, CropLine, CropLines
from studio.views.gallery.run_bar import RunBar

MANY = 100_000


def crop(number):
    return Crop(1, number, Box(0, 0, 8, 8))


@pytest.fixture
def lines(qtbot):
    made = CropLines("lines", {Qt.Key.Key_R: "right"})
    qtbot.addWidget(made)
    made.resize(300, 400)
    return made


def test_of_many_lines_only_those_in_view_are_made(qtbot, lines):
    asked, wanted = set(), []

    def line_of(row):
        asked.add(row)
        return CropLine((crop(row),), f"line {row}", "here")

    lines.wanted.connect(wanted.append)
    lines.set_lines(MANY, line_of)
    lines.show()
    qtbot.waitUntil(lambda: bool(wanted))
    assert max(asked) < 20 and {each.frame for each in wanted[-1]} <= asked
    lines.verticalScrollBar().setValue(lines.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: any(each.frame == MANY - 1 for each in wanted[-1]))
    assert len(asked) < 60


def test_pictures_are_drawn_as_far_as_there_is_room_and_the_first_is_ringed(qtbot, lines):
    made = CropLines("wide", {}, wide=True)
    qtbot.addWidget(made)
    made.resize(300, 200)
    red = QPixmap(SIDE, SIDE)
    red.fill(QColor("#ff0000"))
    made.set_pictures(lambda crop: red)
    made.set_lines(1, lambda row: CropLine(tuple(crop(n) for n in range(40)), "3,000 × cup", count=3000, ringed=True))
    made.show()
    qtbot.waitExposed(made)
    picture = made.grab().toImage()
    reds = [x for x in range(picture.width()) if picture.pixelColor(x, 30) == QColor("#ff0000")]
    assert 3 * SIDE < len(reds) < 5 * SIDE  # the last place says how many more there are
    assert picture.pixelColor(reds[0] - 1, 30).green() > 100 > picture.pixelColor(reds[0] - 1, 30).red()


def test_keys_arrows_and_what_is_chosen_after_other_lines_came(qtbot, lines):
    lines.show()
    pressed, chosen = [], []
    lines.key_pressed.connect(pressed.append)
    lines.chosen.connect(chosen.append)
    lines.set_lines(3, lambda row: CropLine((), str(row)))
    qtbot.keyClick(lines, Qt.Key.Key_R)
    assert pressed == []  # nothing is chosen yet
    lines.choose(1)
    qtbot.keyClick(lines, Qt.Key.Key_R)
    qtbot.keyClick(lines, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(lines, Qt.Key.Key_Down)
    assert pressed == ["right"] and chosen == [1, 2]
    lines.set_lines(2, lambda row: CropLine((), str(row)))
    assert lines.row == 1 and chosen == [1, 2]  # the successor of what went, quietly
    lines.set_lines(0, lambda row: CropLine((), ""))
    assert lines.row == -1


def test_a_run_shows_how_far_it_is_instead_of_its_button(qtbot):
    bar = RunBar("test", "Look", "Looks")
    qtbot.addWidget(bar)
    bar.show()
    heard = []
    bar.run_wanted.connect(lambda: heard.append("run"))
    bar.stop_wanted.connect(lambda: heard.append("stop"))
    bar.button.click()
    bar.set_running(True)
    bar.set_progress(0.25, "frame 7")
    assert bar.running and not bar.button.isVisible() and bar._bar.value() == 250
    bar._stop.click()
    bar.set_running(False)
    assert heard == ["run", "stop"] and bar.button.isVisible()
