"""Two processes train one network as one process does: DistributedDataParallel over loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.runs import read_metrics
from studio.ml.training.checkpoint import best_weights
from studio.ml.training.parallel import ALONE, group_of_environment, joined, own_device
from tests.ml.training import together

TOP = Path(__file__).resolve().parents[3]


def start(run: Path, *more: str, size: int = 2) -> list[subprocess.Popen[str]]:
    """Processes as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size)}
    return [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.ml.training.together", str(run), *more],
            cwd=TOP,
            env=os.environ | common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]


def test_two_processes_are_one(tmp_path: Path) -> None:
    run, alone = tmp_path / "two", tmp_path / "one"
    run.mkdir()
    alone.mkdir()
    processes = start(run)
    wanted = together.train(alone).state_dict()
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert [out.split() for out, _ in said] == [["1", "2", "3"], []]  # the first one speaks
    same(run, wanted)
    for one, two in zip(read_metrics(alone), read_metrics(run), strict=True):
        assert two.loss == pytest.approx(one.loss, rel=1e-4) and two.accuracy == pytest.approx(one.accuracy)
        assert two.validation_loss == pytest.approx(one.validation_loss, rel=1e-4)


def test_where_one_fails_all_end_and_one_line_says_why(tmp_path: Path) -> None:
    processes = start(tmp_path, "fails")
    said = [process.communicate(timeout=120) for process in processes]
    assert all(process.returncode for process in processes)
    assert [err.splitlines() for _, err in said] == [[], ["error: the disk has gone"]]


def same(run: Path, wanted: dict[str, torch.Tensor]) -> None:
    for rank in range(2):
        found = np.load(run / f"{rank}.npz")
        assert sorted(found) == sorted(wanted)
        for name in found:
            np.testing.assert_allclose(found[name], wanted[name].numpy(), atol=1e-5, rtol=1e-4, err_msg=name)


@pytest.mark.slow
def test_full_memory_of_one_makes_the_portions_of_all_smaller(tmp_path: Path) -> None:
    run, alone = tmp_path / "two", tmp_path / "one"
    run.mkdir()
    alone.mkdir()
    processes = start(run, "full")
    wanted = together.train(alone).state_dict()
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert "memory was full: 2 crops at a time now" in said[0][0]
    same(run, wanted)


@pytest.mark.slow
def test_a_killed_process_ends_the_others_and_the_training_goes_on_in_the_middle_of_its_epoch(tmp_path: Path) -> None:
    run, alone = tmp_path / "two", tmp_path / "one"
    run.mkdir()
    alone.mkdir()
    killed = start(run, "dies")
    said = [process.communicate(timeout=60) for process in killed]
    assert killed[1].returncode == -signal.SIGKILL and killed[0].returncode == 1
    assert said[0][1].splitlines() == [
        "error: another of the 2 processes ended, so process 0 cannot go on; --resume goes on from the last checkpoint"
    ]
    place = json.loads((run / "checkpoint" / "checkpoint.json").read_text())["place"]
    assert (place["phase"], place["epoch"], place["batch"]) == (1, 0, 4) and place["crops"] == 60
    processes = start(run, "resumes")
    wanted = together.train(alone).state_dict()
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    same(run, wanted)
    for one, two in zip(read_metrics(alone), read_metrics(run), strict=True):
        assert two.loss == pytest.approx(one.loss, rel=1e-4) and two.accuracy == pytest.approx(one.accuracy)


@pytest.mark.slow
def test_all_stop_together_where_one_is_asked_to(tmp_path: Path) -> None:
    processes = start(tmp_path, "cancels")
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert [out.split() for out, _ in said] == [["1", "cancelled"], ["cancelled"]]
    assert best_weights(tmp_path) is not None


def test_alone_nothing_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with joined(together.EXACT) as group:
        assert group == ALONE and group.first
    values = torch.arange(3.0)
    assert ALONE.sum(values) is values and ALONE.gather(values) is values and ALONE.total(3, values.device) == 3
    assert own_device("auto") == "auto"


def test_each_process_takes_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert group_of_environment().rank == 5 and not group_of_environment().first
    assert own_device("cuda") == "cuda:1" and own_device("cpu") == "cpu" and own_device("cuda:0") == "cuda:0"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert own_device("auto") == "cuda:1"
