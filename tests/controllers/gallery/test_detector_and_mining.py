"""Where a head disagrees with what is labelled, and what it takes for its objects; the head is trained here."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QPushButton

from studio.controllers.gallery.balance import BalanceController
from studio.controllers.gallery.clean import CleanController
from studio.controllers.gallery.reading import CropsReader
from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.project import Edit, Project
from studio.core.project.approvals import approve
from studio.core.project.media import outside
from studio.state.gallery import GalleryState
from studio.state.session import ActiveHead
from studio.views.gallery.balance import BalanceView
from studio.views.gallery.clean import CleanView
from tests.controllers.gallery.material import make_card
from tests.ml.taught_project import make_project, region
from tests.moving_square import box_at

ODD = range(1, 12, 2)  # of the first twelve frames: all cups of them are marked
BESIDE, NOWHERE = 6, 8


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.ml.heads.training_set.MOST_FRAMES", 8)
        patch.setattr("studio.ml.gallery.mining.MOST_FRAMES", 12)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The project's folder, and a head that was trained before two boxes were spoiled."""
    from studio.ml.heads.fit import fit
    from studio.ml.networks import Networks

    home = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDIO_CACHE", str(home / "cache"))
        with make_project(home) as project:
            head = fit(project, "live", Networks("cpu").backbone(), "rbf", 0, Control()).head
            project.apply(Edit.rows("label", [region(project, "cup", frame, box_at(frame)) for frame in ODD]))
            cups = {row.frame: row for row in project.regions(label=project.label("cup").id)}
            spoiled = [replace(cups[BESIDE], x=cups[BESIDE].x + 34), replace(cups[NOWHERE], x=250.0, y=170.0)]
            project.apply(Edit.rows("spoil", spoiled))
            return home, head


@pytest.fixture
def folder(made, tmp_path):
    """A copy, whose clip this user named."""
    shutil.copytree(made[0] / "project", tmp_path / "project")
    shutil.copy(made[0] / "clip.mp4", tmp_path)
    with Project.open(tmp_path / "project", write=True) as project:
        for row, path in outside(project):
            approve(project.id, project.folder, row.size, row.sha256, path)
    return tmp_path / "project"


@pytest.fixture
def gallery(qtbot, context, made):
    head = made[1]
    context.session.head = ActiveHead("key", "live", tuple(head.labels), head)
    return GalleryState()


@pytest.fixture
def detector(qtbot, context, gallery):
    view = CleanView()
    qtbot.addWidget(view)
    view.resize(320, 640)
    controllers = [CleanController(context, gallery, view), CropsReader(context, gallery)]
    view.show()
    view.set_looked_at(False)
    view.tabs.setCurrentIndex(3)
    view.set_looked_at(True)
    qtbot.waitUntil(lambda: gallery.crops is not None and view.section == "detector")
    yield view.detector
    for controller in reversed(controllers):
        controller.close()


@pytest.fixture
def balance(qtbot, context, gallery):
    view = BalanceView()
    qtbot.addWidget(view)
    view.resize(320, 700)
    controllers = [BalanceController(context, gallery, view), CropsReader(context, gallery)]
    view.show()
    view.set_looked_at(True)
    qtbot.waitUntil(lambda: gallery.crops is not None)
    yield view
    for controller in reversed(controllers):
        controller.close()


def press(page, name):
    page.findChild(QPushButton, name).click()


def lines(page):
    return [page.list.lines.line(row) for row in range(page.list.lines.rowCount())]


def words_of(page, frame):
    return " ".join(line.words for line in lines(page) if line.crops[0].frame == frame)


def cups(context, **wanted):
    cup = context.project.label_called("cup").id
    rows = context.project.project.regions(label=cup)
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def test_the_queue_is_gone_through_with_keys_and_gets_shorter(qtbot, context, detector, gallery):
    went = []
    context.session.medium_wanted.connect(lambda medium, frame: went.append(frame))
    press(detector, "clean.detector.run")
    qtbot.waitUntil(lambda: not detector.bar.running and detector.list.lines.rowCount() > 0, timeout=60_000)
    assert "labelled frames, the strongest first" in detector.summary.text()
    words = {line.crops[0].frame: line.words for line in lines(detector)}
    assert "beside the box" in words[BESIDE] and any("not found here" in line.words for line in lines(detector))

    def go_to(frame, words):
        at = next(n for n, line in enumerate(lines(detector)) if line.crops[0].frame == frame and words in line.words)
        detector.list.setCurrentIndex(detector.list.lines.index(at, 0))
        return at

    count = detector.list.lines.rowCount()
    go_to(BESIDE, "beside")
    assert went[-1] == BESIDE and context.session.selection == {cups(context, frame=BESIDE)[0].id}
    qtbot.keyClick(detector.list, Qt.Key.Key_C)  # the head is right: the box moves
    (row,) = cups(context, frame=BESIDE)
    assert abs(row.x - box_at(BESIDE).x) < 10 and row.keyframe
    qtbot.waitUntil(lambda: detector.list.lines.rowCount() == count - 1)
    go_to(NOWHERE, "not found")
    qtbot.keyClick(detector.list, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: not cups(context, frame=NOWHERE, x=250.0))
    assert context.project.undo() == ["remove 1 crop"]
    go_to(NOWHERE, "not found")
    qtbot.keyClick(detector.list, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: cups(context, frame=NOWHERE, x=250.0)[0].reviewed)
    qtbot.waitUntil(
        lambda: not any("not found" in line.words and line.crops[0].frame == NOWHERE for line in lines(detector))
    )
    if detector.list.lines.rowCount() > 1:
        before = detector.list.row
        qtbot.keyClick(detector.list, Qt.Key.Key_E)
        assert detector.list.row != before


