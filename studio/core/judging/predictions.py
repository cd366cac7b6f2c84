"""The file `predictions.npz` of a run: what its head said of each crop, so that everything can be judged again."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.files import own_place
from studio.core.gallery.crops import SPLITS
from studio.core.judging.judgement import Judgement, judge

MOST_BYTES = 2**31  # 500,000 crops of 1,000 labels
# What zipfile, and numpy's reader of headers, raise on bytes that are not theirs.
_DAMAGED = (
    ValueError, KeyError, EOFError, TypeError, RuntimeError, ArithmeticError, AttributeError, MemoryError, SyntaxError,
    tokenize.TokenError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a head said of crops.

    Attributes:
        ids: int64 `(n,)` of the regions, each once.
        targets: int64 `(n,)` index of the true label.
        probabilities: float32 `(n, outputs)`; where the head has a background, that is the last one.
        splits: uint8 `(n,)` index of `studio.core.gallery.crops.SPLITS`.
        groups: int64 `(n,)`: crops of one number are alike.
        labels: names of the outputs.
    """

    ids: NDArray[np.int64]
    targets: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    splits: NDArray[np.uint8]
    groups: NDArray[np.int64]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def of_split(self, split: str) -> Predictions:
        """Those of "train", "val" or "test"."""
        own = self.splits == SPLITS.index(split)
        return Predictions(
            self.ids[own], self.targets[own], self.probabilities[own], self.splits[own], self.groups[own], self.labels
        )

    def judged(self, seed: int = 0) -> Judgement | None:
        """All of them; None where there are none."""
        return judge(self.probabilities, self.targets, self.groups, self.labels, seed) if len(self) else None


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write the file, whole or not at all; one that is there is replaced.

    Raises:
        ValueError: the arrays do not fit each other.
    """
    arrays: dict[str, NDArray[Any]] = {
        "ids": predictions.ids.astype(np.int64),
        "targets": predictions.targets.astype(np.int64),
        "probabilities": predictions.probabilities.astype(np.float32),
        "splits": predictions.splits.astype(np.uint8),
        "groups": predictions.groups.astype(np.int64),
        "labels": np.array(predictions.labels, np.str_),
    }
    _checked(arrays)
    with own_place(path.parent) as place:
        np.savez(place / path.name, allow_pickle=False, **arrays)
        (place / path.name).replace(path)


def read_predictions(path: Path) -> Predictions:
    """Read the file; nothing in it is believed.

    Raises:
        InputError: it is missing, too large, damaged, or none of this program.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is too large for the predictions of a run")
        with zipfile.ZipFile(path) as content:
            for member in content.infolist():
                _check_size(content, member)
        with np.load(path, allow_pickle=False) as found:
            return _checked({name: found[name] for name in found.files})
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except _DAMAGED:
        raise InputError(f"{path} is damaged, or not the predictions of a run") from None


def _check_size(content: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Whether a member holds as many bytes as its header says, before memory is taken for them."""
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError("what grows is not of this program")
    with content.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError("an array of another kind")
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
        if kind.hasobject or file.tell() + int(np.prod(shape, dtype=object)) * kind.itemsize != member.file_size:
            raise ValueError("an array of another size")


def _checked(arrays: Mapping[str, NDArray[Any]]) -> Predictions:
    """The predictions, if they are whole.

    Raises:
        ValueError, KeyError: if not.
    """
    names = arrays["labels"]
    kinds = {"ids": np.int64, "targets": np.int64, "splits": np.uint8, "groups": np.int64, "probabilities": np.float32}
    count, outputs = len(arrays["ids"]), names.size
    whole = names.dtype.kind == "U" and names.ndim == 1 and len(set(names.tolist())) == outputs
    for name, kind in kinds.items():
        shape = (count, outputs) if name == "probabilities" else (count,)
        whole = whole and arrays[name].dtype == kind and arrays[name].shape == shape
    if not whole:
        raise ValueError("arrays that do not fit each other")
    made = Predictions(**{name: arrays[name] for name in kinds}, labels=tuple(names.tolist()))
    in_range = (made.targets >= 0).all() and (made.targets < outputs).all() and (made.splits < len(SPLITS)).all()
    in_unit = ((made.probabilities >= 0) & (made.probabilities <= 1)).all()
    if not in_range or not in_unit or len(np.unique(made.ids)) != count:
        raise ValueError("values that cannot be")
    return made
