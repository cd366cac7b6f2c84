"""The runs dock: how good runs are, crops behind a cell, thresholds both ways, and whether another one is better."""

import shutil

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QToolButton

from studio.controllers.gallery.panel import GalleryController
from studio.controllers.judging.panel import RunsController
from studio.core.project import Edit
from studio.core.project.labels import rename_label
from studio.core.run_lock import hold_run
from studio.core.runs import CHECKPOINT
from studio.views.gallery.view import GalleryView
from studio.views.judging.view import RunsView
from tests.controllers.gallery.material import add_clip, crop, draw, label_ids
from tests.core.judging.kept_runs import keep_run
from tests.core.judging.said import predictions

SVM, LOGISTIC, FAILED = "20261121-090000-svm", "20261121-091500-logistic", "20261121-093000-frozen"
LABELS = ("cup", "hand")


def said(ids, wrong, split=2):
    """Crops are in turn a cup and a hand; those at the places `wrong` are taken for the other, the first the surest."""
    targets = np.arange(len(ids)) % 2
    probabilities = np.where(np.arange(2) == targets[:, None], 0.7, 0.3)
    for order, place in enumerate(wrong):
        probabilities[place] = np.where(np.arange(2) == targets[place], 0.05 * (order + 1), 1 - 0.05 * (order + 1))
    return predictions(probabilities, targets, np.arange(len(ids)), LABELS, ids, split)


@pytest.fixture
def ids(context, tmp_path):
    """Twenty crops, in turn of a cup and of a hand."""
    medium = add_clip(context, tmp_path)
    return draw(context, [crop(context, medium, frame, LABELS[frame % 2]) for frame in range(20)])


@pytest.fixture
def runs(context, ids):
    project = context.project.project
    keep_run(project, SVM, said(ids, [3, 4, 5, 7, 9, 12, 15, 18]), notes=["One crop could not be read."])
    keep_run(project, LOGISTIC, said(ids, []), started="2026-11-21T09:15:00+00:00")
    keep_run(project, FAILED, state="failed", error="the loss was no number", started="2026-11-21T09:30:00+00:00")


@pytest.fixture
def view(qtbot, context):
    view = RunsView()
    qtbot.addWidget(view)
    view.resize(900, 1400)
    controller = RunsController(context, view)
    yield view
    controller.close()


def opened(qtbot, context, view, name):
    view.show()
    context.session.run_wanted.emit(name)
    qtbot.waitUntil(lambda: view.run.isVisible() and text(view, "runs.title") and view.table.selected == [name])
    qtbot.waitUntil(lambda: view.run._run is not None and view.run._run.name == name)


def text(view, name):
    return view.findChild(QLabel, name).text()


def test_a_damaged_run_is_listed_last_and_says_what_is_wrong(qtbot, context, view, runs):
    (context.project.folder / "runs" / FAILED / "run.json").write_text("{")
    opened(qtbot, context, view, SVM)
    table = view.table
    assert [table.item(row, 0).text() for row in range(table.rowCount())][-1] == FAILED
    assert table.item(2, 1).text() == "damaged" and "its folder is kept" in table.item(2, 0).toolTip()
    table.select([FAILED])
    damaged = "run.json is not the record of a run, or is damaged"
    qtbot.waitUntil(lambda: any(damaged in label.text() for label in view.findChildren(QLabel) if label.isVisible()))
    table.select([SVM, FAILED])
    qtbot.waitUntil(lambda: "is damaged" in text(view, "runs.difference"))


def test_nothing_trained_says_what_comes_here(qtbot, view):
    view.show()
    qtbot.wait(50)
    assert not view.table.isVisible()


def test_the_newest_run_is_shown_first_and_a_failed_one_says_why(qtbot, context, view, runs):
    view.show()
    qtbot.waitUntil(lambda: view.table.rowCount() == 3 and view.table.selected == [FAILED])
    qtbot.waitUntil(lambda: text(view, "runs.problem") == "the loss was no number")
    assert not view.run.splits.isVisible()


@pytest.mark.parametrize(
    ("facts", "in_table", "says"),
    [
        ({"state": "cancelled"}, "stopped", "Not judged: it was stopped before its end."),
        ({"state": "running"}, "interrupted", "Not judged: it was interrupted before its end."),
        ({"recipe": "as-is"}, "–", "Not judged: its classes are the network's own"),
        ({}, "–", "Not judged: there were no crops for validation or the test."),
    ],
)
def test_a_run_without_scores_says_why_and_not_as_an_accident(qtbot, context, view, ids, facts, in_table, says):
    keep_run(context.project.project, SVM, said(ids, [], split=1), **facts)
    opened(qtbot, context, view, SVM)
    assert text(view, "runs.measured").startswith(says)
    assert view.findChild(QLabel, "runs.problem").isHidden() and view.findChild(QLabel, "runs.accuracy").isHidden()
    assert view.table.item(0, 1).text() == in_table
    assert view.findChild(QPushButton, "runs.resume").isHidden()


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(0.0, "–"), (0.254, "0.25"), (9.96, "10"), (10.5, "10"), (104.0, "104")]
)
def test_milliseconds_are_plain_numbers(qtbot, context, view, ids, milliseconds, shown):
    keep_run(context.project.project, SVM, said(ids, []), milliseconds=milliseconds)
    opened(qtbot, context, view, SVM)
    assert view.table.item(0, 3).text() == shown


