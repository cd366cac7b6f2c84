"""A name for what a project would train on at this moment: equal content, equal key, however it came about."""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator

from studio.core.project.project import Project

# What training depends on; history positions, authors, colours and paths are not among it.
_QUERIES = (
    "SELECT id, sha256, size FROM media WHERE until IS NULL ORDER BY id",
    "SELECT id, name FROM labels WHERE until IS NULL ORDER BY id",
    "SELECT medium, label, first, last, kind FROM marks WHERE until IS NULL ORDER BY medium, label, first, last, kind",
    "SELECT medium, track, first, last, split FROM splits WHERE until IS NULL ORDER BY id",
    "SELECT id, medium, frame, label, track, x, y, width, height, keyframe, near_duplicate, state FROM regions"
    " WHERE until IS NULL ORDER BY medium, frame, id",
)
_ROWS = 2_000  # of one piece
_STABLE = 2  # of marshal's formats: the last in which equal values give equal bytes


def state_key(project: Project, *parameters: object) -> str:
    """64 hexadecimal digits for the present rows of `project` and the `parameters` of a training on them.

    After an undo it is again what it was before, so that the head of that moment is found again.

    Args:
        project: read inside a transaction of its own, or of the caller's where there is one.
        parameters: everything else that decides what comes of it, such as the hash of the backbone; compared by `str`.
    """
    digest = hashlib.sha256("\x1f".join(map(str, parameters)).encode())
    with project.reading():
        for piece in _pieces(project):
            digest.update(piece)
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


def _pieces(project: Project) -> Iterator[bytes]:
    for number, query in enumerate(_QUERIES):
        yield b"\x1e%d" % number
        found = project.connection.execute(query)
        while rows := found.fetchmany(_ROWS):
            # No row objects: a project has 100,000 regions, and this runs after every correction.
            yield marshal.dumps(rows, _STABLE)
