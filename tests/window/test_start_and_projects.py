"""Ways into a project, and what is said where one cannot be opened."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QPushButton, QWidget

from studio.core.places import new_project_folder, projects_folder
from studio.core.project import Edit, LabelRow, Project, new_id
from studio.core.project.unused import remove_unused
from studio.core.recent import recent_projects, remember_project
from studio.open_project import OpenProject
from studio.views.start import ROLE
from tests.controllers.controller_clips import write_pictures
from tests.moving_square import write_video


def label(name="cup"):
    return Edit.rows(f"label {name}", [LabelRow(new_id(), name, "#4c9aff", "")])


def click(qtbot, studio, name):
    qtbot.mouseClick(studio.window.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def drop(studio, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    studio.window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))


def let_go(qtbot, studio):
    """The threads of the projects that it closed have ended, and the locks are gone."""
    qtbot.waitUntil(lambda: not studio.findChildren(OpenProject), timeout=60000)  # torch may be loading


def test_the_start_page_gives_way_to_the_docks_and_comes_back(studio, folder):
    assert studio.window.start.isVisible() and not studio.window.status.saved.isVisible()
    assert studio.open(folder)
    assert not studio.window.start.isVisible() and studio.window.dock("video").isVisible()
    assert studio.window.windowTitle().startswith("garden")
    assert studio.window.status.saved.text() == "✓ saved · 0 edits"
    studio.window.actions_by_id["project.close"].trigger()
    assert studio.window.start.isVisible() and studio.context is None


def test_every_edit_is_counted_as_saved(opened):
    opened.context.project.apply(label())
    assert opened.window.status.saved.text() == "✓ saved · 1 edit"


def test_opened_projects_are_listed_and_missing_ones_are_said(studio, folder, tmp_path):
    remember_project(tmp_path / "gone", "gone")
    studio.open(folder)
    studio.close_project()
    lines = [studio.window.start.recent.item(row).data(ROLE) for row in range(studio.window.start.recent.count())]
    assert [(line.name, line.missing) for line in lines] == [("garden", False), ("gone", True)]
    studio.window.start.recent.itemClicked.emit(studio.window.start.recent.item(1))
    assert studio.context is None and "no folder" in studio.window.start.problem.text()
    studio.window.start.recent.itemClicked.emit(studio.window.start.recent.item(0))
    assert studio.context is not None


def test_a_project_is_taken_off_the_list(studio, folder):
    remember_project(folder, "garden")
    studio.window.start.forget_wanted.emit(folder)
    assert studio.window.start.recent.count() == 0 and studio.window.start.nothing.isVisible()
    assert not recent_projects() and folder.is_dir()


def test_a_video_makes_its_project_without_a_question(studio, tmp_path, qtbot):
    clip = write_video(tmp_path / "my clip.mp4", 5)
    drop(studio, clip)
    assert studio.context.project.folder == projects_folder() / "my clip"
    assert str(projects_folder() / "my clip") in studio.window.status.message.shown.text
    qtbot.waitUntil(lambda: bool(studio.context.project.media), timeout=10000)
    studio.close_project()
    drop(studio, clip)
    assert studio.context.project.folder == projects_folder() / "my clip 2"


def test_the_button_asks_for_a_video(studio, qtbot, tmp_path):
    clip = write_video(tmp_path / "clip.mp4", 5)
    click(qtbot, studio, "start.media.open")
    dialog = studio.window.findChild(QFileDialog, "dialog.media_open")
    dialog.fileSelected.emit(str(clip))
    dialog.close()
    assert studio.context.project.folder.name == "clip"


def test_a_dropped_project_is_opened(studio, folder):
    drop(studio, folder)
    assert studio.context.project.folder == folder
    studio.close_project()
    drop(studio, folder / "project.db")
    assert studio.context.project.folder == folder


def hold_over(widget, *paths):
    """Drag paths over a widget and let them go, as a file manager does; returns whether they were taken."""
    data, buttons = QMimeData(), (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place = widget.rect().center()
    while not widget.acceptDrops() and not widget.isWindow():
        place, widget = widget.mapToParent(place), widget.parentWidget()
    for event in (
        QDragEnterEvent(place, Qt.DropAction.CopyAction, data, *buttons),
        QDragMoveEvent(place, Qt.DropAction.CopyAction, data, *buttons),
        QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, *buttons),
    ):
        event.setAccepted(event.type() == QEvent.Type.DragMove)  # as Qt sends them
        QApplication.sendEvent(widget, event)
        if not event.isAccepted():
            return False
    return True


def shown_media(studio):
    return [row.path.rsplit("/", 1)[-1] for row in studio.context.project.media.values()]


def test_a_folder_of_stills_and_several_files_are_dropped_on_the_start_page(studio, tmp_path, qtbot):
    stills, clip = write_pictures(tmp_path / "garden", 3), write_video(tmp_path / "clip.mp4", 5)
    assert hold_over(studio.window.start.recent.viewport(), stills, clip)
    assert studio.context.project.folder.name == "garden"
    qtbot.waitUntil(lambda: shown_media(studio) == ["garden", "clip.mp4"], timeout=10000)
    qtbot.waitUntil(lambda: studio.context.session.medium is not None)
    assert studio.context.session.medium.kind == "stills" and studio.context.session.medium.frame_count == 3


@pytest.mark.parametrize("place", ["video", "media.list", "labels", "dock.gallery"])
def test_files_are_dropped_anywhere_on_an_open_project(opened, tmp_path, qtbot, place):
    over = opened.window.findChild(QWidget, place)
    assert hold_over(over, write_video(tmp_path / "one.mp4", 5), write_video(tmp_path / "two.mp4", 6))
    qtbot.waitUntil(lambda: shown_media(opened) == ["one.mp4", "two.mp4"], timeout=10000)


def test_a_project_is_dropped_on_the_media_of_another(opened, tmp_path, qtbot):
    Project.create(tmp_path / "other").close()
    assert hold_over(opened.window.findChild(QWidget, "media"), tmp_path / "other")
    qtbot.waitUntil(lambda: opened.context is not None and opened.context.project.folder == tmp_path / "other")


def test_a_file_that_is_no_medium_makes_no_project(studio, tmp_path, qtbot):
    (tmp_path / "notes.txt").write_text("milk")
    assert hold_over(studio.window.start, tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: studio.context is None, timeout=10000)
    assert studio.window.start.isVisible() and "notes.txt" in studio.window.start.problem.text()
    assert not list(projects_folder().iterdir()) and not recent_projects()


def test_a_file_that_is_no_medium_is_said_and_the_project_stays(opened, tmp_path, qtbot):
    (tmp_path / "notes.txt").write_text("milk")
    assert hold_over(opened.window.findChild(QWidget, "video"), tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: "notes.txt" in opened.window.status.message.shown.text, timeout=10000)
    assert opened.context is not None and not shown_media(opened)


def test_what_is_no_file_is_not_taken(studio):
    data = QMimeData()
    data.setText("just words")
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter.ignore()
    QApplication.sendEvent(studio.window, enter)
    assert not enter.isAccepted()


def test_what_is_dropped_on_an_open_project_is_offered_to_its_media(opened, tmp_path):
    offered = []
    opened.context.session.media_offered.connect(offered.append)
    drop(opened, tmp_path / "a.mp4")
    assert offered == [[tmp_path / "a.mp4"]]


def test_a_new_project_is_named_in_a_dialog(studio, qtbot, tmp_path):
    studio.window.actions_by_id["project.new"].trigger()
    dialog = studio.window.findChild(QFileDialog, "dialog.project_new")
    dialog.fileSelected.emit(str(tmp_path / "fresh"))
    dialog.close()
    assert studio.context.project.folder == tmp_path / "fresh"


def test_names_of_folders_are_made_from_any_name(tmp_path):
    (tmp_path / "a").mkdir()
    assert new_project_folder("a", tmp_path).name == "a 2"
    assert new_project_folder("../x:y\n", tmp_path).name == "_x_y_"
    assert new_project_folder("...", tmp_path).name == "Project"


def damage(folder):
    (folder / "project.db").write_bytes(b"this is no database" * 400)


def from_the_future(folder):
    with sqlite3.connect(folder / "project.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"), [(damage, "damaged"), (from_the_future, "newer"), (shutil.rmtree, "folder")]
)
def test_a_project_that_cannot_be_opened_is_one_clear_line(studio, folder, spoil, said, capsys):
    spoil(folder)
    assert not studio.open(folder)
    line = studio.window.start.problem.text()
    assert said in line and "\n" not in line and line == studio.window.status.message.shown.text
    assert studio.window.start.problem.isVisible() and "Traceback" not in capsys.readouterr().err


def test_the_open_project_stays_where_another_cannot_be_opened(opened, folder, tmp_path):
    assert not opened.open(tmp_path / "nothing")
    assert opened.context.project.folder == folder
    opened.context.project.apply(label())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_folder_that_cannot_be_written_is_opened_read_only(studio, folder):
    folder.chmod(0o555)
    try:
        assert studio.open(folder) and studio.context.project.read_only
        assert studio.window.status.saved.text() == "read-only"
    finally:
        studio.close_project()
        folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_the_open_project_by_a_link_stays_open_for_writing(opened, folder, tmp_path):
    (tmp_path / "alias").symlink_to(folder)
    before = opened.context
    assert opened.open(tmp_path / "alias")
    assert opened.context is before and not before.project.read_only


def test_opening_again_makes_a_read_only_window_writable_when_the_other_is_gone(make_studio, folder, qtbot):
    first, second = make_studio(), make_studio()
    assert first.open(folder) and second.open(folder)
    before = second.context
    assert second.open(folder)
    assert second.context is before and before.project.read_only
    first.close_project()
    let_go(qtbot, first)
    assert second.open(folder)
    assert not second.context.project.read_only and second.window.status.saved.text() == "✓ saved · 0 edits"


def test_a_question_about_a_project_goes_with_it(opened, qtbot, tmp_path):
    opened.context.project.apply(label())
    opened.context.session.label = opened.context.project.project.label("cup").id
    Project.create(tmp_path / "other").close()
    for name in ("label.delete", "head.import"):
        opened.context.actions[name].trigger()
    asked = [dialog for dialog in opened.window.findChildren(QDialog) if dialog.isVisible()]
    assert len(asked) == 2
    assert opened.open(tmp_path / "other")
    assert not any(dialog.isVisible() for dialog in asked)
    qtbot.waitUntil(lambda: not opened.window.findChildren(QDialog), timeout=5000)


def test_another_project_is_opened_by_the_dialog_that_goes_with_this_one(opened, tmp_path):
    Project.create(tmp_path / "other").close()
    opened.window.actions_by_id["project.open"].trigger()
    dialog = opened.window.findChild(QFileDialog, "dialog.project_open")
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile("other")
    dialog.accept()
    assert opened.context.project.folder == tmp_path / "other" and not dialog.isVisible()


def test_a_second_window_is_read_only_and_follows(make_studio, folder, qtbot):
    first, second = make_studio(), make_studio()
    assert first.open(folder) and second.open(folder)
    assert second.context.project.read_only and second.window.status.saved.text() == "read-only"
    assert "another window" in second.window.status.message.shown.text
    first.context.project.apply(label("bird"))
    qtbot.waitUntil(lambda: "bird" in [row.name for row in second.context.project.labels.values()], timeout=5000)
    first.close_project()
    second.close_project()
    let_go(qtbot, first)
    assert second.open(folder) and not second.context.project.read_only


def test_a_strangers_media_are_read_only_after_a_yes(studio, tmp_path, qtbot, monkeypatch):
    from studio.core.project.media import add_medium, outside

    clip = write_video(tmp_path / "clip.mp4", 5)
    with Project.create(tmp_path / "theirs") as project:
        add_medium(project, clip, "video", 5, 160, 120)
    shutil.rmtree(os.environ["STUDIO_CACHE"] + "/data/approved")
    studio.open(tmp_path / "theirs")
    qtbot.waitUntil(lambda: studio.window.findChild(QMessageBox, "dialog.trust") is not None, timeout=5000)
    box = studio.window.findChild(QMessageBox, "dialog.trust")
    assert str(clip) in box.informativeText() and box.defaultButton().objectName() == "dialog.trust.no"
    box.findChild(QPushButton, "dialog.trust.yes").click()
    qtbot.waitUntil(lambda: not outside(studio.context.project.project), timeout=5000)


def test_no_is_the_safe_answer_to_a_stranger(studio, tmp_path, qtbot):
    from studio.core.project.media import add_medium, outside

    clip = write_video(tmp_path / "clip.mp4", 5)
    with Project.create(tmp_path / "theirs") as project:
        add_medium(project, clip, "video", 5, 160, 120)
    shutil.rmtree(os.environ["STUDIO_CACHE"] + "/data/approved")
    studio.open(tmp_path / "theirs")
    qtbot.waitUntil(lambda: studio.window.findChild(QMessageBox, "dialog.trust") is not None, timeout=5000)
    qtbot.keyClick(studio.window.findChild(QMessageBox, "dialog.trust"), Qt.Key.Key_Return)
    assert outside(studio.context.project.project) and studio.context is not None


def test_a_copy_as_one_file_and_back(opened, tmp_path, qtbot):
    said = []
    opened.board.said.connect(said.append)
    opened.context.project.apply(label("cup"))
    opened.window.actions_by_id["project.copy"].trigger()
    dialog = opened.window.findChild(QFileDialog, "dialog.project_copy")
    dialog.fileSelected.emit(str(tmp_path / "sent.studio"))
    dialog.close()
    qtbot.waitUntil(lambda: any("saved a copy" in message.text for message in said), timeout=10000)
    opened.close_project()
    drop(opened, tmp_path / "sent.studio")
    qtbot.waitUntil(lambda: opened.context is not None, timeout=10000)
    assert opened.context.project.folder == projects_folder() / "sent"
    assert "cup" in [row.name for row in opened.context.project.labels.values()]


def test_what_was_unpacked_is_offered_where_a_project_is_in_use(opened, folder, tmp_path, qtbot):
    from studio.core.project.copies import save_copy

    save_copy(opened.context.project.project, tmp_path / "sent.studio")
    for answer, there in (("no", folder), ("yes", projects_folder() / "sent 2")):
        drop(opened, tmp_path / "sent.studio")
        qtbot.waitUntil(lambda: opened.window.findChild(QMessageBox, "dialog.made") is not None, timeout=10000)
        box = opened.window.findChild(QMessageBox, "dialog.made")
        assert opened.context.project.folder == folder and str(projects_folder() / "sent") in box.informativeText()
        box.findChild(QPushButton, f"dialog.made.{answer}").click()
        assert opened.context.project.folder == there
        qtbot.waitUntil(lambda: opened.window.findChild(QMessageBox, "dialog.made") is None, timeout=5000)
    assert projects_folder() / "sent" in [each.folder for each in recent_projects()]


def test_a_file_that_is_no_copy_is_said_on_the_start_page(studio, tmp_path, qtbot):
    (tmp_path / "x.studio").write_text("no")
    drop(studio, tmp_path / "x.studio")
    qtbot.waitUntil(lambda: "no copy of a project" in studio.window.start.problem.text(), timeout=10000)
    assert not projects_folder().exists() or not list(projects_folder().iterdir())


def test_a_project_made_for_a_camera_goes_with_the_dialog_that_was_cancelled(studio, qtbot):
    click(qtbot, studio, "start.camera.open")
    qtbot.waitUntil(lambda: studio.window.findChild(QDialog, "camera.dialog") is not None)
    made = studio.context.project.folder
    studio.window.findChild(QDialog, "camera.dialog").reject()
    qtbot.waitUntil(lambda: studio.context is None and not made.exists())
    assert recent_projects() == []


def test_a_project_made_for_a_camera_stays_where_something_was_done_in_it(studio, qtbot):
    click(qtbot, studio, "start.camera.open")
    qtbot.waitUntil(lambda: studio.window.findChild(QDialog, "camera.dialog") is not None)
    studio.context.project.apply(label())
    studio.window.findChild(QDialog, "camera.dialog").reject()
    qtbot.wait(50)
    assert studio.context.project.folder.exists()


def test_only_a_project_without_history_is_removed(folder):
    (folder / "media" / "mine.txt").write_text("mine")
    assert not remove_unused(folder) and (folder / "models").exists()
    (folder / "media" / "mine.txt").unlink()
    with Project.open(folder, write=True) as project:
        project.apply(label())
    assert not remove_unused(folder) and (folder / "project.db").exists()


def test_a_project_opens_where_it_was_left(studio, tmp_path, qtbot):
    write_video(tmp_path / "first.mp4", 5)
    write_video(tmp_path / "second.mp4", 9)
    drop(studio, tmp_path / "first.mp4")
    qtbot.waitUntil(lambda: studio.context.session.shown is not None)
    drop(studio, tmp_path / "second.mp4")
    qtbot.waitUntil(lambda: (medium := studio.context.session.medium) is not None and medium.frame_count == 9)
    studio.context.session.frame = 6
    folder = studio.context.project.folder
    studio.close_project()
    assert studio.open(folder)
    qtbot.waitUntil(lambda: studio.context.session.shown is not None)
    assert (studio.context.session.medium.frame_count, studio.context.session.shown.number) == (9, 6)


def test_the_first_window_needs_neither_numpy_nor_what_only_a_project_needs():
    code = (
        "import sys\nfrom PySide6.QtWidgets import QApplication\nfrom studio.app import Studio\n"
        "application = QApplication([])\nstudio = Studio(application)\n"
        "print(sorted({'numpy', 'cv2', 'torch', 'studio.open_project'} & set(sys.modules)), flush=True)\n"
        "studio.window.close()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
