"""Networks learn from striped pictures, keep their best epoch, and meet what goes wrong with a sentence."""

from __future__ import annotations

import errno
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.runs import Progress, read_metrics
from studio.ml.device import choose
from studio.ml.training.checkpoint import best_weights
from studio.ml.training.fitting import Fitted, fit_network
from studio.ml.training.memory import Portions, is_full
from studio.ml.training.network import TrainableNetwork, from_backbone, from_scratch
from studio.ml.training.objective import Classification
from studio.ml.training.phases import Phase, Settings, make_optimizer, rate_at
from tests.ml.training.pictures import Crops, InMemory, striped

EXACT = replace(choose("cpu"), dtype=torch.float32)
TRAIN, VALIDATION = striped(128, 28, 4), striped(64, 28, 4, seed=1)


def small(seed: int = 0) -> TrainableNetwork:
    return from_scratch("small-cnn", 4, EXACT, seed)


def fit(
    network: TrainableNetwork,
    run: Path,
    *phases: Phase,
    settings: Settings = Settings(optimizer="adamw"),  # noqa: B008 - frozen
    validation: Crops | None = VALIDATION,
    control: Control | None = None,
    train: Any = None,
    **more: Any,
) -> Fitted:
    judged = None if validation is None else InMemory(validation, 32, shuffled=False)
    train = InMemory(TRAIN, 32) if train is None else train
    return fit_network(network, train, judged, phases or [Phase(6, 3e-3)], settings, run, control or Control(), **more)


def share_right(network: nn.Module, crops: Crops = VALIDATION) -> float:
    with torch.no_grad():
        return float((network(crops.pictures).argmax(1) == crops.targets).float().mean())


def test_a_small_network_learns_and_tells_how(tmp_path: Path) -> None:
    told: list[Progress] = []
    fractions: list[float] = []
    network = small()
    control = Control(lambda fraction, text: fractions.append(fraction), told.append)
    fitted = fit(network, tmp_path, Phase(10, 6e-3), control=control)
    best = fitted.history[fitted.best_epoch - 1]
    assert best.validation_accuracy == max(line.validation_accuracy or 0 for line in fitted.history) > 0.9
    assert share_right(network) == pytest.approx(best.validation_accuracy) and not network.training
    assert read_metrics(tmp_path) == list(fitted.history)
    assert [one.line for one in told if one.line] == list(fitted.history)
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert told[-1].seconds_left == 0 and told[-1].images_per_second > 0 and told[-1].memory > 2**20
    assert not fitted.notes


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_steps_are_those_of_a_plain_loop(tmp_path: Path, optimizer: Any) -> None:
    """Against torch's own optimizers, cross-entropy and schedule, written down by hand."""
    settings = Settings(optimizer=optimizer, weight_decay=0.1, clip=1.0)
    network, plain = small(), small()
    fit(network, tmp_path, Phase(2, 0.02), settings=settings, validation=None, objective=Classification(smoothing=0.1))
    decayed = [each for each in plain.parameters() if each.ndim > 1]
    others = [each for each in plain.parameters() if each.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    kinds = {
        "sgd": lambda: torch.optim.SGD(groups, 0.02, 0.9, nesterov=True),
        "adamw": lambda: torch.optim.AdamW(groups),
    }
    steps = kinds[optimizer]()
    batches = [batch for epoch in range(2) for batch in InMemory(TRAIN, 32).epoch(epoch)]
    for step, batch in enumerate(batches):
        warm = 1  # a twentieth of eight steps, and at least one
        share = 0.5 if step < warm else 0.5 * (1 + np.cos(np.pi * (step - warm) / (8 - warm)))
        for group in steps.param_groups:
            group["lr"] = 0.02 * share
        steps.zero_grad()
        nn.functional.cross_entropy(plain(batch.pictures), batch.targets, label_smoothing=0.1).backward()
        nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        steps.step()
    for one, other in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=2e-5, rtol=1e-4)


def test_weights_weigh_each_crop_by_its_label() -> None:
    outputs, targets = torch.randn(4, 3), torch.tensor([0, 0, 0, 1])
    found = Classification(np.array([2 / 3, 2, 0])).losses(outputs, targets)
    wanted = nn.functional.cross_entropy(outputs, targets, reduction="none") * torch.tensor([2 / 3, 2 / 3, 2 / 3, 2])
    torch.testing.assert_close(found, wanted)


