"""The language of the filter line: `label:cup doubt>0.3 medium:"garden*" -reviewed`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.gallery.crops import Crops
from studio.core.gallery.fields import FIELDS, Field, column, flags, numbers, takes_work, track_ids
from studio.core.gallery.terms import Term, terms

Mask = NDArray[np.bool_]


class Clause(Protocol):
    """What a term asks."""

    def mask(self, crops: Crops) -> Mask: ...


@dataclass(frozen=True)
class Query:
    """What is looked for; made by `parse`.

    Attributes:
        terms: as they stand in the line.
        clauses: of the terms; a crop is found by all of them.
        needs: the measures it asks for that somebody has to compute.
    """

    terms: tuple[Term, ...]
    clauses: tuple[Clause, ...]
    needs: frozenset[str]

    def mask(self, crops: Crops) -> Mask:
        """bool `(n,)`: which crops are found.

        Raises:
            InputError: there is no label or medium of a name.
        """
        found = np.ones(len(crops), bool)
        for clause in self.clauses:
            found &= clause.mask(crops)
        return found


def parse(text: str) -> Query:
    """Understand a line.

    Raises:
        InputError: says which term is wrong, and how.
    """
    found = tuple(terms(text))
    needs = frozenset(term.field for term in found if takes_work(term.field))
    return Query(found, tuple(_clause(term) for term in found), needs)


def _clause(term: Term) -> Clause:
    field = FIELDS.get(term.field)
    if term.operator and field is None:
        raise InputError(f"in {term.text}: there is no {term.field!r}{nearest(term.field, FIELDS)}")
    if field is not None and field.kind == "number":
        return _numbers(term)
    clause = _word(term) if field is None else _named(term, field)
    return _Not(clause) if term.negated else clause


def _named(term: Term, field: Field) -> Clause:
    if field.kind == "flag":
        raise InputError(f"in {term.text}: write {field.name} or -{field.name}")
    if not term.values:
        raise InputError(f"in {term.text}: which {field.name}?")
    if term.operator not in ":=":
        raise InputError(f"in {term.text}: write {field.name}:{term.values[0]}")
    if field.kind == "names":
        return _Names(field.name, term.values)
    return _Choice(field.name, tuple(_choice(term, field, value) for value in term.values))


def _numbers(term: Term) -> Clause:
    if not term.values:
        raise InputError(f"in {term.text}: what number?")
    return _Number(term.field, term.negated, tuple(_span(term, value) for value in term.values))


def _word(term: Term) -> Clause:
    """A flag, or a word to look for; the name of another field alone says nothing."""
    field = FIELDS.get(term.text.removeprefix("-").lower())
    if field is None:
        return _Word(term.values[0])
    if field.kind != "flag":
        example = f"{field.name}>0.5" if field.kind == "number" else f"{field.name}:…"
        raise InputError(f"in {term.text}: write {example}")
    return _Flag(field.name)


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; is it 'cup'?", or nothing where no name is like it."""
    found = get_close_matches(name, list(known), 1)
    return f"; is it {found[0]!r}?" if found else ""


# What is asked -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Not:
    clause: Clause

    def mask(self, crops: Crops) -> Mask:
        return ~self.clause.mask(crops)


@dataclass(frozen=True)
class _Flag:
    field: str

    def mask(self, crops: Crops) -> Mask:
        return flags(crops, self.field)


@dataclass(frozen=True)
class _Choice:
    field: str
    chosen: tuple[int, ...]

    def mask(self, crops: Crops) -> Mask:
        values = column(crops, self.field)
        return reduce(np.logical_or, (values == each for each in self.chosen))


@dataclass(frozen=True)
class _Names:
    field: str
    patterns: tuple[str, ...]

    def mask(self, crops: Crops) -> Mask:
        called = _labels(crops) if self.field == "label" else _media(crops)
        matched: set[int] = set()
        for pattern in self.patterns:
            found = _called(pattern, called)
            if not found and self.field == "label":  # as a search that was kept before the label was renamed calls it
                found = _called(pattern, {row: (name,) for name, row in crops.former.items() if row in called})
            if not found and "*" not in pattern:
                known = [names[0] for names in called.values()]
                raise InputError(f"there is no {self.field} {pattern!r}{nearest(pattern, known)}")
            matched |= found
        return _among(crops.table.labels if self.field == "label" else crops.table.media, matched)


