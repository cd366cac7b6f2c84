"""A head over whole clips from the window: asked for, run, looked at, accepted, saved, stopped."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QFileDialog, QLabel, QListWidget

from studio.controllers.found import FoundController
from studio.controllers.media import MediaController
from studio.core.clip_found import FoundInMedium
from studio.core.errors import InputError
from studio.core.media import open_medium
from studio.core.project import Project
from studio.core.project.areas import set_area
from studio.core.project.media import add_medium
from studio.views.found import FoundView
from studio.views.media import MediaView
from tests.controllers.gesture.person import FRAMES, tell_when_full
from tests.moving_square import HEIGHT, WIDTH, box_at, write_video


@pytest.fixture
def which():
    return "taught"


@pytest.fixture
def view(qtbot, person):
    view = FoundView()
    person.context.window.add_dock("found", "Found", view)
    controller = FoundController(person.context, view)
    person.until_there()
    view.resize(700, 300)
    yield view
    person.context.lanes.batch.cancel()
    person.until(lambda: not person.context.lanes.batch.jobs)
    controller.close()


def press(widget, name):
    (button,) = widget.findChildren(QAbstractButton, name)
    assert button.isEnabled(), name
    button.click()


def text(view, name):
    return view.findChild(QLabel, name).text()


def dialog(person):
    person.do("detect.clip")
    return person.context.window.findChild(object, "clip")


def run(person, view):
    press(dialog(person), "clip.run")
    ended(person, view)


def ended(person, view):
    person.until(lambda: not person.context.lanes.batch.jobs)


def second_clip(person):
    folder = person.project.folder
    clip = write_video(folder / "media" / "other.mp4", 10, phase=0.6)
    with Project.open(folder, write=True) as project:
        row = add_medium(project, clip, "video", 10, WIDTH, HEIGHT)
    person.project.look()
    return row.id


def is_open(person, medium):
    return person.session.medium is not None and person.session.medium.id == medium


def heads_regions(person):
    return [row for row in person.project.project.regions() if row.author == "head"]


def test_a_clip_is_searched_and_counted_and_linked_with_the_time_line(person, view):
    session = person.session
    run(person, view)
    (line,) = view.model.lines
    assert line.row.label == "cup" and line.row.first <= 1 and line.row.last >= FRAMES - 2
    assert text(view, "found.summary") == "1 × cup in 1 range"
    assert text(view, "found.source") == f"clip.mp4, all {FRAMES} frames · head live · dense"
    assert session.found.medium == person.medium and set(session.found.frames) == set(line.track.frames)
    assert len(session.found.chosen) == 0
    person.show(FRAMES - 1)
    view.table.clicked.emit(view.model.index(0, 1))
    view.table.selectRow(0)
    assert session.frame == line.row.first and len(session.found.chosen) == len(line.track.frames)
    assert not view.findChild(QLabel, "found.notes").isVisibleTo(view)
    session.head = replace(session.head, key="another")
    assert "changed since" in text(view, "found.notes") and view.findChild(QLabel, "found.notes").isVisibleTo(view)
    press(view, "found.clear")
    assert session.found is None and view.model.rowCount() == 0


def test_only_marked_frames_and_only_the_search_area(person, view):
    person.session.in_mark, person.session.out_mark = 4, 9
    asking = dialog(person)
    assert asking.findChild(QCheckBox, "clip.marked").text().endswith("4 to 9")
    press(asking, "clip.run")
    ended(person, view)
    assert {int(frame) for frame in person.session.found.frames} == set(range(4, 10))
    assert "frames 4 to 9" in text(view, "found.source")
    medium = person.project.media[person.medium]
    x = box_at(6).x
    away = (0, 0, 60, 60) if x > 130 else (240, 160, 80, 80)
    person.project.apply(set_area(person.project.project, medium, type(box_at(0))(*away)))
    run(person, view)
    assert text(view, "found.summary") == "Nothing found" and view.model.rowCount() == 0
    assert not view.findChild(QAbstractButton, "found.accept_all").isEnabled()


def test_several_media_are_accepted_as_one_step(person, view, said):
    other = second_clip(person)
    asking = dialog(person)
    media = asking.findChild(QListWidget, "clip.media")
    assert [media.item(row).checkState() for row in range(2)] == [Qt.CheckState.Checked, Qt.CheckState.Unchecked]
    press(asking, "clip.all")
    press(asking, "clip.run")
    ended(person, view)
    assert {line.found.medium.id for line in view.model.lines} == {person.medium, other}
    assert text(view, "found.summary").startswith(f"{len(view.model.lines)} × cup in ")
    row = next(row for row, line in enumerate(view.model.lines) if line.found.medium.id == other)
    view.table.clicked.emit(view.model.index(row, 0))
    person.until(lambda: is_open(person, other))
    assert person.session.found.medium == other
    press(view, "found.accept_all")
    person.until(lambda: any("accepted" in line for line in said))
    assert {row.medium for row in heads_regions(person)} >= {other}
    person.project.undo()
    assert not heads_regions(person)


def test_selected_ones_are_accepted_once(person, view, said):
    other = second_clip(person)
    person.session.go(other, 0)
    person.until(lambda: is_open(person, other))
    run(person, view)
    assert not view.findChild(QAbstractButton, "found.accept_selected").isEnabled()
    view.table.selectRow(0)
    press(view, "found.accept_selected")
    person.until(lambda: any("accepted" in line for line in said))
    assert {row.medium for row in heads_regions(person)} == {other}
    before = len(heads_regions(person))
    press(view, "found.accept_all")
    person.until(lambda: said[-1].startswith("Nothing new"))
    assert len(heads_regions(person)) == before


def test_tables_and_a_video_are_saved_and_nothing_is_overwritten(person, view, said, tmp_path):
    run(person, view)
    press(view, "found.csv")
    chooser = person.context.window.findChild(object, "found.csv_dialog")
    chooser.fileSelected.emit(str(tmp_path / "cups"))
    chooser.close()
    person.until(lambda: any(line.startswith("saved cups.csv and cups-detections.csv") for line in said))
    tracks, found = (
        list(csv.DictReader((tmp_path / name).read_text().splitlines())) for name in ("cups.csv", "cups-detections.csv")
    )
    assert [row["label"] for row in tracks] == ["cup"] and len(found) == int(tracks[0]["detections"])
    assert found[0]["time"].startswith("00:00:0") and {row["track"] for row in found} == {tracks[0]["track"]}
    press(view, "found.video")
    chooser = person.context.window.findChild(object, "found.video_dialog")
    chooser.fileSelected.emit(str(tmp_path / "cups.mp4"))
    person.until(lambda: any(line.startswith("saved cups.mp4") for line in said))
    with open_medium(tmp_path / "cups.mp4") as medium, open_medium(person.project.folder / "media/clip.mp4") as clip:
        assert medium.frame_count == FRAMES
        assert abs(medium.frame(8).astype(int) - clip.frame(8)).max() > 60  # a box is drawn
    chooser.fileSelected.emit(str(tmp_path / "cups.mp4"))
    chooser.close()
    person.until(lambda: "there already" in said[-1])


def test_a_stopped_run_keeps_what_it_found(person, view):
    folder = person.project.folder
    clip = write_video(folder / "media" / "long.mp4", 120)
    with Project.open(folder, write=True) as project:
        long = add_medium(project, clip, "video", 120, WIDTH, HEIGHT).id
    person.project.look()
    person.session.go(long, 0)
    person.until(lambda: is_open(person, long))
    press(dialog(person), "clip.run")
    person.until(lambda: person.session.found is not None and len(person.session.found.frames) > 6)
    person.do("detect.clip")  # a second one is refused in words
    assert person.context.window.findChild(object, "clip") is None
    press(view, "job.cancel")
    ended(person, view)
    assert "stopped before the end" in text(view, "found.source")
    found = view.model.lines[0].found
    assert isinstance(found, FoundInMedium) and 0 < found.report.frames < 120
    assert 0 < len(person.session.found.frames) <= found.report.frames


def test_a_medium_whose_file_is_gone_is_said_and_the_others_are_searched(person, view, said):
    second_clip(person)
    (person.project.folder / "media" / "other.mp4").unlink()
    asking = dialog(person)
    press(asking, "clip.all")
    press(asking, "clip.run")
    ended(person, view)
    assert "other.mp4" in said[-1] and {line.found.name for line in view.model.lines} == {"clip.mp4"}


def test_a_medium_that_breaks_on_the_way_keeps_its_part_of_the_table(person, view, said, monkeypatch):
    from studio.core.media.video import Video

    second_clip(person)
    frames = Video.frames

    def cut_off(self, *which):
        for number, picture in frames(self, *which):
            if number == 7 and self.frame_count == FRAMES:
                raise InputError("clip.mp4 was changed")
            yield number, picture

    monkeypatch.setattr(Video, "frames", cut_off)
    asking = dialog(person)
    press(asking, "clip.all")
    press(asking, "clip.run")
    ended(person, view)
    assert {line.found.name for line in view.model.lines} == {"clip.mp4", "other.mp4"}
    (line,) = [line for line in view.model.lines if line.found.name == "clip.mp4"]
    assert line.row.last == 6 and line.found.report.frames == 7
    why = "clip.mp4: ended after frame 6: clip.mp4 was changed; 7 frames were finished"
    assert said[-1] == why and text(view, "found.notes") == why
    assert "stopped before the end" in text(view, "found.source")


def test_the_dialog_says_what_runs_and_follows_the_project(person, view):
    asking = dialog(person)
    assert text(asking, "clip.head") == "The head live looks for cup from a score of 0.50."
    assert asking.findChild(QComboBox, "clip.mode").currentData() == person.session.mode
    media = asking.findChild(QListWidget, "clip.media")
    media.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert not asking.findChild(QAbstractButton, "clip.run").isEnabled()
    second_clip(person)
    assert media.count() == 2
    asking.findChild(QComboBox, "clip.mode").setCurrentIndex(0)
    press(asking, "clip.cancel")
    assert person.session.mode == "dense" and not person.context.lanes.batch.jobs


def test_the_media_of_a_folder_are_added_from_the_dialog_and_checked(person, view, tmp_path):
    media = MediaController(person.context, MediaView())
    (tmp_path / "trip").mkdir()
    for name, frames in (("a.mp4", 5), ("b.mp4", 6)):
        write_video(tmp_path / "trip" / name, frames)
    person.session.in_mark = 7
    first = person.session.medium.id
    asking = dialog(person)
    asking.findChild(QCheckBox, "clip.marked").setChecked(True)
    press(asking, "clip.add_folder")
    chooser = asking.findChild(QFileDialog, "clip.folder")
    chooser.fileSelected.emit(str(tmp_path / "trip"))
    chooser.close()
    listed = asking.findChild(QListWidget, "clip.media")
    person.until(lambda: listed.count() == 3)
    assert all(listed.item(row).checkState() == Qt.CheckState.Checked for row in range(3))
    press(asking, "clip.run")
    ended(person, view)
    media.close()
    assert {line.found.name for line in view.model.lines} == {"clip.mp4", "a.mp4", "b.mp4"}
    (limited,) = {line.found.first for line in view.model.lines if line.found.medium.id == first}
    assert limited == 7 and not is_open(person, first)  # another medium is shown by then


@pytest.mark.parametrize("which", ["new"])
def test_without_anything_to_learn_from_it_is_said(qtbot, context, said):
    view = FoundView()
    qtbot.addWidget(view)
    controller = FoundController(context, view)
    context.actions["detect.clip"].trigger()
    assert said[-1].startswith("Nothing to learn from yet")
    controller.close()


def test_where_the_gpus_memory_is_full_the_run_goes_on(person, view, said, monkeypatch):
    import torch

    from studio.ml import whole_clip

    search, full = whole_clip.run_clip, [torch.OutOfMemoryError("full")]

    def search_until_full(request, backbone, control):
        report = search(request, backbone, control)
        if full:
            raise full.pop()
        return report

    monkeypatch.setattr(whole_clip, "run_clip", search_until_full)
    note = tell_when_full(person, "batch")
    run(person, view)
    assert not full and note in said and text(view, "found.summary") == "1 × cup in 1 range"
