"""A name for what a project would train on at this moment: equal content, equal key, however it came about."""

from __future__ import annotations

import hashlib
import marshal
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np

from studio.core.project.project import Project

# What training depends on; history positions, authors, colours and paths are not among it.
_COLUMNS = {
    "media": "id, sha256, size",
    "labels": "id, name",
    "marks": "medium, label, first, last, kind",
    "splits": "medium, track, first, last, split",
    "regions": "id, medium, frame, label, track, x, y, width, height, keyframe, near_duplicate, state",
}
_ROWS = 2_000  # fetched at once
_STABLE = 2  # of marshal's formats: the last in which equal values give equal bytes
_BITS = 256
_MOST = 16  # projects whose newest sum is kept


class _Sum(NamedTuple):
    """What the rows of a position of the history add up to."""

    position: int
    total: int


# By project, and the moment of the history line at that position: a copy that went another way is another one.
_newest: OrderedDict[tuple[str, str], _Sum] = OrderedDict()
_lock = Lock()


def state_key(project: Project, *parameters: object) -> str:
    """64 hexadecimal digits for the present rows of `project` and the `parameters` of a training on them.

    After an undo it is again what it was before, so that the head of that moment is found again. The rows' hashes are
    added up modulo 2^256 (Bellare and Micciancio, A New Paradigm for Collision-free Hashing, 1997: AdHash), so that
    after an edit only what changed is looked at: this is asked after every correction, of 100,000 regions.

    Args:
        project: read inside a transaction of its own, or of the caller's where there is one.
        parameters: everything else that decides what comes of it, such as the hash of the backbone; compared by `str`.
    """
    digest = hashlib.sha256("\x1f".join(map(str, parameters)).encode())
    with project.reading(), project.moment():
        digest.update(_total(project).to_bytes(_BITS // 8))
    return digest.hexdigest()


def examples(project: Project) -> dict[int, int]:
    """The regions that teach: objects, negatives and rejected detections, without near-duplicates.

    By id, each with a number that changes with what it teaches; only to be compared within this process.
    """
    query = (
        "SELECT id, label, x, y, width, height, keyframe, state FROM regions"
        " WHERE until IS NULL AND NOT near_duplicate AND state IN ('visible', 'rejected')"
    )
    with project.reading():
        return {row[0]: hash(row) for row in project.connection.execute(query)}


def _total(project: Project) -> int:
    now = project.position
    same = project.same_moment(now)  # after an undo there is nothing to add up
    with _lock:
        known = [kept for name, kept in _newest.items() if _holds(project, name, kept, now)]
    newest = max(known, default=None)
    returned = next((kept for kept in known if kept.position == same), None)
    if returned is not None:
        total = returned.total
    elif newest is None:
        total = _added(project, "until IS NULL")
    else:
        opened = _added(project, "since > ? AND until IS NULL", newest.position)
        closed = _added(project, "until > ? AND since <= ?", newest.position, newest.position)
        total = (newest.total + opened - closed) % (1 << _BITS)
    with _lock:
        for position in {same, now}:
            name = project.id, _time(project, position)
            _newest[name] = _Sum(position, total)
            _newest.move_to_end(name)
        while len(_newest) > _MOST:
            _newest.popitem(last=False)
    return total


def _holds(project: Project, name: tuple[str, str], kept: _Sum, now: int) -> bool:
    """Whether a sum is of this project's own past."""
    return name[0] == project.id and kept.position <= now and name[1] == _time(project, kept.position)


def _time(project: Project, position: int) -> str:
    found = project.connection.execute("SELECT CAST(time AS TEXT) FROM history WHERE position = ?", (position,))
    return str((found.fetchone() or ("",))[0])


def _added(project: Project, which: str, *values: int) -> int:
    """The sum of the hashes of some versions of rows of all tables."""
    total = 0
    for table, columns in _COLUMNS.items():
        found = project.connection.execute(f"SELECT {columns} FROM {table} WHERE {which}", values)
        start = table.encode()
        while rows := found.fetchmany(_ROWS):
            total += _sum_of([hashlib.sha256(start + marshal.dumps(row, _STABLE)).digest() for row in rows])
    return total % (1 << _BITS)


def _sum_of(digests: Sequence[bytes]) -> int:
    """Of numbers of 256 bits, by their parts of 32: far fewer than 2^32 of those fit into 64 bits."""
    parts = np.frombuffer(b"".join(digests), ">u4").reshape(len(digests), _BITS // 32).sum(0, np.uint64)
    return sum(part << 32 * place for place, part in enumerate(reversed(parts.tolist())))