def test_a_recipe_of_another_version_is_called_shortly(qtbot, context, view, ids):
    keep_run(context.project.project, SVM, said(ids, []), recipe="a-recipe-of-another-version-" * 9)
    opened(qtbot, context, view, SVM)
    title, _, when = view.table.item(0, 0).text().partition(" · ")
    assert title == "a-recipe-of-another-ver…" and when


def test_a_run_that_is_trained_now_is_not_called_interrupted(qtbot, context, view, ids):
    keep_run(context.project.project, SVM, state="running")
    lock = hold_run(context.project.project.runs / SVM)
    opened(qtbot, context, view, SVM)
    assert view.table.item(0, 1).text() == "training" and "at its end" in text(view, "runs.measured")
    lock.release()


def test_a_stopped_run_with_a_checkpoint_goes_on_from_here(qtbot, context, view, ids):
    keep_run(context.project.project, SVM, state="cancelled")
    checkpoint = context.project.project.runs / SVM / CHECKPOINT
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write_text("{}")
    opened(qtbot, context, view, SVM)
    with qtbot.waitSignal(context.session.resume_wanted) as wanted:
        view.findChild(QPushButton, "runs.resume").click()
    assert wanted.args == [SVM]


def test_a_run_tells_how_good_it_is_and_how_sure(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)

    assert text(view, "runs.accuracy") == "0.60"
    assert "20 crops" in text(view, "runs.measured") and "accuracy (0." in text(view, "runs.measured")
    assert "One crop could not be read." in text(view, "runs.notes")
    assert [view.run.table.model().index(0, column).data() for column in range(2)] == ["cup", "10"]


def test_a_cell_shows_its_crops_in_the_gallery(qtbot, context, view, runs, ids):
    gallery = GalleryView()
    qtbot.addWidget(gallery)
    controller = GalleryController(context, gallery)
    opened(qtbot, context, view, SVM)

    place = view.run.matrix.cell(1, 0).center()  # hands that were taken for cups
    qtbot.mouseMove(view.run.matrix, place)
    qtbot.mouseClick(view.run.matrix, Qt.MouseButton.LeftButton, pos=place)

    listed = controller.gallery.listed
    assert sorted(listed.regions) == sorted(ids[place] for place in (3, 5, 7, 9, 15))
    assert listed.title == "5 hand taken for cup"
    assert text(view, "runs.confusion.told") == "5 of 10 hand were taken for cup"
    controller.close()


def test_arrow_keys_go_through_the_matrix(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)
    view.run.matrix.setFocus()
    with qtbot.waitSignal(view.run.cell_chosen) as chosen:
        qtbot.keyClick(view.run.matrix, Qt.Key.Key_Right)
        qtbot.keyClick(view.run.matrix, Qt.Key.Key_Return)
    assert chosen.args == [0, 1]


def test_the_threshold_is_the_projects_both_ways(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)
    curve, use = view.run.curve, view.findChild(QPushButton, "runs.curve.use")
    assert curve.threshold == 0.5 and use.text() == "In use" and not use.isEnabled()

    curve.slider.setValue(72)
    assert "From 0.72 on: precision" in text(view, "runs.curve.says")
    use.click()
    cup = label_ids(context)["cup"]
    assert context.project.labels[cup].threshold == 0.72 and use.text() == "In use"

    from studio.core.project.labels import set_threshold

    context.project.apply(set_threshold(context.project.labels[cup], 0.4).edit)
    assert curve.threshold == 0.72 and use.text() == "Use"  # what somebody looks at stays


def test_a_renamed_label_is_still_the_heads(qtbot, context, view, runs):
    cup = context.project.labels[label_ids(context)["cup"]]
    context.project.apply(rename_label(context.project.project, cup, "mug").edit)
    opened(qtbot, context, view, SVM)

    view.run.curve.slider.setValue(30)
    view.findChild(QPushButton, "runs.curve.use").click()
    assert context.project.labels[cup.id].threshold == 0.3


def test_the_best_threshold_has_the_highest_f1(qtbot, context, view, runs):
    opened(qtbot, context, view, LOGISTIC)
    view.findChild(QPushButton, "runs.curve.best").click()
    assert 0.3 < view.run.curve.threshold <= 0.7
    assert "precision 1.00, recall 1.00" in text(view, "runs.curve.says")


def test_the_surest_mistake_comes_first_and_a_double_click_goes_there(qtbot, context, view, runs, ids):
    opened(qtbot, context, view, SVM)
    lines = view.run.mistakes.lines
    assert lines.rowCount() == 8
    assert lines.line(0).words == "hand, taken for cup · 0.95" and "frame 3" in lines.line(0).place

    view.run.mistakes.choose(0)
    assert context.session.selection == {ids[3]}
    with qtbot.waitSignal(context.session.medium_wanted) as wanted:
        view.run.mistakes.opened.emit(0)
    assert wanted.args[1] == 3


