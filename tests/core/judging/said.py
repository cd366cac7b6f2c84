"""What a head might have said of crops."""

import numpy as np

from studio.core.judging import Predictions


def made_up(count, outputs, seed, tracks=None, skill=2.0):
    """Probabilities, targets and groups; crops of one track are about equally difficult."""
    random = np.random.default_rng(seed)
    targets = random.integers(outputs, size=count)
    groups = random.integers(tracks, size=count) if tracks else np.arange(count)
    ease = random.normal(skill, 1.5, groups.max() + 1)[groups]
    logits = random.normal(size=(count, outputs))
    logits[np.arange(count), targets] += ease
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return probabilities.astype(np.float32), targets, groups


def predictions(probabilities, targets, groups, labels, ids=None, splits=2):
    ids = np.arange(1, len(targets) + 1) if ids is None else ids
    return Predictions(
        np.asarray(ids, np.int64),
        np.asarray(targets, np.int64),
        np.asarray(probabilities, np.float32),
        np.full(len(targets), splits, np.uint8),
        np.asarray(groups, np.int64),
        tuple(labels),
    )
