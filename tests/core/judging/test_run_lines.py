"""What the table of runs says of data and parameters."""

import pytest

from studio.core.judging.run_lines import ScoreLine, compare_runs, data_change, run_lines
from studio.core.project import Edit, MediumRow, Project, RegionRow, new_id
from studio.core.project.labels import make_label
from tests.core.judging.kept_runs import keep_run, said_of


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as made:
        yield made


def draw(project, count):
    if not project.labels()[1:]:
        project.apply(Edit.rows("label", [make_label(project, "cup")]))
    label = next(row for row in project.labels() if row.name == "cup")
    rows = [
        RegionRow(new_id(), 1, frame, label.id, None, 0.0, 0.0, 9.0, 9.0, "human", True, None, False, "visible")
        for frame in range(count)
    ]
    project.apply(Edit.rows("draw", rows))
    return rows


@pytest.fixture(autouse=True)
def medium(project):
    project.apply(Edit.rows("add", [MediumRow(1, "media/clip.mp4", "video", 0, "0" * 64, 30, 64, 48)]))


def test_what_changed_since_is_counted(project):
    rows = draw(project, 5)
    first = keep_run(project, "20261121-090000-svm")
    assert data_change(project, first) == "as now"
    draw(project, 3)
    project.apply(Edit.removal("remove", rows[:1]))
    second = keep_run(project, "20261121-091000-svm")

    assert data_change(project, first) == "+3 −1"
    assert data_change(project, first, second) == "+3 −1"
    assert data_change(project, second, first) == "+1 −3"
    assert [line.data for line in run_lines(project, [first, second])] == ["+3 −1 since", "as now"]


def test_runs_of_elsewhere_are_not_compared_with_this_history(project):
    assert data_change(project, keep_run(project, "20261121-090000-svm", project="other")) == "of another project"
    assert data_change(project, keep_run(project, "20261121-090000-frozen", history=999)) == "of another project"


def test_parameters_that_are_not_as_shipped_are_named(project):
    shipped = keep_run(project, "20261121-090000-svm", parameters={"kernel": "rbf", "seed": 0})
    other = keep_run(project, "20261121-090100-svm", parameters={"kernel": "linear", "seed": 0})
    unknown = keep_run(project, "20261121-090200-magic", parameters={"wand": 0.5, "some_spell": True})
    assert [line.parameters for line in run_lines(project, [shipped, other, unknown])] == [
        "as shipped", "kernel linear", "wand 0.5, some spell on",
    ]  # fmt: skip


def test_two_runs_differ_in_parameters_and_scores(project):
    first = keep_run(project, "20261121-090000-svm", said_of(30, 20), parameters={"kernel": "rbf", "seed": 0})
    second = keep_run(project, "20261121-090100-logistic", said_of(30, 21), parameters={"seed": 1, "l2": 1.0})

    found = compare_runs(project, first, second)
    assert found.parameters == (("recipe", "SVM head", "Logistic regression"), ("seed", 0, 1))
    assert found.data == "the same"
    assert list(found.differences) == ["val"]
    gone = compare_runs(project, first, keep_run(project, "20261121-090200-frozen"))
    assert "cannot read" in gone.problem and not gone.differences


def test_records_of_strangers_are_no_scores(project):
    assert ScoreLine.of({"accuracy": 0.5, "interval": None, "n": 3}) == (0.5, None, 3)
    for strange in ({}, {"accuracy": "x", "interval": 3, "n": []}, {"accuracy": 1, "interval": ["a"], "n": 1}):
        assert ScoreLine.of(strange) is None