def test_a_crop_that_is_gone_is_said(qtbot, context, view, runs, ids):
    gone = [row for row in context.project.project.regions() if row.id == ids[3]]
    context.project.apply(Edit.removal("remove", gone))
    opened(qtbot, context, view, SVM)
    assert "removed since" in view.run.mistakes.lines.line(0).place


def test_two_runs_are_said_to_differ_by_more_than_chance(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)
    view.table.select([SVM, LOGISTIC])
    difference = view.findChild(QLabel, "runs.difference")
    qtbot.waitUntil(lambda: "more than chance" in difference.text())
    assert "+0.40" in difference.text() and "recipe SVM head → Logistic regression" in difference.text()
    assert difference.property("role") == "good"
    title = difference.text().splitlines()[0]
    assert title.startswith("From SVM head · 21 Nov") and " to Logistic regression · 21 Nov" in title


def test_the_test_is_looked_at_by_its_tab(qtbot, context, view, ids):
    both = said(ids, [3])
    both.splits[10:] = 3
    keep_run(context.project.project, SVM, both)
    opened(qtbot, context, view, SVM)
    assert text(view, "runs.accuracy") == "0.90"
    view.run.splits.setCurrentIndex(1)
    assert view.run.split == "test" and text(view, "runs.accuracy") == "1.00"
    assert view.run.mistakes.lines.rowCount() == 0


def test_damaged_predictions_are_one_line(qtbot, context, view, runs, said):
    (context.project.project.runs / SVM / "predictions.npz").write_bytes(b"none")
    view.show()
    context.session.run_wanted.emit(SVM)
    qtbot.waitUntil(lambda: "damaged" in text(view, "runs.problem"))
    assert not said


def test_a_run_that_is_gone_leaves_no_other_ones_numbers_under_its_name(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)
    gone = context.project.folder / "runs" / LOGISTIC
    shutil.rmtree(gone)
    view.table.run_chosen.emit(LOGISTIC)
    qtbot.waitUntil(lambda: view.run._run is not None and view.run._run.name == FAILED)
    assert view.table.selected == [FAILED]
    (gone.parent / FAILED / "run.json").write_text("{}")
    (gone.parent / SVM / "run.json").write_text("{}")
    view.table.run_chosen.emit(SVM)
    qtbot.waitUntil(lambda: view.run._run is None and view.table.selected == [SVM])


def test_a_run_that_has_ended_meanwhile_comes_into_the_table(qtbot, context, view, runs, ids):
    opened(qtbot, context, view, SVM)
    keep_run(context.project.project, "20261121-110000-svm", said(ids, [1]), started="2026-11-21T11:00:00+00:00")
    context.session.runs_came.emit()
    qtbot.waitUntil(lambda: view.table.rowCount() == 4)
    assert view.table.selected == [SVM]


def asked_to_delete(qtbot, context, view, names):
    view.table.select(names)
    view.findChild(QToolButton, "runs.delete").click()
    dialog = context.window.findChild(QDialog, "runs.delete_dialog")
    sentence = dialog.findChild(QLabel, "runs.delete_dialog.sentence")
    qtbot.waitUntil(lambda: not sentence.text().startswith("Looking"))
    return dialog.findChild(QPushButton, "runs.delete_dialog.do"), sentence.text()


def test_a_run_is_deleted_after_a_question(qtbot, context, view, runs, said):
    opened(qtbot, context, view, SVM)
    agree, sentence = asked_to_delete(qtbot, context, view, [SVM])
    assert sentence.startswith("SVM head · 21 Nov") and "kB with all that is known of it." in sentence
    agree.click()
    qtbot.waitUntil(lambda: view.table.rowCount() == 2 and view.table.selected == [FAILED])
    assert not (context.project.project.runs / SVM).exists() and said == ["1 run deleted."]
    qtbot.waitUntil(lambda: view.run._run is not None and view.run._run.name == FAILED)


def test_all_runs_are_deleted_at_once_and_the_dock_says_what_comes_here(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)
    agree, sentence = asked_to_delete(qtbot, context, view, [SVM, LOGISTIC, FAILED])
    assert [line.partition(" · ")[0] for line in sentence.splitlines()][1:] == ["Logistic regression", "SVM head"]
    agree.click()
    qtbot.waitUntil(lambda: not view.table.isVisible())
    assert not list(context.project.project.runs.iterdir())


def test_a_run_that_is_trained_is_not_deleted(qtbot, context, view, runs):
    opened(qtbot, context, view, SVM)
    with hold_run(context.project.project.runs / SVM):
        agree, sentence = asked_to_delete(qtbot, context, view, [SVM])
        assert not agree.isEnabled() and "is being trained right now" in sentence


def test_without_a_run_nothing_is_asked(context, view, said):
    context.actions["run.delete"].trigger()
    assert said == ["Choose a run in the Runs dock first."]
