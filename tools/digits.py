"""LeNet-5 on scikit-learn's digits, five folds, through `studio train`'s own engine: the oldest test of a network.

python tools/digits.py [FOLD …]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from studio.core.augmentation import Augmentation, save_augmentation
from studio.core.control import Control
from studio.core.formats.importing import import_data
from studio.core.media.pictures import write_picture
from studio.core.project import Project
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest

FOLDS = 5
VALIDATION = 0.1  # of what trains
# Digits are not mirrored; the colours of a scan do not matter.
VARIED = Augmentation.none().model_copy(update={"scale": 0.1, "shift": 0.08, "rotation": 10.0})
PARAMETERS = {"architecture": "lenet5", "epochs": 30, "learning_rate": 0.02, "batch": 64}


def accuracy_of_fold(folder: Path, train: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    """Accuracy on validation and on the test, of a network trained on the rows `train` of the digits."""
    digits = load_digits()
    rows = np.random.default_rng(0).permutation(train)
    held = round(VALIDATION * len(rows))
    for split, chosen in (("train", rows[held:]), ("val", rows[:held]), ("test", test)):
        for row in chosen.tolist():
            place = folder / "digits" / split / str(digits.target[row])
            place.mkdir(parents=True, exist_ok=True)
            grey = np.rint(digits.images[row] * 255 / 16).astype(np.uint8)
            write_picture(place / f"{row}.png", np.repeat(grey[:, :, None], 3, axis=2))
    import_data(folder / "project", folder / "digits", "image-folder", True, Control())
    with Project.open(folder / "project", write=True) as project:
        save_augmentation(project, VARIED)
    record = run_recipe(TrainRequest(folder / "project", "from-scratch", PARAMETERS), Control())
    assert record.validation and record.test
    return record.validation["accuracy"], record.test["accuracy"]


def main(wanted: list[int]) -> None:
    digits = load_digits()
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(digits.data, digits.target))
    found = []
    for number in wanted:
        train, test = folds[number - 1]
        with tempfile.TemporaryDirectory() as folder:
            validation, accuracy = accuracy_of_fold(Path(folder), train, test)
        found.append(accuracy)
        print(f"fold {number}: {accuracy:.4f} on {len(test)} digits (validation {validation:.4f})", flush=True)
    print(f"mean of {len(found)} folds: {np.mean(found):.4f}")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(range(1, FOLDS + 1)))
