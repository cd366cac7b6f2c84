"""Import and export in the window: what would be done is said, then it is done behind the window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLabel, QListWidget, QPushButton

from studio.controllers.data_sets import DataSetsController
from studio.core.media.pictures import write_picture
from studio.core.project import Project
from studio.views.data_set_dialog import DataSetDialog


@pytest.fixture
def classes(tmp_path):
    for label, count in (("cup", 3), ("pen", 2)):
        for number in range(count):
            path = tmp_path / "classes" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_picture(path, np.full((20, 30, 3), number * 50 + count, np.uint8))
    (tmp_path / "classes" / "pen" / "damaged.png").write_bytes(b"none")
    return tmp_path / "classes"


@pytest.fixture
def data_sets(context):
    controller = DataSetsController(context)
    context.window.show()
    yield controller
    controller.close()


def the(context, kind, name):
    return context.window.findChild(kind, name)


def ready(context, name):
    return lambda: the(context, QPushButton, f"{name}.do").isEnabled()


def choose(context, name, path):
    the(context, QPushButton, f"{name}.folder").click()
    dialog = the(context, QFileDialog, f"{name}.choose")
    dialog.fileSelected.emit(str(path))
    dialog.close()


def lines(context, name):
    found = the(context, QListWidget, f"{name}.lines")
    return [found.item(row).text() for row in range(found.count())]


def test_a_data_set_is_looked_at_then_read(qtbot, context, data_sets, classes, said):
    context.actions["project.import_data"].trigger()
    assert not ready(context, "import")()
    choose(context, "import", classes)
    qtbot.waitUntil(ready(context, "import"))
    summary = the(context, QLabel, "import.summary").text()
    assert summary == "Recognised as Class folders. Adds 5 regions and 2 new media. Labels: cup, pen."
    assert lines(context, "import") == ["1 picture: cannot be read, left out with its boxes (pen/damaged.png)"]
    assert not context.project.media
    the(context, QCheckBox, "import.copy").click()
    the(context, QPushButton, "import.do").click()
    qtbot.waitUntil(lambda: len(context.project.media) == 2)
    assert sorted(row.path for row in context.project.media.values()) == ["media/cup", "media/pen"]
    assert said[-1] == "5 regions read from classes"
    assert context.project.undo() == ["import classes as Class folders"] and not context.project.media


def test_what_cannot_be_read_is_said_in_the_dialog(qtbot, context, data_sets, classes):
    context.actions["project.import_data"].trigger()
    choose(context, "import", classes)
    qtbot.waitUntil(ready(context, "import"))
    formats = the(context, QComboBox, "import.format")
    formats.setCurrentIndex(formats.findData("coco"))
    summary = the(context, QLabel, "import.summary")
    qtbot.waitUntil(lambda: "holds no COCO file" in summary.text())
    assert not ready(context, "import")() and not lines(context, "import")
    the(context, DataSetDialog, "import").close()


def test_an_export_says_what_is_lost_and_is_proved(qtbot, context, data_sets, classes, tmp_path, said):
    from studio.core.control import Control
    from studio.core.formats.importing import import_data

    import_data(context.project.folder, classes, None, False, Control())
    context.project.look()
    context.actions["project.export_data"].trigger()
    qtbot.waitUntil(ready(context, "export"))
    assert the(context, QLabel, "export.place").text().endswith("exports/coco")
    formats = the(context, QComboBox, "export.format")
    formats.setCurrentIndex(formats.findData("labelme"))
    qtbot.waitUntil(ready(context, "export"))
    assert the(context, QLabel, "export.place").text().endswith("exports/labelme")
    assert (
        "Writes 5 boxes, 2 labels and 5 pictures. What LabelMe cannot hold:"
        in the(context, QLabel, "export.summary").text()
    )
    assert "3 colours of labels, left out" not in lines(context, "export") and len(lines(context, "export")) >= 2
    choose(context, "export", tmp_path / "out")
    the(context, QPushButton, "export.do").click()
    qtbot.waitUntil(lambda: bool(said))
    assert said[-1].endswith("proved: 5 boxes of 2 labels read back as they were")
    assert len(list((tmp_path / "out").glob("*.json"))) == 5


def test_closing_the_dialog_ends_the_look(qtbot, context, data_sets, classes):
    context.actions["project.import_data"].trigger()
    choose(context, "import", classes)
    the(context, DataSetDialog, "import").close()
    qtbot.waitUntil(lambda: not context.lanes.batch.jobs)
    with Project.open(context.project.folder) as project:
        assert not project.media()
