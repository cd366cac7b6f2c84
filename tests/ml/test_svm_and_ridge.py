"""Ridge regression, Gram matrices and support vector machines against scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from studio.ml.ridge import ridge
from studio.ml.svm import PENALTY, linear_gram, rbf_gram, train_machine


def samples(count: int = 60, size: int = 20) -> tuple[torch.Tensor, np.ndarray]:
    random = np.random.default_rng(3)
    positive = np.arange(count) % 3 == 0
    drawn = random.normal(size=(count, size)) + 0.6 * positive[:, None]
    return torch.from_numpy(drawn.astype(np.float32)), positive


@pytest.mark.parametrize(("count", "size"), [(12, 40), (60, 8)])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_is_that_of_scikit_learn(count: int, size: int, weighted: bool) -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(count, size)).astype(np.float32) + 2
    targets = random.normal(size=(count, 3)).astype(np.float32) - 5
    weights = random.uniform(0.2, 3, count).astype(np.float32) if weighted else None
    beta, intercept = ridge(
        torch.from_numpy(features),
        torch.from_numpy(targets),
        2.5,
        None if weights is None else torch.from_numpy(weights),
    )
    known = Ridge(alpha=2.5).fit(features.astype(np.float64), targets.astype(np.float64), sample_weight=weights)
    np.testing.assert_allclose(beta.numpy(), known.coef_.T, atol=1e-4)
    np.testing.assert_allclose(intercept.numpy(), known.intercept_, atol=1e-3)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_margins_are_those_of_scikit_learn(kernel: str) -> None:
    known, positive = samples()
    new = torch.from_numpy(np.random.default_rng(4).normal(size=(15, 20)).astype(np.float32))
    if kernel == "linear":
        gram, cross = linear_gram(known), new @ known.T
    else:
        gram, cross = rbf_gram(known, known, 0.04), rbf_gram(new, known, 0.04)
    machine = train_machine(gram.numpy(), positive)
    wanted = SVC(C=PENALTY, kernel=kernel, gamma=0.04, class_weight="balanced").fit(known.double().numpy(), positive)
    np.testing.assert_allclose(
        machine.margins(cross.numpy()), wanted.decision_function(new.double().numpy()), atol=1e-4
    )
    assert set(machine.support) == set(wanted.support_)


def test_a_fold_is_trained_on_its_rows_alone() -> None:
    known, positive = samples()
    rows = np.arange(0, 60, 2)
    gram = linear_gram(known).numpy()
    machine = train_machine(gram, positive, rows)
    alone = train_machine(gram[np.ix_(rows, rows)], positive[rows])
    assert set(machine.support) <= set(rows)
    np.testing.assert_allclose(machine.margins(gram), alone.margins(gram[:, rows]), atol=1e-9)


def test_a_gram_matrix_grows_by_its_new_rows() -> None:
    known, _ = samples()
    grown = linear_gram(known, linear_gram(known[:41]))
    torch.testing.assert_close(grown, known @ known.T)


def test_the_rbf_kernel_of_a_sample_with_itself_is_one() -> None:
    known, _ = samples()
    gram = rbf_gram(known, known, 0.5)
    torch.testing.assert_close(gram.diagonal(), torch.ones(60), atol=1e-4, rtol=0)
    distance = torch.cdist(known.double(), known.double())
    torch.testing.assert_close(gram.double(), torch.exp(-0.5 * distance**2), atol=1e-4, rtol=0)
