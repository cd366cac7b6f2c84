"""Text, JSON and XML files of other programs, and of strangers: read whole, or refused in one sentence."""

from __future__ import annotations

import codecs
import json
import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from studio.core.errors import InputError

MOST_BYTES = 2**30  # of one file of text; a larger one would not fit into memory once it is read
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PIECE = 2**16  # characters
_DEEPEST = 100  # elements in elements
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file, by its byte order mark where it has one, else in `encoding`.

    Raises:
        InputError: it cannot be read, is too large, or is in another encoding.
    """
    content = _content(path)
    known = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), encoding)
    try:
        text = content.decode(known)
    except LookupError:
        raise InputError(f"{path} says that it is encoded as {known!r}, which is unknown; save it as UTF-8") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not {error.encoding} text (byte {error.start}); save it as UTF-8") from None
    if "\0" in text:
        raise InputError(f"{path} is no text, or in an encoding that it does not name; save it as UTF-8")
    return text


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than 1 GB, more than can be read at once; divide the data set")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def read_json(path: Path) -> Any:  # noqa: ANN401 - a file can hold anything
    """The document in a JSON file.

    Raises:
        InputError: as `read_text`, or it is damaged.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is damaged: {error.msg} in line {error.lineno}; export it again") from None
    except (ValueError, RecursionError):  # numbers of thousands of digits; brackets in brackets
        raise InputError(f"{path} is damaged: it holds what no data set does; export it again") from None


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file that are not empty, stripped, with their numbers from 1."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if stripped := line.strip():
            yield number, stripped


def xml_parts(path: Path, *tags: str) -> Iterator[ElementTree.Element]:
    """The elements below the root of an XML file, one at a time and then forgotten.

    Entities are refused: a file of a few lines could become gigabytes by them.

    Args:
        path: the file.
        tags: the names that its root may have.

    Raises:
        InputError: as `read_text`, it is damaged, has entities, or another root.
    """
    text = _xml_text(path)
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(("start", "end"))
    opened: list[ElementTree.Element] = []
    try:
        for start in range(0, len(text), _PIECE):
            parser.feed(text[start : start + _PIECE])
            yield from _finished(parser.read_events(), opened, path, tags)
        parser.close()
        yield from _finished(parser.read_events(), opened, path, tags)
    except ElementTree.ParseError as error:
        raise InputError(f"{path} is damaged: {error}; export it again") from None


def _finished(
    events: Iterable[Any], opened: list[ElementTree.Element], path: Path, tags: tuple[str, ...]
) -> Iterator[ElementTree.Element]:
    """The elements directly below the root that these events end."""
    for event, element in events:
        if event == "start":
            if not opened and element.tag not in tags:
                raise InputError(f"{path} holds <{element.tag}>, not <{tags[0]}>; choose another file or format")
            opened.append(element)
            if len(opened) > _DEEPEST:
                raise InputError(f"{path} is damaged: it is nested deeper than any data set; export it again")
            continue
        opened.pop()
        if len(opened) == 1:
            yield element
            opened[0].clear()


def _xml_text(path: Path) -> str:
    declared = _DECLARED.match(_head(path))
    text = read_text(path, declared[1].decode("ascii") if declared else "utf-8")
    if "<!ENTITY" in text:
        raise InputError(f"{path} defines entities, which no data set needs; it is not read")
    return re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text, count=1)  # what it declares is not what is parsed


def _head(path: Path, length: int = 400) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def mentions(path: Path, *words: str) -> bool:
    """Whether a file holds all of these words: a look that tells formats apart without reading them."""
    try:
        with path.open("rb") as file:
            if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                content = file.read(2**24).replace(b"\0", b"")
                return all(word.encode() in content for word in words)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                return all(mapped.find(word.encode()) >= 0 for word in words)
    except (OSError, ValueError):  # ValueError: it is empty
        return False


def number(value: Any) -> float:  # noqa: ANN401
    """`value` as a float, NaN where it is none: a box with such a number is left out and counted."""
    if isinstance(value, bool):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def whole(value: Any, other: int | None = None) -> int | None:  # noqa: ANN401
    """`value` as an int, `other` where it is none."""
    found = number(value)
    return int(found) if found.is_integer() and abs(found) < 2**62 else other
