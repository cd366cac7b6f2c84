"""What could be typed next in the filter line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from studio.core.fuzzy import ranked
from studio.core.gallery.fields import FIELDS, Field
from studio.core.gallery.terms import bare, last_term, quoted

MOST = 40  # lines
_BEGUN = re.compile(r'(-?)(?:([A-Za-z_]+)(>=|<=|[:=<>])((?:(?:"(?:[^"]|"")*"|[^,"])*,)*))?(.*)', re.DOTALL)
_REST = re.compile(r'[^\s,"]*"?')


@dataclass(frozen=True)
class Names:
    """What the user's things are called: colours ("#rrggbb") of labels by name, names of media."""

    labels: Mapping[str, str] = field(default_factory=dict)
    media: tuple[str, ...] = ()


class Completion(NamedTuple):
    """A line of the list.

    Attributes:
        text: what stands in the line afterwards, instead of `start`…`end`; a space behind it where the term is done.
        start, end: what it replaces, `end` excluded.
        says: what it means; "" where that is plain.
        color: of a label, else "".
    """

    text: str
    start: int
    end: int
    says: str = ""
    color: str = ""


class _Offer(NamedTuple):
    text: str
    looked_for: str
    done: bool
    says: str = ""
    color: str = ""


def complete(text: str, cursor: int, names: Names) -> list[Completion]:
    """What fits the term that ends at the cursor, best first; nothing where it says so already."""
    parts = _BEGUN.fullmatch(last_term(text[:cursor]))
    assert parts is not None
    minus, name, operator, _, typed = parts.groups()
    start, typed = cursor - len(typed), bare(typed)
    if operator is None:
        offers = [*_fields(bool(minus)), *(_things(names) if typed else ())]
    else:
        offers = list(_values(FIELDS.get(name.lower()), operator, names))
    rest = _REST.match(text, cursor)
    end = rest.end() if rest else cursor
    best = [offers[at] for at in ranked(typed, [offer.looked_for for offer in offers])[:MOST]]
    if best and best[0].done and best[0].text == text[start:end]:
        return []
    space = " " if end == len(text) else ""
    return [Completion(each.text + space * each.done, start, end, each.says, each.color) for each in best]


def _fields(negated: bool) -> Iterator[_Offer]:
    for each in FIELDS.values():
        if each.kind == "flag":
            yield _Offer(each.name, each.name, True, f"not: {each.says}" if negated else each.says)
        else:
            compared = each.kind == "number" and each.name not in ("track", "frame")
            yield _Offer(f"{each.name}{'>' if compared else ':'}", each.name, False, each.says)


def _things(names: Names) -> Iterator[_Offer]:
    for name, color in names.labels.items():
        yield _Offer(f"label:{quoted(name)}", name, True, "", color)
    for name in names.media:
        yield _Offer(f"medium:{quoted(name)}", name, True)


def _values(asked: Field | None, operator: str, names: Names) -> Iterator[_Offer]:
    if asked is None or operator not in ":=":
        return
    if asked.name == "label":
        yield from (_Offer(quoted(name), name, True, "", color) for name, color in names.labels.items())
    elif asked.name == "medium":
        yield from (_Offer(quoted(name), name, True) for name in names.media)
    elif asked.kind == "choice":
        yield from (_Offer(word, word, True) for word in asked.choices)
    elif asked.kind == "number" and asked.name != "frame":
        yield _Offer("none", "none", True, "those without one" if asked.name == "track" else "where it is unknown")