def test_whoever_mends_a_box_on_the_video_stays_on_its_frame(qtbot, context, detector, gallery):
    press(detector, "clean.detector.run")
    qtbot.waitUntil(lambda: not detector.bar.running and detector.list.lines.rowCount() > 1, timeout=60_000)
    first = lines(detector)[0].crops[0].frame
    detector.list.setCurrentIndex(detector.list.lines.index(0, 0))
    went, count = [], detector.list.lines.rowCount()
    context.session.medium_wanted.connect(lambda medium, frame: went.append(frame))
    context.project.apply(Edit.rows("draw", [replace(row, x=row.x + 1) for row in cups(context, frame=first)]))
    qtbot.waitUntil(lambda: detector.list.lines.rowCount() < count)
    assert not went


def test_one_key_stores_hard_negatives_lists_them_and_undo_takes_them_back(qtbot, context, balance, gallery, said):
    before = context.project.project.regions()
    context.actions["gallery.mine"].trigger()
    assert balance.bar.running
    context.actions["gallery.mine"].trigger()
    assert said[-1] == "Hard negatives are being mined already."
    qtbot.waitUntil(lambda: not balance.bar.running, timeout=60_000)
    stored = cups(context, state="rejected")
    assert stored and {row.author for row in stored} == {"head"}
    assert set(gallery.listed.regions) == {row.id for row in stored}
    assert "undo takes them back" in said[-1] and f"{len(stored)} hard negative" in said[-1]
    assert all(row.frame % 2 == 0 or row.frame in ODD for row in stored)  # where all cups are marked
    qtbot.waitUntil(lambda: any(each.name == "rejected" for each in balance.meter.labels))
    assert context.project.undo()[0].endswith("of cup") and context.project.project.regions() == before


def test_suggestions_are_stored_only_when_a_person_says_so(qtbot, context, balance, gallery):
    parts = []
    gallery.part_wanted.connect(parts.append)
    balance.findChild(QCheckBox, "balance.unlabelled").setChecked(True)
    press(balance, "balance.mine.run")
    qtbot.waitUntil(lambda: balance.list.lines.rowCount() > 1, timeout=60_000)
    assert parts == ["balance"]
    said = balance._found.text()
    assert "suggestion" in said if said.startswith("No hard negatives") else "hard negative" in said
    rows = lines(balance)
    assert all(line.crops[0].frame % 2 and line.crops[0].frame not in ODD for line in rows)
    frame = rows[0].crops[0].frame
    assert not context.project.project.regions(first=frame, last=frame)
    balance.list.choose(0)
    assert balance.findChild(QPushButton, "balance.yes").text() == "It is a cup (C)"
    qtbot.keyClick(balance.list, Qt.Key.Key_C)
    (made,) = context.project.project.regions(first=frame, last=frame)
    assert (made.state, made.author, made.keyframe) == ("visible", "head", True)
    assert Box(made.x, made.y, made.width, made.height) == rows[0].crops[0].box
    assert balance.list.lines.rowCount() == len(rows) - 1
    balance.list.choose(0)
    qtbot.keyClick(balance.list, Qt.Key.Key_I)
    assert balance.list.lines.rowCount() == len(rows) - 2
    count = len(cups(context, state="rejected"))
    press(balance, "balance.all")
    assert balance.list.lines.rowCount() == 0
    assert len(cups(context, state="rejected")) >= count
    assert context.project.undo()[0].startswith("mine ") or len(rows) == 2


def test_media_that_cannot_be_read_are_said(qtbot, context, balance, detector, said):
    (context.project.folder.parent / "clip.mp4").unlink()
    context.actions["gallery.mine"].trigger()
    qtbot.waitUntil(lambda: not balance.bar.running, timeout=60_000)
    assert "no frame could be searched: clip.mp4" in said[-1]
    press(detector, "clean.detector.run")
    qtbot.waitUntil(lambda: not detector.bar.running, timeout=60_000)
    assert "compare with the head: no frame could be searched" in said[-1]


def test_without_a_head_it_is_said_what_is_missing(context, balance, said):
    context.session.head = None
    context.actions["gallery.mine"].trigger()
    assert "fit one first" in said[-1] and not balance.bar.running
    make_card(context, "kept")
    context.actions["gallery.mine"].trigger()
    assert "choose one in the training dock, or fit one" in said[-1]
    context.project.apply(Edit.removal("remove", context.project.project.regions()))
    context.actions["gallery.mine"].trigger()
    assert said[-1].startswith("Nothing to learn from yet")


def test_the_meter_says_what_will_harm_a_head_and_shows_crops_of_a_label(qtbot, context, balance, gallery):
    qtbot.waitUntil(lambda: bool(balance.meter.labels))
    assert {each.name: each.total for each in balance.meter.labels} == {"cup": 18, "background": 24}
    warnings = balance.findChild(type(balance._warnings), "balance.warnings")
    assert "cup has 18 different crops" in warnings.text()
    balance.meter.chosen.emit(0)
    assert gallery.query == 'label:"cup"'
    balance.set_looked_at(False)
    context.project.apply(Edit.removal("remove", cups(context)))
    qtbot.wait(200)
    assert balance.meter.labels[0].total == 18  # nothing is counted for nobody
    balance.set_looked_at(True)
    qtbot.waitUntil(lambda: balance.meter.labels[0].total == 0)
