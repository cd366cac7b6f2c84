"""The text of the filter line as terms, and what may be done to one of them: chips and the line are the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TERM = re.compile(r'(?:"(?:[^"]|"")*"?|[^\s"])+')
_PARTS = re.compile(r"(?P<field>[A-Za-z_]+)(?P<operator>>=|<=|[:=<>])(?P<values>.*)", re.DOTALL)
_VALUE = re.compile(r'((?:"(?:[^"]|"")*"?|[^,"])*)(?:,|$)')
_QUOTED = re.compile(r'"((?:[^"]|"")*)"?')
_PLAIN = re.compile(r"[^\s\",:=<>-][^\s\",:=<>]*")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition as it stands in the line.

    Attributes:
        start, end: where in the text, `end` excluded.
        text: as it was typed.
        negated: it begins with a minus.
        field: in small letters; "" for a plain word.
        operator: ":", "=", "<", "<=", ">" or ">="; "" for a plain word.
        values: without quotes; several mean or.
    """

    start: int
    end: int
    text: str
    negated: bool
    field: str
    operator: str
    values: tuple[str, ...]


def terms(text: str) -> list[Term]:
    """The terms of a line; a quote that is not closed reaches to its end, a minus alone says nothing yet."""
    return [_term(found.group(), found.start()) for found in _TERM.finditer(text) if found.group() != "-"]


def last_term(text: str) -> str:
    """The term that reaches to the end of `text`, as it is typed; "" behind a blank."""
    found = [each for each in _TERM.finditer(text) if each.end() == len(text)]
    return found[0].group() if found else ""


def _term(text: str, start: int) -> Term:
    negated = text.startswith("-")
    rest = text[negated:]
    found = _PARTS.fullmatch(rest)
    if found is None:
        return Term(start, start + len(text), text, negated, "", "", (bare(rest),))
    values = tuple(bare(value) for value in _VALUE.findall(found["values"]) if value)
    return Term(start, start + len(text), text, negated, found["field"].lower(), found["operator"], values)


def bare(value: str) -> str:
    """Without its quotes; two of them inside quotes are one."""
    return _QUOTED.sub(lambda found: found[1].replace('""', '"'), value)


def quoted(name: str) -> str:
    """`name` so that it is one value."""
    if _PLAIN.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def without(text: str, term: Term) -> str:
    """The line without one of its terms."""
    before, after = text[: term.start].rstrip(), text[term.end :].lstrip()
    return f"{before} {after}" if before and after else before + after


def with_term(text: str, new: str) -> str:
    """The line with one more term at its end."""
    return f"{text.rstrip()} {new}".strip()


def with_only(text: str, field: str, new: str) -> str:
    """The line with `new` in the place of what it asks of `field`, but for what it excludes; "" asks nothing."""
    asked = [term for term in terms(text) if term.field == field and not term.negated]
    for term in reversed(asked[1:]):
        text = without(text, term)
    if not asked:
        return with_term(new, text)
    if not new:
        return without(text, asked[0])
    return text[: asked[0].start] + new + text[asked[0].end :]


def renamed(text: str, field: str, names: Mapping[str, str]) -> str:
    """The line with other names, by the old ones in small letters, where it asks or excludes these by `field`."""
    for term in reversed(terms(text)):
        if term.field == field and any(value.casefold() in names for value in term.values):
            begins = text[term.start : term.start + term.negated + len(field) + len(term.operator)]
            values = ",".join(quoted(names.get(value.casefold(), value)) for value in term.values)
            text = f"{text[: term.start]}{begins}{values}{text[term.end :]}"
    return text


def said(term: Term) -> str:
    """A term in words, for a chip."""
    values = [f"“{value}”" if not value or value != value.strip() else value for value in term.values]
    if not term.operator:
        words = values[0].replace("_", " ") if values else ""
    elif term.operator in ":=":
        words = f"{term.field}: {' or '.join(value.replace('..', ' to ') for value in values)}"
    else:
        words = f"{term.field} {term.operator} {' or '.join(values)}".replace(">=", "≥").replace("<=", "≤")
    return f"not {words}" if term.negated else words
