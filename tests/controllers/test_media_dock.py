"""The media dock: adding, opening where one was, removing with a word, finding again."""

from __future__ import annotations

import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from studio.controllers.decoding import Decoder
from studio.controllers.media import MediaController
from studio.core.geometry import Box, crop_window
from studio.core.project import Edit, Project, new_id
from studio.state.session import ShownMedium
from studio.views.media import MediaView
from tests.controllers.controller_clips import write_clip, write_pictures


@pytest.fixture
def view(qtbot, context):
    view = MediaView()
    qtbot.addWidget(view)
    return view


@pytest.fixture
def media(context, view):
    """The controller, and a stand-in for the video's that opens what is wanted."""

    def open_it(medium, frame):
        row = context.project.media[medium]
        size = (row.width, row.height)
        context.session.medium = ShownMedium(row.id, row.path, None, row.kind, row.frames, size, 25.0)
        context.session.frame = frame

    context.session.medium_wanted.connect(open_it)
    controller = MediaController(context, view)
    yield controller
    controller.close()


def names(view):
    model = view.list.model()
    return [model.index(row).data() for row in range(model.rowCount())]


def sides(view):
    model = view.list.model()
    return [model.index(row).data(Qt.ItemDataRole.UserRole + 3) for row in range(model.rowCount())]


def test_crops_of_a_large_picture_beside_small_ones_are_where_their_boxes_are(qtbot, context, media, tmp_path):
    for number, side in enumerate((40, 900)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((side, side, 3), np.uint8))
    media.add([tmp_path])
    qtbot.waitUntil(lambda: len(context.project.media) == 1)
    (row,) = context.project.media.values()
    window = crop_window(Box(700.0, 600.0, 80.0, 100.0), 64, row.width, row.height)
    assert (window.x, window.y, window.side) == (690, 600, 100)


def test_empty_then_what_is_added_is_listed_and_the_first_is_shown(qtbot, context, media, view, tmp_path):
    assert view.pages.currentIndex() == 0
    media.add([write_clip(tmp_path / "clip.mp4"), write_pictures(tmp_path / "garden")])
    qtbot.waitUntil(lambda: names(view) == ["clip.mp4", "garden"] and context.session.medium is not None)
    assert view.pages.currentIndex() == 1
    qtbot.waitUntil(lambda: sides(view) == ["0:01 · 30 frames", "3 stills"])
    assert "128 × 48 · 0:01 · 30 frames" in view.list.model().index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert context.session.medium.frame_count == 30
    assert view.list.currentIndex().row() == 0


def test_what_cannot_be_added_is_said_and_the_rest_is_there(qtbot, context, said, media, view, tmp_path):
    bad = tmp_path / "notes.mp4"
    bad.write_text("no video")
    media.add([bad, write_pictures(tmp_path / "garden")])
    qtbot.waitUntil(lambda: bool(said))
    assert names(view) == ["garden"] and "notes.mp4" in said[0]


def test_a_click_opens_a_medium_at_its_last_shown_frame(qtbot, context, media, view, tmp_path):
    media.add([write_clip(tmp_path / "clip.mp4"), write_pictures(tmp_path / "garden")])
    qtbot.waitUntil(lambda: len(names(view)) == 2 and context.session.medium is not None)
    context.session.frame = 17
    view.show()
    place = view.list.visualRect(view.list.model().index(1)).center()
    qtbot.mouseClick(view.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert context.session.medium.kind == "stills" and context.session.frame == 0
    view.list.setCurrentIndex(view.list.model().index(0))
    view.list.activated.emit(view.list.model().index(0))  # Enter
    assert context.session.medium.kind == "video" and context.session.frame == 17
    view.list.activated.emit(view.list.model().index(0))
    assert context.session.frame == 17


def test_another_panel_opens_a_medium_and_the_list_follows(qtbot, context, media, view, tmp_path):
    media.add([write_clip(tmp_path / "clip.mp4"), write_pictures(tmp_path / "garden")])
    qtbot.waitUntil(lambda: len(names(view)) == 2 and context.session.medium is not None)
    garden = view.list.model().rows[1].id
    context.session.go(garden, 2)
    assert view.list.currentIndex().row() == 1


def test_files_come_by_dialog_and_by_drop(qtbot, context, media, view, tmp_path):
    clip, garden = write_clip(tmp_path / "clip.mp4"), write_pictures(tmp_path / "garden")
    context.actions["media.open"].trigger()
    dialog = context.window.findChild(QFileDialog, "media.files")
    dialog.filesSelected.emit([str(clip)])
    dialog.close()
    qtbot.waitUntil(lambda: names(view) == ["clip.mp4"])
    context.session.files_dropped.connect(context.session.media_offered)  # a project would be opened instead
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(garden))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))
    qtbot.waitUntil(lambda: names(view) == ["clip.mp4", "garden"])


