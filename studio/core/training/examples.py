"""What a project gives a recipe to learn from, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS, Crops, read_crops
from studio.core.media.picture_size import picture_size
from studio.core.media.stills import Stills
from studio.core.project import BACKGROUND, Project
from studio.core.project.edits import counted, listed
from studio.core.project.leaks import compared
from studio.core.project.opening import open_row
from studio.core.project.row_checks import STATES
from studio.core.project.split_plan import read_rates
from studio.core.training.chosen import Chosen, chosen_frames, chosen_regions
from studio.core.training.splitting import TRAIN, VAL, Leaks, groups, split_examples
from studio.core.training.windows import crop_windows

NAMED = 5  # labels that a note names

Integers = NDArray[np.int64]
HashesOf = Callable[[Crops, NDArray[np.bool_]], NDArray[np.uint64]]


@dataclass(frozen=True, eq=False)
class Examples:
    """Crops to learn from and to be judged by, ascending by id of their regions.

    Attributes:
        labels: what the network tells apart, sorted by name; `BACKGROUND` last, where there are negatives.
        ids: int64 `(n,)` of regions; of a whole frame of its first one.
        media, frames: int64 `(n,)`, where they lie.
        windows: int64 `(n, 3)`: x, y and side in pixels of the squares that are cut.
        targets: int64 `(n,)`, indices of `labels`.
        tracks: int64 `(n,)`, a number from 0 for what is alike: the track, else two seconds of a clip, else the
            picture. Intervals come from drawing these, not single crops.
        splits: uint8 `(n,)`, indices of `studio.core.gallery.crops.SPLITS`, never 0.
        notes: sentences for the user: what was left out, held out or is missing.
        leaks: what makes the scores flatter; "" where nothing does.
    """

    labels: tuple[str, ...]
    ids: Integers
    media: Integers
    frames: Integers
    windows: Integers
    targets: Integers
    tracks: Integers
    splits: NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    leaks: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def background(self) -> bool:
        """Whether the last label is that of negatives."""
        return self.labels[-1:] == (BACKGROUND,)

    def rows(self, split: str) -> NDArray[np.intp]:
        """The rows of a split, "train", "val" or "test"."""
        return np.flatnonzero(self.splits == SPLITS.index(split))

    def counts(self, split: str) -> Integers:
        """How many of each label are in a split, int64 `(labels,)`."""
        return np.bincount(self.targets[self.rows(split)], minlength=len(self.labels)).astype(np.int64)


def read_examples(
    project: Project,
    side: int,
    *,
    whole_images: bool = False,
    leaks: Leaks = "refused",
    hashes_of: HashesOf | None = None,
    seed: int = 0,
) -> Examples:
    """The examples of a project as it is now; 100,000 regions take about a second, besides their hashes.

    Splits are the gallery's; regions of no split train. Without a validation split some are held out by clip, by
    blocks of time or by track, never by single frames of a video.

    Args:
        project: open.
        side: of the network's pictures in pixels: no window is smaller where its frame is not.
        whole_images: learn what a frame shows as a whole, of frames with regions of one label.
        leaks: what becomes of splits that leak.
        hashes_of: gives the hashes by which pictures that look the same are found, uint64 `(n,)` beside the crops that
            it is given; it is told which of them are compared. None: none are.
        seed: of what is held out for validation.

    Raises:
        InputError: nothing to learn from, a single label without negatives, or splits that leak.
    """
    with project.moment():
        crops, marks = read_crops(project), project.marks()
    chosen = chosen_frames(crops, marks) if whole_images else chosen_regions(crops, marks)
    sizes = _sizes(project, crops, chosen.rows, whole_images)
    used = _used(crops, chosen, sizes if whole_images else None)
    rates = read_rates(project, used)
    hashes = np.zeros(len(used), np.uint64)
    if hashes_of is not None and whole_images:
        hashes = hashes_of(used, compared(used))
    elif hashes_of is not None:
        needed = np.zeros(len(crops), bool)
        needed[chosen.rows[compared(used)]] = True
        hashes = hashes_of(crops, needed)[chosen.rows]
    splitting = split_examples(used, rates, hashes, leaks=leaks, seed=seed)
    learnable = np.isin(chosen.labels, chosen.labels[splitting.splits == TRAIN])
    kept = np.flatnonzero((splitting.splits > 0) & learnable)
    untaught = np.unique(chosen.labels[~learnable & (splitting.splits > 0)]).tolist()
    names, targets = _targets(crops, chosen, kept)
    table = used.table.taken(kept)
    found = Examples(
        names,
        table.ids,
        table.media,
        table.frames,
        crop_windows(table.boxes, side, sizes[kept, 0], sizes[kept, 1]),
        targets,
        groups(table, rates),
        splitting.splits[kept],
        (*chosen.notes, *splitting.notes, *_untaught(crops, untaught)),
        splitting.leaks,
    )
    return replace(found, notes=(*found.notes, *_short(found)))


def _used(crops: Crops, chosen: Chosen, whole: Integers | None) -> Crops:
    """The chosen crops as what they are used for: with the label that they teach.

    Of whole images, whose sizes are given, no object is followed: two of one time are alike.
    """
    table = crops.table.taken(chosen.rows)
    table = replace(table, labels=chosen.labels, states=np.full(len(table), STATES.index("visible"), np.uint8))
    if whole is not None:
        around = np.concatenate([np.zeros_like(whole), whole], axis=1).astype(np.float64)
        boxes = np.where(whole[:, :1] > 0, around, table.boxes)  # of unreadable pictures: said where they are cut
        table = replace(table, tracks=np.zeros(len(table), np.int64), boxes=boxes)
    return Crops(table, crops.splits[chosen.rows], crops.labels, crops.media)


def _targets(crops: Crops, chosen: Chosen, kept: NDArray[np.intp]) -> tuple[tuple[str, ...], Integers]:
    """Names of labels in their order, and of each kept crop the index of its own."""
    labels, place = np.unique(chosen.labels[kept], return_inverse=True)
    names = [crops.labels[label].name for label in labels.tolist()]
    if not [name for name in names if name != BACKGROUND]:
        raise InputError("the project has no regions to learn from; label something first, and keep some for training")
    if len(names) < 2:
        raise InputError(
            f"all crops are of the label {names[0]}: there is nothing to tell it from; label something else too, or "
            f"draw negatives (regions of the label {BACKGROUND})"
        )
    order = sorted(range(len(names)), key=lambda at: (names[at] == BACKGROUND, names[at]))
    index = np.empty(len(names), np.int64)
    index[order] = np.arange(len(names))
    return tuple(names[at] for at in order), index[place.ravel()]


def _sizes(project: Project, crops: Crops, rows: NDArray[np.intp], whole_images: bool) -> Integers:
    """Width and height of the frames of some crops, `(rows, 2)`; 0 where they are not known.

    Where the pictures of a folder differ, each is looked at if whole images are wanted.
    """
    frames = crops.table.frames[rows]
    media, place = np.unique(crops.table.media[rows], return_inverse=True)
    known = [crops.media.get(medium) for medium in media.tolist()]
    sizes = np.array([(row.width, row.height) if row else (0, 0) for row in known], np.int64).reshape(-1, 2)
    found = sizes[place.ravel()]
    for number in np.flatnonzero(sizes[:, 0] == 0).tolist() if whole_images else ():
        there = np.flatnonzero(place.ravel() == number)
        found[there] = _picture_sizes(project, crops, int(media[number]), frames[there])
    return found


def _picture_sizes(project: Project, crops: Crops, medium: int, frames: Integers) -> Integers:
    """Width and height `(n, 2)` of single pictures of a folder in which they differ; 0 of those that are unreadable."""
    found = np.zeros((len(frames), 2), np.int64)
    try:
        with open_row(project, crops.media[medium], project.cache) as opened:
            files = opened.files if isinstance(opened, Stills) else []
    except InputError:
        return found
    for at, frame in enumerate(frames.tolist()):
        if frame < len(files):
            found[at] = picture_size(files[frame]) or (0, 0)
    return found


def _untaught(crops: Crops, labels: Iterable[int]) -> Iterable[str]:
    names = sorted(crops.labels[label].name for label in labels)
    if names:
        yield f"{_named(names)} left out: no crop to train on."


def _short(examples: Examples) -> Iterable[str]:
    """What the user should know of labels of which there is little."""
    train, val = examples.counts("train"), examples.counts("val")
    single = [name for name, many in zip(examples.labels, train.tolist(), strict=True) if many == 1]
    if single:
        yield f"One example to train on: {_named(single)}; more would help."
    unseen = [name for name, many in zip(examples.labels, val.tolist(), strict=True) if not many]
    if unseen and (examples.splits == VAL).any():
        yield f"No crop for validation: {_named(unseen)}; scores on it say nothing of {_it(unseen)}."


def _named(names: list[str]) -> str:
    some = names if len(names) <= NAMED else [*names[:NAMED], counted(len(names) - NAMED, "more", "more")]
    return listed(some)


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
