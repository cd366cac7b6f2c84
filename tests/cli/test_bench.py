"""`studio bench`: the runner, and the embedding benchmark in small."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from studio.bench import embed
from studio.cli.bench import BENCHMARKS
from studio.cli.main import run


def test_every_benchmark_has_a_module() -> None:
    for name in BENCHMARKS:
        assert callable(import_module(f"studio.bench.{name}").run)


def test_prints_one_document(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(embed, "CROPS", 8)
    monkeypatch.setattr(embed, "ROUNDS", 1)
    assert run(["bench", "embed", "--device", "cpu", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "embed" and document["seconds"] > 0
    assert document["ratio"] > 0 and document["reference"] and document["processor"]["cores"]
    assert set(document["crops_per_second"]) == {"ours", "bare", "folded"}


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "speed"]) == 2
    assert "unknown benchmark 'speed'; there are: " in capsys.readouterr().err
