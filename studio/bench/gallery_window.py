"""One window on one project, measured: `python -m studio.bench.gallery_window KIND PROJECT`, for `bench gallery`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QMainWindow, QWidget

from studio.app import Studio
from studio.bench.heartbeat import Heartbeat
from studio.bench.window import close_window, until, wait
from studio.controllers.context import Context
from studio.controllers.trust import find_outside, trust
from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.geometry import Box
from studio.core.project import LabelRow, Project
from studio.core.project.region_table import read_regions
from studio.core.settings import Settings
from studio.open_project import OpenProject
from studio.state.crop_list import CropList
from studio.views.gallery.cells import CropDelegate
from studio.views.gallery.grid import GridView
from studio.views.rows import Index

SIZE = (1600, 1000)  # of the window
NOTCHES = 300  # of the wheel
DRAGS = 60  # places the scroll bar is drawn to
SETTLE = 1.5  # seconds
LISTED = 512  # pictures of the list view


class _FirstPaint(QObject):
    """When a widget was painted first."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self.at:
            self.at = time.perf_counter()
        return False


def measure(kind: str, project: Path) -> dict[str, Any]:
    """Of the kind "empty" memory, of "open" also the opening, of "full" all, of "list" a list view's."""
    application = QApplication([])
    if kind == "list":
        return _list_view(project)
    trust(project, find_outside(project, Control()), Control())
    studio = Studio(application, Settings(device="cpu"))
    studio.window.resize(*SIZE)
    studio.window.show()
    wait(SETTLE)  # what a project needs is imported behind the start page
    until(lambda: not studio.lane.jobs, "all is imported")
    started = time.perf_counter()
    studio.open(project)
    opened = studio.open_project
    assert opened is not None
    facts: dict[str, Any] = {"panels_ms": round(1000 * (time.perf_counter() - started))}
    if kind != "empty":
        facts |= _opening(opened, started)
    wait(SETTLE)
    until(lambda: not any(lane.jobs for lane in opened.context.lanes.all), "all is quiet")
    if kind == "full":
        facts |= _scrolling(_grid(opened)) | _changing(opened)
    facts["rss_mb"] = round(psutil.Process().memory_info().rss / 1e6)
    close_window(studio)
    return facts


def _grid(opened: OpenProject) -> GridView:
    grid = opened.context.window.findChild(GridView, "gallery.grid")
    assert grid is not None
    return grid


def _opening(opened: OpenProject, started: float) -> dict[str, Any]:
    """From `started`, until all crops are listed and until all pictures in view are there.

    And from when the dock was made until it was painted first.
    """
    grid = _grid(opened)
    dock, model, delegate = opened.context.window.findChild(QWidget, "gallery"), _model(grid), grid.itemDelegate()
    assert dock is not None and isinstance(delegate, CropDelegate)
    first, made = _FirstPaint(dock), time.perf_counter()
    until(lambda: model.rowCount() > 0, "the crops are listed", 0.001)
    grid.viewport().repaint()
    listed = time.perf_counter()
    until(lambda: all(delegate.picture(model.crop(row)) for row in grid.visible_rows()), "pictures are there", 0.01)
    return {
        "crops": model.rowCount(),
        "first_paint_ms": round(1000 * (first.at - made)),
        "open_s": round(listed - started, 2),
        "pictures_s": round(time.perf_counter() - started, 2),
    }


def _model(grid: GridView) -> CropList:
    model = grid.model()
    assert isinstance(model, CropList)
    return model


def _scrolling(view: QAbstractItemView) -> dict[str, Any]:
    """The worst pauses of the event loop while the wheel turns, and while the scroll bar is drawn about."""
    heartbeat, found = Heartbeat(), {}
    bar = view.verticalScrollBar()
    for name, step, count, every in (("wheel", _turn_wheel, NOTCHES, 0.01), ("drag", _draw_bar, DRAGS, 0.05)):
        bar.setValue(0)
        wait(0.5)
        heartbeat.start()
        for number in range(count):
            step(view, number / count)
            wait(every)
        found[name] = heartbeat.stop()
    worst = max(float(each["worst_ms"]) for each in found.values())
    return {"scroll_worst_ms": worst, "scroll": found}


def _turn_wheel(view: QAbstractItemView, _: float) -> None:
    place = QPointF(view.viewport().rect().center())
    none, keys, phase = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    there = view.viewport().mapToGlobal(place)
    event = QWheelEvent(place, there, QPoint(), QPoint(0, -120), none, keys, phase, False)
    QApplication.sendEvent(view.viewport(), event)


