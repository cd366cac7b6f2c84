"""A training that was killed or cancelled goes on, and ends as if it had never stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.runs import EpochLine, read_metrics
from studio.ml.training.checkpoint import FOLDER, INDEX, Best, Checkpoints, best_weights, remove_checkpoint
from studio.ml.training.fitting import fit_network
from studio.ml.training.network import TrainableNetwork
from studio.ml.training.phases import Phase, Settings
from tests.ml.training import killed
from tests.ml.training.pictures import Crops, InMemory, striped

TOP = Path(__file__).resolve().parents[3]


def assert_same(one: TrainableNetwork, other: TrainableNetwork) -> None:
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(tensor, other.state_dict()[name], atol=1e-5, rtol=1e-5, msg=name)


def losses(lines: list[EpochLine]) -> list[float]:
    return [round(number, 5) for line in lines for number in (line.loss, line.validation_loss or 0)]


def test_killed_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    whole = killed.network()
    (tmp_path / "whole").mkdir()
    killed.train(whole, tmp_path / "whole")

    run = tmp_path / "killed"
    run.mkdir()
    process = subprocess.Popen([sys.executable, "-m", "tests.ml.training.killed", str(run)], cwd=TOP)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        place = index_of(run).get("place") or {}
        if place.get("phase") == 1 and place["batch"] > 2:  # in the middle of the second phase's first epochs
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= len(read_metrics(run)) < 4

    resumed = killed.network()
    fitted = killed.train(resumed, run, resume=True)
    assert_same(resumed, whole)
    assert losses(list(fitted.history)) == losses(read_metrics(tmp_path / "whole")) == losses(read_metrics(run))
    assert len(list((run / FOLDER).iterdir())) == 3  # the index, a state, the best weights


def index_of(run: Path) -> dict[str, Any]:
    path = run / FOLDER / INDEX
    return json.loads(path.read_text()) if path.exists() else {}


class Stops(Control):
    """Cancels itself after so many checkpoints of batches."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def checkpoint(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.cancel()
        super().checkpoint()


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_cancelled_again_and_again(tmp_path: Path, optimizer: Literal["sgd", "adamw"]) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    wanted = killed.network()
    history = killed.train(wanted, whole, optimizer=optimizer).history
    for _ in range(30):
        found = killed.network()  # a new one: all that counts is in the folder
        try:
            fitted = killed.train(found, broken, optimizer=optimizer, resume=True, control=Stops(120))
        except Cancelled:
            torch.manual_seed(0)  # somebody else draws meanwhile
            continue
        break
    assert_same(found, wanted)
    assert losses(list(fitted.history)) == losses(list(history)) == losses(read_metrics(broken))


class Breaks(InMemory):
    """Whoever trains with it cancels in the middle of the first step of an epoch."""

    breaks = 0

    def epoch(self, number: int, start: int = 0) -> Iterator[Crops]:
        if number == self.breaks:
            raise Cancelled
        return super().epoch(number, start)


def test_who_stops_loses_no_epoch_that_was_too_short_for_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ml.training.saving._SHARE", 1e9)  # but for the first one
    found = []
    for breaks in (4, 99):
        run = tmp_path / str(breaks)
        run.mkdir()
        network, train = killed.network(), Breaks(striped(64, 28, 4), 8)

        def fit(resume: bool, run: Path = run, network: TrainableNetwork = network, train: InMemory = train) -> None:
            fit_network(network, train, None, [Phase(6, 3e-3)], Settings(seed=5), run, Control(), resume=resume)

        train.breaks = breaks
        if breaks < 6:
            with pytest.raises(Cancelled):
                fit(False)
            assert len(index_of(run)["place"]["history"]) == 4
            train.breaks = 99
        fit(breaks < 6)
        found.append((network, losses(read_metrics(run))))
    assert_same(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    train = InMemory(striped(16, 28, 4), 8)
    network = killed.network()
    fit_network(network, train, None, [Phase(1, 0.1)], Settings(), tmp_path, Control())
    with pytest.raises(InputError, match="of another training; start this one anew"):
        fit_network(network, train, None, [Phase(2, 0.1)], Settings(), tmp_path, Control(), resume=True)


def test_a_damaged_checkpoint_is_said_and_no_pickle_is_read(tmp_path: Path) -> None:
    train = InMemory(striped(16, 28, 4), 8)
    network = killed.network()

    def resume() -> None:
        fit_network(network, train, None, [Phase(1, 0.1)], Settings(), tmp_path, Control(), resume=True)

    resume()  # there is none yet: it starts
    assert {path.suffix for path in (tmp_path / FOLDER).iterdir()} == {".safetensors", ".json"}
    state = next((tmp_path / FOLDER).glob("state-*"))
    content = state.read_bytes()
    state.write_bytes(content[:-9])
    with pytest.raises(InputError, match="missing or damaged; start the training anew"):
        resume()
    state.write_bytes(content)
    index = tmp_path / FOLDER / INDEX
    index.write_text(index.read_text().replace("state-1.safetensors", "../../state-1.safetensors"))
    with pytest.raises(InputError, match="is damaged"):
        resume()
    remove_checkpoint(tmp_path)
    assert best_weights(tmp_path) is None


def test_best_weights_that_are_kept_before_any_state(tmp_path: Path) -> None:
    """As of a training that was cancelled in its second epoch, before a checkpoint was due."""
    tensors = {"x": torch.ones(2)}
    Checkpoints(tmp_path, "it").keep_best(Best(epoch=1, score=0.5, loss=1.0), tensors)
    found = best_weights(tmp_path)
    assert found and found[0].epoch == 1 and torch.equal(found[1]["x"], tensors["x"])
    assert Checkpoints(tmp_path, "it").load(killed.network()) is None


@pytest.mark.skipif(os.name != "posix", reason="Windows limits no file")
def test_a_full_disk_is_said_once_and_the_training_goes_on(tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # as full for all that is large
    try:
        fitted = killed.train(killed.network(), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(fitted.history) == 4 and len(fitted.notes) == 1
    assert fitted.notes[0].startswith("no checkpoint could be written (File too large: ")
    assert not list((tmp_path / FOLDER).glob("*.safetensors*"))


def test_a_run_that_was_deleted_meanwhile_does_not_come_back(tmp_path):
    tensors = {name: each.clone() for name, each in killed.network().state_dict().items()}
    with pytest.raises(FileNotFoundError):
        Checkpoints(tmp_path / "gone", "it").keep_best(Best(epoch=1, score=0.5, loss=1.0), tensors)
    assert not (tmp_path / "gone").exists()
