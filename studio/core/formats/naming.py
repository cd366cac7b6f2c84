"""Names of files that every system can have, and no two alike."""

from __future__ import annotations

import re
from itertools import count

from studio.core.project.heads import is_reserved
from studio.core.project.row_checks import printable

_TROUBLE = re.compile(r"""[\\/:*?"<>|]""")
_LONGEST = 80  # characters: 255 bytes are allowed, and a number may follow


def clean(text: str, keep_blanks: bool = False) -> str:
    """`text` as the name of a file or folder, without suffix; blanks become underscores, lists of names need that."""
    name = _TROUBLE.sub("_", printable(text))
    name = name if keep_blanks else re.sub(r"\s", "_", name)
    name = name.lstrip(".").rstrip(". ").strip()[:_LONGEST].rstrip(". ")
    while len(name.encode()) > 200:
        name = name[:-1]
    return f"_{name}" if not name or is_reserved(name) else name


def unique(name: str, taken: set[str]) -> str:
    """`name`, or `name-2`, `name-3`, …: the first that is not in `taken`, whatever its case; it is put there."""
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    chosen = next(each for each in names if each.casefold() not in taken)
    taken.add(chosen.casefold())
    return chosen