def test_a_window_that_only_reads_asks_for_no_files(context, media, said):
    context.project.why_read_only = "read-only: another window has it"
    for name in ("media.open", "media.open_folder"):
        context.actions[name].trigger()
    assert said == ["adding media: another window has it"] * 2 and not context.window.findChildren(QFileDialog)


def test_removing_says_what_goes_and_cancel_is_the_default(qtbot, context, media, view, tmp_path):
    media.add([write_clip(tmp_path / "clip.mp4"), write_pictures(tmp_path / "garden")])
    qtbot.waitUntil(lambda: len(names(view)) == 2 and context.session.medium is not None)
    context.actions["media.remove"].trigger()
    sentence = context.window.findChild(QLabel, "media.remove_dialog.sentence")
    do = context.window.findChild(QPushButton, "media.remove_dialog.do")
    assert context.window.findChild(QPushButton, "media.remove_dialog.cancel").isDefault() and not do.isEnabled()
    qtbot.waitUntil(lambda: "clip.mp4" in sentence.text() and do.isEnabled())
    do.click()
    qtbot.waitUntil(lambda: names(view) == ["garden"])
    assert context.session.medium.kind == "stills"
    context.project.undo()
    assert names(view) == ["clip.mp4", "garden"]


def test_missing_media_are_marked_and_found_by_folder(qtbot, context, said, media, view, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4")
    media.add([clip])
    qtbot.waitUntil(lambda: names(view) == ["clip.mp4"] and not context.lanes.disk.jobs)
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    shutil.move(clip, elsewhere)
    media.missing.check()
    qtbot.waitUntil(lambda: sides(view) == ["missing"])
    view.findChild(QPushButton, "media.find").click()
    dialog = context.window.findChild(QFileDialog, "media.look")
    dialog.fileSelected.emit(str(tmp_path / "elsewhere"))
    dialog.close()
    qtbot.waitUntil(lambda: sides(view) == ["0:01 · 30 frames"])
    assert said[-1] == "Found 1 medium"


def test_a_project_with_media_shows_the_first_at_once(qtbot, context, media, view, tmp_path, folder):
    media.close()
    with Project.open(folder, write=True) as project:
        from studio.core.project.media import add_medium

        add_medium(project, write_clip(tmp_path / "clip.mp4"), "video", 30, 128, 48)
    context.project.look()
    again = MediaController(context, view)
    qtbot.waitUntil(lambda: context.session.medium is not None)
    again.close()


def test_what_is_being_opened_wins_over_the_first_whatever_comes_meanwhile(qtbot, context, view, tmp_path):
    from studio.core.project.media import add_medium

    for name, frames in (("first", 30), ("second", 20)):
        clip = write_clip(tmp_path / f"{name}.mp4", frames)
        add_medium(context.project.project, clip, "video", frames, 128, 48)
    context.project.look()
    media, session = MediaController(context, view), context.session
    decoder = Decoder(context)
    second = max(context.project.media)
    shown = []
    session.shown_changed.connect(lambda frame: shown.append(frame and (frame.medium, frame.number)))
    session.go(second, 6)  # where it was left
    more = replace(context.project.media[second], id=new_id(), path="media/more.mp4", sha256="1" * 64)
    context.project.apply(Edit.rows("more", [more]))
    qtbot.waitUntil(lambda: session.shown is not None, timeout=20000)
    qtbot.wait(50)
    assert set(shown) - {None} == {(second, 6)}
    media.close()
    decoder.close()


def test_undoing_the_adding_of_the_open_medium_shows_another_one(qtbot, context, media, view, tmp_path):
    media.add([write_pictures(tmp_path / "garden"), write_clip(tmp_path / "clip.mp4")])
    qtbot.waitUntil(lambda: len(names(view)) == 2 and context.session.medium is not None)
    context.session.go(view.list.model().rows[1].id, 3)
    context.project.undo()
    assert names(view) == ["garden"] and context.session.medium.kind == "stills"
    context.project.undo()
    assert context.session.medium is None and view.pages.currentIndex() == 0
    context.project.redo()
    assert context.session.medium.kind == "stills"


def test_what_is_dropped_elsewhere_is_added(qtbot, context, media, view, tmp_path):
    context.session.media_offered.emit([write_clip(tmp_path / "clip.mp4")])
    qtbot.waitUntil(lambda: names(view) == ["clip.mp4"])


def test_the_menu_offers_what_can_be_done(qtbot, context, media, view, tmp_path):
    media.add([write_clip(tmp_path / "clip.mp4")])
    qtbot.waitUntil(lambda: names(view) == ["clip.mp4"])
    menu = view.menu_for(view.list.model().index(0))
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Open", "Show in folder", "Remove from the project…"]
    with qtbot.waitSignal(view.remove_wanted):
        menu.actions()[-1].trigger()
