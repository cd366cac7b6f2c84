"""Labels and their scores: sorted by any column, chosen both ways."""

import numpy as np
from PySide6.QtCore import Qt

from studio.core.judging import judge
from studio.views.judging.label_table import F1, LabelTable


def shown(qtbot, width):
    targets = np.array([0, 0, 1, 1, 1])
    told = np.array([1, 1, 1, 1, 1])
    judged = judge(np.eye(3, dtype=np.float32)[told], targets, np.arange(5), ["cup", "dog", "fish"])
    table = LabelTable()
    qtbot.addWidget(table)
    table.resize(width, 300)
    table.show()
    table.set_scores(judged.scores, {})
    return table


def column(table, number):
    model = table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_the_worst_label_comes_first_and_one_without_crops_last(qtbot):
    table = shown(qtbot, 900)
    assert column(table, 0) == ["cup", "dog", "fish"]
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert column(table, 0) == ["dog", "cup", "fish"]
    table.sortByColumn(F1, Qt.SortOrder.AscendingOrder)
    assert column(table, F1) == ["0.00", "0.75", "–"]


def test_a_chosen_line_says_its_label_however_it_is_sorted(qtbot):
    table = shown(qtbot, 900)
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    with qtbot.waitSignal(table.label_chosen) as chosen:
        table.selectRow(0)
    assert chosen.args == [1]
    with qtbot.assertNotEmitted(table.label_chosen):
        table.choose(2)
    assert table.currentIndex().row() == 2


def test_narrow_tables_keep_what_matters(qtbot):
    table = shown(qtbot, 280)
    assert table.isColumnHidden(2) and not table.isColumnHidden(F1)
    assert sum(table.columnWidth(n) for n in range(6)) <= table.viewport().width()
