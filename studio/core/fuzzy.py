"""Finding a command by some of its letters."""

from __future__ import annotations

from collections.abc import Sequence


def score(query: str, text: str) -> int | None:
    """How well `text` answers `query`: its letters in order, best where words begin and letters adjoin.

    Returns:
        Higher is better; None where a letter is missing.
    """
    words, place, points, before = text.casefold(), 0, 0, -2
    for letter in query.casefold().replace(" ", ""):
        found = _best(words, letter, place, before)
        if found < 0:
            return -len(text) if _holds(words, query) else None
        starts = found == 0 or not words[found - 1].isalnum()
        points += 6 * (found == before + 1) + 4 * starts + 1
        before, place = found, found + 1
    return 8 * points - len(text)


def _holds(text: str, query: str) -> bool:
    """Whether all letters are there in order; looking for where words begin may have jumped over some."""
    letters = iter(text)
    return all(letter in letters for letter in query.casefold().replace(" ", ""))


def _best(text: str, letter: str, place: int, before: int) -> int:
    """Where `letter` is: right behind the letter before, else where a word begins, else anywhere from `place`."""
    if before + 1 == place < len(text) and text[place] == letter:
        return place
    found = text.find(letter, place)
    while found >= 0:
        if found == 0 or not text[found - 1].isalnum():
            return found
        found = text.find(letter, found + 1)
    return text.find(letter, place)


def ranked(query: str, texts: Sequence[str]) -> list[int]:
    """Positions of the texts that answer `query`, best first; all of them, in their order, for an empty query."""
    scored = [(points, number) for number, text in enumerate(texts) if (points := score(query, text)) is not None]
    if not query.strip():
        return [number for _, number in scored]
    return [number for _, number in sorted(scored, key=lambda each: (-each[0], each[1]))]
