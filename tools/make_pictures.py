"""Makes the pictures of the documents: every dock and the window, light and dark, empty and full.

    python tools/make_pictures.py [--out docs/pictures/window]

The material is the demo's clip, made from two photographs that may be published (see NOTICE).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QPushButton, QSpinBox, QWidget

from studio.app import Studio
from studio.bench.gallery import make_project, write_pictures
from studio.controllers.context import Context
from studio.controllers.trust import find_outside, trust
from studio.core.control import Control
from studio.core.project import Project
from studio.core.runs import Progress
from studio.core.settings import Settings
from studio.open_project import OpenProject
from studio.views.gallery.view import GalleryView
from studio.views.theme import apply_theme
from studio.views.training import TrainingView

PATIENCE = 600.0  # seconds for any one thing
SHOWN_FRAME = 240  # the flower is back for the first time since it was labelled
THEMES = ("light", "dark")
SIZE = 1600, 960  # pixels of the window
PANEL = 560, 860  # pixels of a part of the features dock
GALLERY = 1000, 680  # pixels of the gallery dock
TRAINING, RUNS = (420, 900), (900, 1100)  # pixels of these docks


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > deadline:
            sys.exit(f"waited {PATIENCE:g} s in vain until {what}")
        wait(0.05)


class Album:
    """A folder of pictures, each in both themes."""

    def __init__(self, application: QApplication, folder: Path) -> None:
        self._application, self._folder = application, folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, widget: QWidget) -> None:
        for theme in THEMES:
            apply_theme(self._application, theme)
            wait(0.3)
            path = self._folder / f"{name}-{theme}.png"
            if not widget.grab().save(str(path)):
                sys.exit(f"cannot write {path}")
            print(path)


def take_docks(album: Album, studio: Studio, kind: str) -> None:
    for dock in studio.window.findChildren(QDockWidget):
        dock.show()
        dock.raise_()
        wait(0.3)
        album.take(f"{dock.objectName().removeprefix('dock.')}-{kind}", dock)


def take_empty(album: Album, studio: Studio, folder: Path) -> None:
    album.take("start", studio.window)
    Project.create(folder / "empty").close()
    studio.open(folder / "empty")
    until(lambda: studio.open_project is not None, "the empty project is open")
    wait(2)
    album.take("window-empty", studio.window)
    take_docks(album, studio, "empty")


def take_full(album: Album, studio: Studio, project: Path) -> None:
    studio.open(project)
    opened = studio.open_project
    assert opened is not None
    show_detections(opened)
    album.take("window", studio.window)
    run_over_the_clip(studio)
    take_docks(album, studio, "full")


def show_detections(opened: OpenProject) -> None:
    session, actions, lanes = opened.context.session, opened.context.actions, opened.context.lanes
    until(lambda: session.shown is not None, "the first frame is shown")
    actions["detect.live"].trigger()
    until(lambda: session.head is not None, "a head is there")
    session.frame = SHOWN_FRAME
    until(lambda: session.result is not None and session.result.frame.number == SHOWN_FRAME, "it was searched")
    actions["detect.next"].trigger()
    wait(1)
    until(lambda: not any(lane.jobs for lane in lanes.all), "all work is done")
    wait(0.5)


def run_over_the_clip(studio: Studio) -> None:
    assert studio.open_project is not None
    context = studio.open_project.context
    context.actions["detect.clip"].trigger()
    wait(0.3)
    click(studio.window, "clip.run")
    until(lambda: context.session.found is not None and not context.lanes.batch.jobs, "the clip was searched")
    wait(0.5)


def take_features(album: Album, studio: Studio) -> None:
    """Each part of the features dock, with what it says of the demo."""
    assert studio.open_project is not None
    context = studio.open_project.context
    looking = context.session.looking
    dock = studio.window.findChild(QDockWidget, "dock.features")
    assert dock is not None
    float_dock(dock, PANEL)
    steps: dict[str, Callable[[], object]] = {
        "kernel": lambda: None,
        "layers": lambda: setattr(looking, "layer", "conv1"),
        "maps": lambda: (setattr(looking, "layer", "layer2"), wait(1), setattr(looking, "channel", 11)),
        "excites": lambda: (click(dock, "excites.gallery"), see_some_frames(context), click(dock, "excites.imagine")),
        "reasons": lambda: click(dock, "reasons.explain"),
        "choice": lambda: context.actions["head.try_layers"].trigger(),
    }
    for part, prepare in steps.items():
        looking.part_wanted.emit(part)
        wait(1)
        prepare()
        wait(1)
        until(lambda: not any(lane.jobs for lane in context.lanes.all), f"{part} is done")
        wait(0.5)
        album.take(f"features-{part}", dock)
    dock.setFloating(False)


def take_training(album: Album, studio: Studio) -> None:
    """A run on its way and at its end, and the runs dock with two of them."""
    assert studio.open_project is not None
    context = studio.open_project.context
    dock, view = studio.window.dock("training"), studio.window.findChild(TrainingView)
    assert view is not None
    float_dock(dock, TRAINING)
    for recipe, values in (("fast-transfer", {}), ("warm-up", {"warm_up_epochs": 4, "epochs": 6})):
        view.recipe_chosen.emit(recipe)
        until(lambda: not context.lanes.disk.jobs, "the form is there")
        wait(0.5)
        for name, value in values.items():
            field = view.form.findChild(QSpinBox, f"recipe.{name}")
            assert field is not None
            field.setValue(value)
        said: list[Progress] = []
        view.train_wanted.emit()
        job = context.lanes.batch.jobs[-1]
        job.published.connect(said.append)
        if recipe == "warm-up":
            until(lambda said=said: any(isinstance(each, Progress) and each.epoch > 7 for each in said), "it learns")
            album.take("training-run", dock)
        until(lambda: not context.lanes.batch.jobs, "it was trained")
        wait(1)
    album.take("training-ended", dock)
    dock.setFloating(False)
    click(dock, "run.open")
    runs = studio.window.dock("runs")
    float_dock(runs, RUNS)
    wait(2)
    until(lambda: not any(lane.jobs for lane in context.lanes.all), "the run is read")
    wait(0.5)
    album.take("runs", runs)
    runs.setFloating(False)
    context.actions["view.layout_train"].trigger()
    wait(1.5)
    album.take("window-train", studio.window)
    context.actions["view.layout_reset"].trigger()
    wait(1)


def take_gallery(album: Album, studio: Studio) -> None:
    """Each part of the gallery dock beside the grid of the demo's crops."""
    assert studio.open_project is not None
    context = studio.open_project.context
    dock, view = gallery_of(studio)
    float_dock(dock, GALLERY)
    model = view.page.grid.model()
    context.session.selection = frozenset([model.region(3)])
    for part in ("preview", "map", "clean", "balance", "splits", "history", "batch"):
        view.side.show_part(part)
        wait(2)
        until(lambda: not any(lane.jobs for lane in context.lanes.all), f"{part} is done")
        wait(0.5)
        album.take(f"gallery-{part}", dock)
    view.side.show_part("")
    dock.setFloating(False)


