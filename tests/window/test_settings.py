"""The settings dialog: validated, kept, followed; the cache is counted and cleaned."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from studio.core.cleaning import cache_size, clean
from studio.core.control import Control
from studio.core.paths import user_cache
from studio.core.settings import read_settings, settings_file
from studio.views.settings_dialog import SettingsDialog


def open_dialog(studio):
    studio.window.actions_by_id["app.settings"].trigger()
    return studio.window.findChild(SettingsDialog)


def accept(dialog):
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()


def test_choices_are_kept_where_they_differ(studio):
    dialog = open_dialog(studio)
    dialog.threads.setValue(3)
    dialog.tracker.setCurrentIndex(dialog.tracker.findData("csrt"))
    dialog.set_theme("light")
    accept(dialog)
    assert json.loads(settings_file().read_text()) == {"threads": 3, "tracker": "csrt", "theme": "light"}
    assert studio.settings == read_settings() and not dialog.isVisible()
    assert studio.window.actions_by_id["view.theme_light"].isChecked()


def test_what_cannot_be_is_said_in_the_dialog(studio):
    dialog = open_dialog(studio)
    dialog.device.setCurrentText("abacus")
    accept(dialog)
    assert dialog.isVisible() and "device cannot be 'abacus'" in dialog.problem.text()
    assert not settings_file().exists()
    dialog.device.setCurrentText("cpu")
    accept(dialog)
    assert read_settings().device == "cpu"


def test_another_device_opens_the_project_again_where_it_was(opened, qtbot):
    before = opened.context
    dialog = open_dialog(opened)
    dialog.device.setCurrentText("cpu")
    accept(dialog)
    assert opened.context is not None and opened.context is not before
    assert opened.context.settings.device == "cpu" and not opened.context.project.read_only


def test_the_cache_is_counted_and_cleaned_and_nothing_else_is(opened, qtbot):
    cache = opened.context.project.folder / "cache"
    (cache / "heads" / "abc").mkdir(parents=True)
    ours = [cache / "frames-1.npy", cache / "features.db", cache / "heads" / "abc" / "weights.safetensors"]
    for file in ours:
        file.write_bytes(b"0" * 1_000_000)
    (cache / "diary.txt").write_text("mine")
    dialog = open_dialog(opened)
    qtbot.waitUntil(dialog.clean.isEnabled, timeout=20000)
    assert dialog.cache_size.text().startswith("3.0 MB")
    dialog.clean.click()
    qtbot.waitUntil(lambda: dialog.cache_size.text().startswith("0 bytes"), timeout=20000)
    assert not any(file.exists() for file in ours) and (cache / "diary.txt").read_text() == "mine"
    dialog.reject()


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """The user's folders without `STUDIO_CACHE`, in a home of the test's own."""
    monkeypatch.delenv("STUDIO_CACHE")
    for name in ("data", "cache", "documents"):
        monkeypatch.setattr(f"platformdirs.user_{name}_dir", lambda *_, name=name, **__: str(tmp_path / name))
    return tmp_path


def test_the_place_for_fetched_networks_is_chosen_and_holds_from_the_next_start(at_home, make_studio):
    assert user_cache() == at_home / "cache"
    studio = make_studio()
    dialog = open_dialog(studio)
    assert dialog.cache_place.placeholderText() == str(at_home / "cache")
    dialog.cache_place.setText(str(at_home / "nothing"))
    accept(dialog)
    assert dialog.isVisible() and "there is no folder" in dialog.problem.text()
    dialog.choose_place.click()
    chooser = dialog.findChild(QFileDialog, "settings.place_dialog")
    (at_home / "large disk").mkdir()
    chooser.fileSelected.emit(str(at_home / "large disk"))
    chooser.close()
    accept(dialog)
    assert not dialog.isVisible() and read_settings().cache_place == str(at_home / "large disk")
    assert user_cache() == at_home / "cache"
    started = (
        "from studio.core.paths import _place_in; import pathlib, sys; print(_place_in(pathlib.Path(sys.argv[1])))"
    )
    run = subprocess.run([sys.executable, "-c", started, settings_file()], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(at_home / "large disk") and not list((at_home / "large disk").iterdir())


def test_the_environment_goes_before_the_chosen_place(studio):
    dialog = open_dialog(studio)
    assert not dialog.cache_place.isEnabled() and dialog.cache_place.text() == os.environ["STUDIO_CACHE"]
    dialog.threads.setValue(3)
    accept(dialog)
    assert read_settings().cache_place == "" and read_settings().threads == 3


def test_a_window_that_only_reads_does_not_empty_the_cache(make_studio, folder, qtbot):
    first, second = make_studio(), make_studio()
    assert first.open(folder) and second.open(folder)
    file = folder / "cache" / "frames-1.npy"
    file.write_bytes(b"0" * 1_000_000)
    dialog = open_dialog(second)
    qtbot.waitUntil(lambda: "only reads" in dialog.cache_size.text(), timeout=20000)
    assert not dialog.clean.isEnabled()
    dialog.clean_wanted.emit()
    assert "cleaning the cache up" not in [job.title for job in second.context.lanes.disk.jobs] and file.exists()


def test_cleaning_follows_no_link(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "outside.npy").write_text("mine")
    (tmp_path / "cache" / "frames-1.npy").symlink_to(tmp_path / "outside.npy")
    assert cache_size(tmp_path, Control()) == 0 and clean(tmp_path, Control()) == 0
    assert (tmp_path / "outside.npy").read_text() == "mine" and (tmp_path / "cache" / "frames-1.npy").is_symlink()


def test_a_project_without_a_cache_is_clean(tmp_path):
    assert cache_size(tmp_path, Control()) == 0 and clean(tmp_path, Control()) == 0
