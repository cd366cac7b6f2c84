"""The training dock and the reasons of a detection, with real engines."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from studio.controllers.why import WhyController
from studio.state.session import PickedDetection
from studio.views.why import WhyView
from tests.moving_square import box_at

taught = pytest.mark.parametrize("which", ["taught"])


@pytest.fixture
def why(person):
    view = WhyView()
    person.context.window.add_dock("why", "Why", view)
    person.controllers.append(WhyController(person.context, view))
    person.context.window.show()
    return view


def text(view, name):
    return view.findChild(QLabel, name).text()


def test_empty_it_offers_the_first_step(person, dock):
    button = dock.findChild(QPushButton, "empty.label.draw_box")
    assert button.isVisible()
    person.draw((10.0, 10.0, 40.0, 40.0))
    person.until(lambda: not button.isVisible())
    assert "1&nbsp;cup" in text(dock, "training.counts")


@taught
def test_it_shows_the_head_and_what_corrections_taught(person, dock):
    person.until_there()
    assert "resnet18-64px" in text(dock, "training.backbone")
    assert "too short" in text(dock, "training.measured")  # sixteen frames hold nothing out
    assert "positive and" in text(dock, "training.time")
    person.session.live = True
    person.result_on(9)
    person.do("detect.reject")
    assert "1 negative" in text(dock, "training.change")
    person.until(lambda: not person.session.taught.measuring)
    assert "measuring" not in text(dock, "training.change")
    (rejected,) = person.regions("rejected")
    dock.findChild(QToolButton, "training.show").click()
    assert person.session.selection == {rejected.id}


def test_a_fit_says_what_it_learned_from(person, dock):
    person.draw(box_at(0))
    person.do("track.forward")
    person.until_fitted()
    person.until(lambda: person.session.taught is not None)
    taught = person.session.taught
    assert {row.id for row in person.regions() if not row.near_duplicate} <= set(taught.added)
    assert text(dock, "training.change") == f"+{len(taught.added)} examples"
    person.project.undo()
    assert person.session.taught is None and not dock.findChild(QToolButton, "training.show").isVisible()


@taught
def test_choices_go_both_ways(person, dock):
    session = person.session
    for name, attribute, chosen, back in (
        ("training.kernel", "kernel", "linear", "rbf"),
        ("training.learning", "learning", "frozen", "live"),
    ):
        combo = dock.findChild(QComboBox, name)
        combo.setCurrentIndex(combo.findData(chosen))
        combo.activated.emit(combo.currentIndex())
        assert getattr(session, attribute) == chosen
        setattr(session, attribute, back)
        assert combo.currentData() == back
    assert not person.context.actions["head.frozen"].isChecked()


@taught
def test_a_head_is_kept_chosen_exported_and_imported(qtbot, person, dock, said, tmp_path):
    person.until_there()
    session, window = person.session, person.context.window
    dock.findChild(QToolButton, "training.name").click()
    dialog = window.findChild(QDialog, "name.dialog")
    field, save = dialog.findChild(QLineEdit, "name.field"), dialog.findChild(QPushButton, "name.keep")
    assert field.text() == "cup-1"
    for wrong in ("not/a name", "dot.", "con", ""):
        field.setText(wrong)
        assert not save.isEnabled(), wrong
    field.setText("first")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    heads = dock.findChild(QComboBox, "training.head")
    person.until(lambda: heads.findData("first") > 0)
    assert session.head_name == "live"
    heads.setCurrentIndex(heads.findData("first"))
    heads.activated.emit(heads.currentIndex())
    person.until(lambda: session.head.name == "first")

    person.do("head.export")
    export = window.findChild(QFileDialog, "head.export_dialog")
    export.fileSelected.emit(str(tmp_path / "out.zip"))
    export.close()
    person.until(lambda: (tmp_path / "out.zip").is_file())
    person.until(lambda: "The head is in" in said[-1])
    person.do("head.import")
    bring = window.findChild(QFileDialog, "head.import_dialog")
    bring.fileSelected.emit(str(tmp_path / "out.zip"))
    bring.close()
    person.until(lambda: session.head.name == "out")
    assert heads.currentData() == "out"
    person.do("head.import")  # once more: heads do not change, so it is another one
    bring = window.findChild(QFileDialog, "head.import_dialog")
    bring.fileSelected.emit(str(tmp_path / "out.zip"))
    bring.close()
    person.until(lambda: session.head.name == "out-2")

    # A head with a name learns nothing; its corrections are stored.
    session.live = True
    person.result_on(3)
    head = session.head
    person.do("detect.reject")
    assert session.head is head and "does not change" in said[-1] and person.regions("rejected")
    person.do("head.fit")
    person.until(lambda: session.head.name == "live" and not session.fitting)
    assert session.head_name == "live"


@taught
def test_a_picked_detection_is_explained_by_examples_that_a_click_goes_to(qtbot, person, why):
    person.until_there()
    session = person.session
    session.live = True
    session.picked = PickedDetection(person.result_on(9), 0)
    person.until(lambda: why.findChild(QWidget, "why.example_0") is not None)
    assert text(why, "why.title").startswith("cup 0.") or text(why, "why.title").startswith("cup 1.")
    assert "frame 9" in text(why, "why.title") and "constant" in text(why, "why.sum")
    row = why.findChild(QWidget, "why.example_0")
    assert row.accessibleName().startswith("cup, frame")
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    person.until(lambda: bool(session.selection))
    (region,) = [row for row in person.regions() if row.id in session.selection]
    assert region.frame == session.shown.number
    why.findChild(QToolButton, "why.back").click()
    assert session.frame == 9


@taught
def test_a_picked_detection_brings_why_forward_from_behind_a_tab(person, why):
    window, session = person.context.window, person.session
    other = window.add_dock("other", "Other", QLabel("front"))
    window.tabifyDockWidget(window.dock("why"), other)
    front = lambda: not why.visibleRegion().isEmpty()  # noqa: E731
    QApplication.processEvents()  # the tabs are there then
    other.raise_()
    person.until(lambda: not front())
    person.until_there()
    session.live = True
    result = person.result_on(9)
    session.tool = "draw"
    session.picked = PickedDetection(result, 0)
    QApplication.processEvents()
    assert not front()  # in the middle of drawing
    session.tool, session.picked = "select", None
    session.picked = PickedDetection(result, 0)
    person.until(front)
    window.dock("why").close()
    session.picked = None
    session.picked = PickedDetection(result, 0)
    assert window.dock("why").isHidden()
