"""Runs as they lie in a project, without a training."""

import numpy as np

from studio.core.judging import write_predictions
from studio.core.runs import PREDICTIONS, RunRecord, write_run
from tests.core.judging.said import predictions


def keep_run(kept_in, name, said=None, **facts):
    """A run that was done, with what its head said of crops; its record."""
    folder = kept_in.runs / name
    folder.mkdir(parents=True)
    judged = {}
    if said is not None:
        write_predictions(folder / PREDICTIONS, said)
        for field, split in (("validation", "val"), ("test", "test")):
            judgement = said.of_split(split).judged()
            judged[field] = judgement.document() if judgement else None
    values = {
        "recipe": name.split("-", 2)[2], "parameters": {}, "state": "done", "started": "2026-11-21T09:00:00+00:00",
        "project": kept_in.id, "history": kept_in.position, "milliseconds": 1.25, "head": "head-1",
    }  # fmt: skip
    record = RunRecord(name=name, **(values | judged | facts))
    write_run(folder, record)
    return record


def said_of(count, right, labels=("cup", "dog"), tracks=None, ids=None):
    """Predictions of validation crops; `right` of them, spread evenly, are what they should be."""
    hit = np.zeros(count, bool)
    hit[np.linspace(0, count - 1, right).round().astype(int)] = True
    targets = np.arange(count) % len(labels)
    told = np.where(hit, targets, (targets + 1) % len(labels))
    probabilities = np.full((count, len(labels)), 0.1 / (len(labels) - 1))
    probabilities[np.arange(count), told] = 0.9
    return predictions(probabilities, targets, np.arange(count) % (tracks or count), labels, ids)