def test_the_score_is_balanced_over_labels() -> None:
    outputs = nn.functional.one_hot(torch.tensor([0, 0, 0, 0]), 4).float()
    assert Classification().score(outputs, torch.tensor([0, 0, 0, 2])) == pytest.approx(0.5)


def test_norms_biases_tokens_and_positions_do_not_decay() -> None:
    network = from_scratch("vit_b_32", 3, EXACT)
    names = {id(each): name for name, each in network.named_parameters()}
    decayed, others = (
        {names[id(each)] for each in group["params"]}
        for group in make_optimizer(network.named_parameters(), Settings()).param_groups
    )
    assert {"base.class_token", "base.encoder.pos_embedding", "base.encoder.ln.weight", "added.bias"} <= others
    assert {"base.conv_proj.weight", "added.weight"} <= decayed
    assert "base.encoder.layers.encoder_layer_0.self_attention.in_proj_weight" in decayed


def test_the_rate_rises_and_falls() -> None:
    rates = [rate_at(Phase(1, 0.4), step, 100) for step in range(100)]
    assert rates.index(max(rates)) == 5 and max(rates) == 0.4 and 0 < rates[0] < 0.1 and 0 < rates[-1] < 1e-3


def test_frozen_phases_leave_the_base_alone_and_the_next_one_moves_it(tmp_path: Path) -> None:
    network = from_backbone(None, 2, EXACT)
    before = {name: each.clone() for name, each in network.base.state_dict().items()}
    crops = InMemory(striped(16, 64, 2), 8)
    fit(network, tmp_path, Phase(1, 0.01, "added"), train=crops, validation=None)
    after = network.base.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
    fit(network, tmp_path, Phase(1, 0.01, "top:1"), train=crops, validation=None)
    moved = {name for name, each in network.base.state_dict().items() if not torch.equal(each, before[name])}
    assert moved and all(name.startswith("layer4") for name in moved)


def test_a_phase_ends_without_a_better_score_and_the_next_one_begins_at_the_best(tmp_path: Path) -> None:
    settings = Settings(optimizer="adamw", patience=1)
    fitted = fit(small(), tmp_path, Phase(40, 0.01), Phase(3, 0.0, "added"), settings=settings)
    count = len(fitted.history)
    assert count < 40 and "without a better score" in fitted.notes[0]
    best = fitted.history[fitted.best_epoch - 1]
    assert fitted.history[-1].validation_loss == pytest.approx(best.validation_loss, abs=1e-6)  # a rate of 0 keeps it


class Spoiled(InMemory):
    """From an epoch on its crops make a loss that is no number."""

    def __init__(self, crops: Crops, size: int, first: int, network: nn.Module) -> None:
        super().__init__(crops, size)
        self.first, self.network = first, network

    def epoch(self, number: int, start: int = 0) -> Any:
        if number == self.first:
            with torch.no_grad():
                next(self.network.parameters()).fill_(float("nan"))
        return super().epoch(number, start)


def test_a_loss_that_is_no_number_stops_at_the_best_weights(tmp_path: Path) -> None:
    network = small()
    fitted = fit(network, tmp_path, train=Spoiled(TRAIN, 32, 3, network))
    assert len(fitted.history) == 3 and "no number any more in epoch 4" in fitted.notes[-1]
    best = fitted.history[fitted.best_epoch - 1]
    assert share_right(network) == pytest.approx(best.validation_accuracy)
    network = small()
    with pytest.raises(InputError, match=r"no number any more in epoch 1: take a tenth of the learning rate"):
        fit(network, tmp_path, train=Spoiled(TRAIN, 32, 0, network))


class Full(TrainableNetwork):
    """Of a machine whose memory holds so many crops."""

    most = 1000

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        if len(pictures) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(pictures)


