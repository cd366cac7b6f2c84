"""What the kernel bench keeps in the project and takes from it, and what a kernel is worth."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QPushButton

from studio.core.kernels.chain import Chain, chain_called
from studio.core.project.kernels import delete_kernel, kernel_names, read_kernel, save_kernel


def test_the_shipped_chain_and_an_own_one(bench):
    bench.preset("texture")
    assert bench.chain == chain_called("texture") and bench.view.steps.list.currentRow() == 5
    assert not bench.view.save.isEnabled()
    bench.view.name.setText("my texture")
    bench.view.save.click()
    assert "cannot be called" in bench.view.problem.text()
    bench.view.name.setText("Texture")
    bench.view.save.click()
    assert "steps that come with the program" in bench.view.problem.text()
    bench.view.name.setText("mine")
    bench.view.save.click()
    assert kernel_names(bench.project.project) == ["mine"]
    assert not bench.view.save.isEnabled() and bench.view.delete.isEnabled()
    bench.preset("Identity")
    bench.preset("mine")
    assert bench.chain == read_kernel(bench.project.project, "mine") and bench.view.name.text() == "mine"
    bench.view.delete.click()
    dialog = bench.window.findChild(QMessageBox, "kernel.delete_dialog")
    dialog.findChild(QPushButton, "kernel.delete_dialog.yes").click()
    assert kernel_names(bench.project.project) == []
    assert not any(action.text() == "mine" for action in bench.view.presets.menu().actions())


def test_what_kept_a_kernel_from_being_kept_is_said_until_it_is(bench):
    place = bench.project.project.folder / "kernels"
    place.write_text("a file where the folder should be")
    bench.view.name.setText("mine")
    bench.view.save.click()
    assert bench.view.problem.text() == "the kernel cannot be kept: File exists"
    place.unlink()
    bench.view.save.click()
    assert kernel_names(bench.project.project) == ["mine"] and bench.view.problem.isHidden()


def test_an_own_kernel_that_went_elsewhere_leaves_the_menu(bench):
    save_kernel(bench.project.project, "mine", bench.chain)
    bench.controller._list_own()
    delete_kernel(bench.project.project, "mine")  # by another window
    said = []
    bench.context.board.said.connect(lambda message: said.append(message.text))
    bench.preset("mine")
    assert "unknown kernel 'mine'" in said[0]
    assert not any(action.text() == "mine" for action in bench.view.presets.menu().actions())


def test_a_kernel_without_regions_is_not_tried_and_that_is_said(bench):
    bench.view.trial.button.click()
    bench.qtbot.waitUntil(lambda: bench.view.trial.button.isEnabled(), timeout=60_000)
    assert "no regions to learn from" in bench.view.trial.said.text()


def test_a_trial_is_said_and_forgotten_with_its_kernel(bench):
    from studio.ml.kernel_trial import Trial, TriedLabel

    tried = TriedLabel("cup", {"f1": 0.9}, {"f1": 0.95}, 120), TriedLabel("mug", {"f1": 0.8}, {"f1": 0.8}, 90)
    bench.controller._trial._show(Trial(tried, 3, 400))
    assert "▲ cup: 0.90 → 0.95 (120 frames)" in bench.view.trial.said.text()
    assert "mug: 0.80, no change (90 frames)" in bench.view.trial.said.text()
    assert "3 features more" in bench.view.trial.said.text()
    bench.preset("Laplacian")
    assert "→" not in bench.view.trial.said.text()


def test_the_first_chain_is_valid():
    assert Chain.model_validate_json(chain_called("texture").model_dump_json()) == chain_called("texture")