@dataclass(frozen=True)
class _Word:
    """Somewhere in the name of the label or of the medium."""

    word: str

    def mask(self, crops: Crops) -> Mask:
        pattern = f"*{self.word}*"
        media = {medium: names[:1] for medium, names in _media(crops).items()}
        by_label = _among(crops.table.labels, _called(pattern, _labels(crops)))
        return by_label | _among(crops.table.media, _called(pattern, media))


@dataclass(frozen=True)
class _Span:
    """Numbers from `low` to `high`; `open`: without these two; `unknown`: no number at all."""

    low: float = -math.inf
    high: float = math.inf
    open: bool = False
    unknown: bool = False

    def holds(self, values: NDArray[np.int64] | NDArray[np.float32]) -> Mask:
        if self.unknown:
            return np.isnan(values)
        if self.open:
            return (values > self.low) & (values < self.high)
        return (values >= self.low) & (values <= self.high)


@dataclass(frozen=True)
class _Number:
    """What is unknown is found neither by a comparison nor by its negation."""

    field: str
    negated: bool
    spans: tuple[_Span, ...]

    def mask(self, crops: Crops) -> Mask:
        if self.field == "track":
            return self._tracks(crops) ^ self.negated
        values = numbers(crops, self.field)
        found = reduce(np.logical_or, (span.holds(values) for span in self.spans))
        asks_unknown = any(span.unknown for span in self.spans)
        return (~found if asks_unknown else ~found & ~np.isnan(values)) if self.negated else found

    def _tracks(self, crops: Crops) -> Mask:
        ids = track_ids(crops.table)
        wanted: set[int] = set()
        for span in self.spans:
            if span.unknown:
                wanted.add(0)
            elif span.low == span.high > len(ids):
                wanted.add(int(span.low))  # an id, as the command line lists it
            else:
                numbered = np.arange(1, len(ids) + 1)
                wanted.update(ids[span.holds(numbered)].tolist())
        return _among(crops.table.tracks, wanted)


# Reading values ------------------------------------------------------------------------------------------------------


def _choice(term: Term, field: Field, value: str) -> int:
    if value.lower() not in field.choices:
        one_of = f"; there are: {', '.join(field.choices)}"
        raise InputError(f"in {term.text}: no {field.name} is called {value!r}{one_of}")
    return field.choices.index(value.lower())


def _span(term: Term, value: str) -> _Span:
    if value.lower() == "none" and term.operator in ":=":
        return _Span(unknown=True)
    if term.operator in ":=":
        low, dots, high = value.partition("..")
        return _Span(
            _number(term, low) if low or not dots else -math.inf,
            _number(term, high) if high else math.inf if dots else _number(term, low),
        )
    number, open_ = _number(term, value), len(term.operator) == 1
    return _Span(number, open=open_) if term.operator[0] == ">" else _Span(high=number, open=open_)


def _number(term: Term, text: str) -> float:
    """A whole number stays whole: ids of tracks are larger than what a float holds."""
    try:
        number = int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    except ValueError:
        raise InputError(f"in {term.text}: {text!r} is not a number") from None
    if math.isnan(number) or abs(number) >= 2**63:
        raise InputError(f"in {term.text}: {text!r} is not a number")
    return number


# Names ---------------------------------------------------------------------------------------------------------------


def _labels(crops: Crops) -> dict[int, tuple[str, ...]]:
    return {label: (row.name,) for label, row in crops.labels.items()}


def _media(crops: Crops) -> dict[int, tuple[str, ...]]:
    """What each medium may be called: its file's name, that without its ending, its path."""
    found: dict[int, tuple[str, ...]] = {}
    for medium, row in crops.media.items():
        name = row.path.rsplit("/", 1)[-1]
        found[medium] = name, name.rpartition(".")[0] or name, row.path
    return found


def _called(pattern: str, called: dict[int, tuple[str, ...]]) -> set[int]:
    """The ids of those that have a name like `pattern`, whose stars stand for any letters."""
    wanted = re.compile(".*".join(map(re.escape, pattern.casefold().split("*"))), re.DOTALL)
    return {row for row, names in called.items() if any(wanted.fullmatch(name.casefold()) for name in names)}


def _among(values: NDArray[np.int64], wanted: Iterable[int]) -> Mask:
    """Which of `values` are among the wanted ones, few or many."""
    ids: Sequence[int] = sorted(wanted)
    if len(ids) <= 8:
        return reduce(np.logical_or, (values == each for each in ids), np.zeros(len(values), bool))
    known = np.array(ids, np.int64)
    there: Mask = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return there
