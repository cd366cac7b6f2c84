"""A solved machine that is taught more: what was corrected crosses, the rest stays, and it is the solution."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.ml.heads.kept import TOLERANCE, Kept, kept_samples, taught
from studio.ml.svm import linear_gram, penalties, train_machine


def trained(count: int = 120, size: int = 300, spread: float = 1.0) -> tuple[Kept, torch.Tensor, np.ndarray]:
    random = np.random.default_rng(0)
    positive = np.arange(count) % 4 == 0
    features = random.normal(0, spread, (count, size)) + 0.25 * positive[:, None]
    samples = torch.from_numpy(features.astype(np.float32))
    gram = linear_gram(samples)
    machine = train_machine(gram.numpy(), positive)
    kernel = torch.from_numpy(machine.coefficients).float() @ samples[machine.support]
    return kept_samples(samples, gram, positive, machine), kernel, positive


def margins(kept: Kept, kernel: torch.Tensor) -> np.ndarray:
    return (torch.cat(kept.features) @ kernel).numpy() + kept.intercept


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_new_samples_come_to_their_side_and_the_others_keep_theirs(sign: float) -> None:
    kept, kernel, positive = trained()
    rows = np.flatnonzero(positive == (sign < 0))[:3]  # look like the other side
    new = kept.features[0][rows] + 0.5 * torch.randn(3, 300, generator=torch.Generator().manual_seed(1))
    after, changed = taught(kept, kernel, new, sign, 1.25)
    found = margins(after, changed)
    assert (sign * found[-3:] > 1.25 - 2 * TOLERANCE).all()
    assert (np.where(positive, found[:-3], -found[:-3]) > 0.9).mean() > 0.95
    old = margins(kept, kernel)
    assert (np.where(positive, old, -old) > 0.9).mean() > 0.95


def test_the_result_is_a_solution_with_the_intercept_as_it_was() -> None:
    kept, kernel, _ = trained(size=20, spread=1.5)  # not separable: some variables are at their bound
    new = torch.randn(4, 20, generator=torch.Generator().manual_seed(2))
    after, changed = taught(kept, kernel, new, -1.0, 1.0)
    duals, lacking = after.signs * after.coefficients, after.wanted - after.signs * margins(after, changed)
    assert (duals >= 0).all() and (duals <= after.most + 1e-9).all()
    inner = (duals > 1e-9) & (duals < after.most - 1e-9)
    assert np.abs(lacking[inner]).max() < 0.02
    assert (lacking[duals <= 1e-9] < 0.02).all() and (lacking[duals >= after.most - 1e-9] > -0.02).all()
    weights = torch.from_numpy(after.coefficients).float() @ torch.cat(after.features)
    torch.testing.assert_close(weights, changed, atol=1e-3, rtol=1e-3)


def test_what_is_right_already_changes_nothing() -> None:
    kept, kernel, _ = trained()
    new = kept.features[0][1:3]  # negatives it was trained on
    _, changed = taught(kept, kernel, new, -1.0, 0.5)
    torch.testing.assert_close(changed, kernel)


def test_a_machine_of_unknown_samples_changes_as_little_as_it_can() -> None:
    _, kernel, _ = trained()
    new = torch.randn(1, 300, generator=torch.Generator().manual_seed(3))
    after, changed = taught(Kept.empty(300, torch.device("cpu"), 0.2), kernel, new, 1.0, 1.0)
    assert float(new @ changed) + 0.2 == pytest.approx(1, abs=0.02)
    step = changed - kernel
    assert abs(float(torch.cosine_similarity(step[None], new)[0])) == pytest.approx(1, abs=1e-4)
    again, further = taught(after, changed, -new + 0.1, 1.0, 1.0)  # the two contradict each other
    assert len(again.signs) == 2 and torch.isfinite(further).all()


def test_bounds_are_those_of_balanced_classes() -> None:
    positive = np.arange(10) < 2
    np.testing.assert_allclose(penalties(positive), np.where(positive, 2.5, 0.625))