def take_many_crops(album: Album, studio: Studio, folder: Path) -> None:
    """The gallery with fifty crops, and with 100,000."""
    write_pictures(folder / "stills")
    for many in (50, 100_000):
        project = make_project(folder / f"crops-{many}", folder / "stills", many)
        trust(project, find_outside(project, Control()), Control())
        studio.open(project)
        dock, view = gallery_of(studio)
        float_dock(dock, GALLERY)
        until(lambda view=view, many=many: view.page.grid.model().rowCount() == many, "the crops are read")
        wait(3)
        album.take(f"gallery-{many}", dock)
        dock.setFloating(False)


def gallery_of(studio: Studio) -> tuple[QDockWidget, GalleryView]:
    dock = studio.window.findChild(QDockWidget, "dock.gallery")
    view = studio.window.findChild(GalleryView)
    assert dock is not None and view is not None
    return dock, view


def float_dock(dock: QDockWidget, size: tuple[int, int]) -> None:
    dock.show()
    dock.raise_()  # one that floats from behind a tab stays out of sight
    wait(0.3)
    dock.setFloating(True)
    dock.resize(*size)
    dock.show()
    wait(0.5)


def see_some_frames(context: Context) -> None:
    for frame in range(150, 300, 15):
        context.session.frame = frame
        wait(0.5)
    context.session.frame = SHOWN_FRAME


def click(inside: QWidget, name: str) -> None:
    button = inside.findChild(QPushButton, name)
    if button is None:
        sys.exit(f"there is no button {name}")
    button.click()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/window"))
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="studio-pictures-") as name:
        folder = Path(name)
        os.environ["STUDIO_CACHE"] = str(folder / "user")  # no recent projects, settings or layout of whoever runs it
        application = QApplication([])
        studio = Studio(application, Settings())
        album = Album(application, out)
        studio.window.show()
        studio.window.resize(*SIZE)  # the first window fits the screen, and the screen of nobody is small
        wait(1)
        take_empty(album, studio, folder)
        from studio.ml.backbones.loading import load_backbone
        from studio.ml.demo_project import make_demo_project
        from studio.ml.device import choose

        project = make_demo_project(folder / "demo", 0, load_backbone(None, choose("auto")), Control())
        take_full(album, studio, project)
        take_features(album, studio)
        take_training(album, studio)
        take_gallery(album, studio)
        take_many_crops(album, studio, folder)
        studio.window.close()
        wait(0.2)


if __name__ == "__main__":
    main()