def test_full_memory_halves_what_goes_through_at_once_and_the_batch_stays(tmp_path: Path) -> None:
    network, other = small(), small()
    network.__class__, network.most = Full, 10  # type: ignore[assignment]
    fitted = fit(network, tmp_path, Phase(2, 3e-3))
    wanted = fit(other, tmp_path, Phase(2, 3e-3))
    assert [note.split(",")[0] for note in fitted.notes] == [
        "memory was full: 16 crops at a time now",
        "memory was full: 8 crops at a time now",
    ]
    for one, two in zip(network.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)
    assert wanted.history[1].loss == pytest.approx(fitted.history[1].loss, rel=1e-4)


def test_not_even_one_crop_fits(tmp_path: Path) -> None:
    network = small()
    network.__class__, network.most = Full, 0  # type: ignore[assignment]
    with pytest.raises(InputError, match="memory is full with one crop at a time"):
        fit(network, tmp_path)


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: 9"), True),
        (RuntimeError("could not create a memory object"), True),
        (RuntimeError("could not execute a primitive"), True),
        (RuntimeError("std::bad_alloc"), True),
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_full_memory_is_known_by_its_words(error: Exception, full: bool) -> None:
    assert is_full(error) == full


def test_what_may_mean_something_else_than_memory_is_told_at_one_crop() -> None:
    tried: list[int] = []

    def work(most: int) -> None:
        tried.append(most)
        raise RuntimeError("could not create a primitive\nsomewhere in torch")

    with pytest.raises(InputError, match=r"with one crop at a time: .* \(torch said: could not create a primitive\)$"):
        Portions(lambda text: None).run(5, work)
    assert tried == [5, 3, 2, 1]


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the test
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_cancelling_keeps_the_best_weights(tmp_path: Path) -> None:
    epochs = threading.Event()
    control = Control(on_partial=lambda told: epochs.set() if told.epoch == 3 else None)
    network = small()
    thread, errors = in_thread(lambda: fit(network, tmp_path, Phase(500, 3e-3), control=control))
    assert epochs.wait(30)
    control.cancel()
    thread.join(5)
    assert not thread.is_alive() and isinstance(errors[0], Cancelled)
    found = best_weights(tmp_path)
    assert found
    best, tensors = found
    network.load_state_dict(tensors)
    line = read_metrics(tmp_path)[best.epoch - 1]
    assert line.validation_accuracy == pytest.approx(share_right(network.eval()))


class Slow(nn.Module):
    """A layer that takes long; forward and backward go through it."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        time.sleep(0.05)
        return values * 1


def test_a_long_step_is_left_in_its_middle(tmp_path: Path) -> None:
    network = small()
    network.base = nn.Sequential(*(Slow() for _ in range(200)), network.base)
    control = Control()
    thread, errors = in_thread(lambda: fit(network, tmp_path, control=control))
    time.sleep(0.5)
    control.cancel()
    began = time.monotonic()
    thread.join(10)
    assert isinstance(errors[0], Cancelled) and time.monotonic() - began < 2  # of ten seconds


def test_pausing_waits_and_goes_on(tmp_path: Path) -> None:
    began, told = threading.Event(), []
    control = Control(on_partial=lambda progress: (told.append(progress), began.set()))
    thread, errors = in_thread(lambda: fit(small(), tmp_path, Phase(12, 3e-3), control=control))
    assert began.wait(30)
    control.pause()
    time.sleep(0.3)
    count = len(told)
    time.sleep(0.5)
    assert len(told) == count and thread.is_alive()
    control.resume()
    thread.join(60)
    assert not errors and told[-1].epoch == 12 and control.rested > 0.5


def test_a_network_goes_with_whoever_trained_it(tmp_path: Path) -> None:
    """Without the collector of garbage, which the window runs seldom: it may fill a GPU."""
    network = small()
    fit(network, tmp_path, Phase(1, 3e-3))
    kept = weakref.ref(network)
    del network
    assert kept() is None


def test_without_validation_the_last_epoch_counts(tmp_path: Path) -> None:
    network = small()
    fitted = fit(network, tmp_path, Phase(2, 3e-3), validation=None)
    assert fitted.best_epoch == 2 and fitted.history[-1].validation_loss is None
    assert share_right(network, TRAIN) > 0.3


def test_nothing_to_train_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to train on"):
        fit(small(), tmp_path, train=InMemory(striped(0, 28, 4), 32))