def _draw_bar(view: QAbstractItemView, part: float) -> None:
    bar = view.verticalScrollBar()
    bar.setValue(round(bar.maximum() * (part * 7 % 1)))


def _changing(opened: OpenProject) -> dict[str, Any]:
    """Select all, relabel them by a key and take it back: until the grid shows it and the database has it."""
    grid, context = _grid(opened), opened.context
    model = _model(grid)
    grid.verticalScrollBar().setValue(0)
    grid.setFocus()
    facts: dict[str, Any] = {}
    heartbeat = Heartbeat()
    heartbeat.start()
    started = time.perf_counter()
    grid.selectAll()
    facts["select_all_ms"] = round(1000 * (time.perf_counter() - started))
    key = next(row.key for row in context.project.labels.values() if row.name == "plate")
    QApplication.sendEvent(grid, QKeyEvent(QEvent.Type.KeyPress, ord(key), Qt.KeyboardModifier.NoModifier, key))
    until(_Shown(model, {"plate"}), "all are relabelled", 0.005)
    facts["relabel_s"] = round(time.perf_counter() - started, 2)
    until(lambda: not any(lane.jobs for lane in context.lanes.all), "all is quiet")
    assert context.project.project.regions(label=_label(context, "cup").id, first=0, last=0) == []
    started = time.perf_counter()
    context.actions["edit.undo"].trigger()
    until(_Shown(model, {"cup", "saucer"}), "all are what they were", 0.005)
    facts["undo_s"] = round(time.perf_counter() - started, 2)
    assert context.project.project.regions(label=_label(context, "cup").id, first=0, last=0)
    return {**facts, "changing": heartbeat.stop()}


def _label(context: Context, name: str) -> LabelRow:
    return next(row for row in context.project.labels.values() if row.name == name)


class _Shown:
    """Whether the grid shows these labels; looks only where it shows other crops than before."""

    def __init__(self, model: CropList, wanted: set[str]) -> None:
        self._model, self._wanted, self._seen = model, wanted, model.crops

    def __call__(self) -> bool:
        crops = self._model.crops
        if crops is None or crops is self._seen:
            return False
        self._seen = crops
        return {crops.labels[label].name for label in np.unique(crops.table.labels).tolist()} == self._wanted


class _Pictures(QAbstractListModel):
    """So many items, with a few hundred pictures in turn."""

    def __init__(self, count: int, pictures: list[QPixmap]) -> None:
        super().__init__()
        self._count, self._pictures = count, pictures

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        wanted = role == Qt.ItemDataRole.DecorationRole
        return self._pictures[index.row() % len(self._pictures)] if wanted else None


def _list_view(folder: Path) -> dict[str, Any]:
    """The same for Qt's own view; its pictures are there before."""
    from studio.core.crop_pictures import CropPictures

    with Project.open(folder) as project:
        table = read_regions(project)
        some = zip(table.media[:LISTED], table.frames, table.boxes, strict=False)
        makes = CropPictures(project, keep=False)
        made = makes.make([Crop(int(medium), int(frame), Box(*box.tolist())) for medium, frame, box in some])
        makes.close()
    pictures = [QPixmap.fromImage(_image(each)) for each in made.values() if each is not None]
    window, view = QMainWindow(), QListView()
    view.setViewMode(QListView.ViewMode.IconMode)
    view.setUniformItemSizes(True)
    view.setLayoutMode(QListView.LayoutMode.Batched)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    view.setIconSize(QSize(96, 96))
    view.setGridSize(QSize(102, 102))
    view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
    window.setCentralWidget(view)
    window.resize(900, 400)
    first, started = _FirstPaint(view.viewport()), time.perf_counter()
    view.setModel(_Pictures(len(table), pictures))
    window.show()
    until(lambda: bool(first.at), "the list is painted", 0.001)
    until(lambda: _laid_out(view, len(table)), "the list is laid out", 0.01)
    opening = {"first_paint_ms": round(1000 * (first.at - started)), "open_s": round(time.perf_counter() - started, 2)}
    facts = _scrolling(view)
    started = time.perf_counter()
    view.selectAll()
    return {
        **opening,
        **facts,
        "select_all_ms": round(1000 * (time.perf_counter() - started)),
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6),
    }


def _image(picture: NDArray[np.uint8]) -> QImage:
    side = picture.shape[0]
    return QImage(picture.data, side, side, 3 * side, QImage.Format.Format_RGB888).copy()


def _laid_out(view: QListView, count: int) -> bool:
    return view.visualRect(view.model().index(count - 1, 0)).isValid()


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))), flush=True)
