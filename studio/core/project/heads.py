"""The folders of named heads: `models/NAME/` with `weights.safetensors` and `card.json`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.core.errors import InputError
from studio.core.files import MOST_CARD_BYTES, sha256_of
from studio.core.project.project import Project
from studio.core.project.row_checks import is_name

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names that Windows keeps for devices


def is_reserved(name: str) -> bool:
    return _RESERVED.fullmatch(name) is not None


def is_head_name(name: str) -> bool:
    """Whether a head, and so its folder, can be called so on every system."""
    return _NAME.fullmatch(name) is not None and not name.endswith(".") and not is_reserved(name)


def head_folder(project: Project, name: str) -> Path:
    """The folder of the head `name`, whether it is there or not.

    Raises:
        InputError: the name is not made of letters, digits, dots, underscores and hyphens, or its folder is a link.
    """
    if not is_head_name(name):
        raise InputError(f"a head cannot be called {name!r}; use letters, digits, '_', '-' and '.', no '.' first")
    folder = project.models / name
    if folder.is_symlink():
        raise InputError(f"{folder} is a link; heads live in the project's own folder")
    return folder


def head_names(project: Project) -> list[str]:
    """Names of the heads of the project, sorted."""
    models = project.models
    if not models.is_dir():
        return []
    return sorted(p.name for p in models.iterdir() if _NAME.fullmatch(p.name) and (p / "card.json").is_file())


def head_problems(project: Project) -> list[str]:
    """A sentence for every head folder whose card or weights are missing, unreadable or do not belong together."""
    models = project.models
    folders = sorted(models.iterdir()) if models.is_dir() else []
    return [problem for folder in folders if not folder.name.startswith(".") and (problem := _problem(project, folder))]


def _problem(project: Project, folder: Path) -> str | None:
    try:
        head_folder(project, folder.name)
    except InputError as error:
        return str(error)
    card, weights = folder / "card.json", folder / "weights.safetensors"
    for file in (card, weights):
        if file.is_symlink() or not file.is_file():
            return f"the head {folder.name} has no {file.name} of its own in {folder}"
    if card.stat().st_size > MOST_CARD_BYTES:
        return f"{card} is too large for a card"
    try:
        expected = json.loads(card.read_text(encoding="utf-8"))["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"{card} is not a card (JSON with the sha256 of the weights)"
    return None if sha256_of(weights) == expected else f"{weights} is not what its card says (sha256 differs)"


def read_head_facts(project: Project, name: str) -> dict[str, Any]:
    """What the card of the head `name` says.

    Raises:
        InputError: its card cannot be read, or does not say it in the form it must have.
    """
    path = head_folder(project, name) / "card.json"
    try:
        if path.stat().st_size > MOST_CARD_BYTES:
            raise InputError(f"{path} is too large for a card")
        card = json.loads(path.read_text(encoding="utf-8"))
        facts = {key: card[key] for key in _FACTS}
        json.dumps(facts, allow_nan=False)  # no NaN or infinity, which JSON cannot pass on
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path} is not the card of a head") from None
    if wrong := [key for key, fits in _FACTS.items() if not fits(facts[key])]:
        raise InputError(f"{path} is not the card of a head (its {wrong[0]} cannot be that)")
    return {"name": name} | facts


def are_labels(value: object) -> bool:
    """Whether `value` can be the labels of a head: a list of different names, one or more."""
    return isinstance(value, list) and all(map(is_name, value)) and 0 < len(value) == len(set(value))


_FACTS: dict[str, Callable[[object], bool]] = {
    "labels": are_labels,
    "backbone": is_name,
    "history": lambda value: type(value) is int and value >= 0,
    "scores": lambda value: isinstance(value, dict),
    "sha256": lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None,
}


def labels_of_heads(project: Project) -> list[list[str]]:
    """The names of the labels that each head knows; unreadable heads know none."""
    found = []
    for name in head_names(project):
        with suppress(InputError):
            found.append([str(label) for label in read_head_facts(project, name)["labels"]])
    return found


def rename_head(project: Project, name: str, new: str) -> None:
    """Call a head something else; what it detects stays the same. Heads are files: this is not in the history.

    Raises:
        InputError: no such head, a name that is taken or impossible, or a read-only project.
    """
    folder, target = known_head(project, name), head_folder(project, new)
    if target.exists():
        raise InputError(f"there is a head {new} already; choose another name")
    read_head_facts(project, name)  # a card that is none is not written again
    was_active = active_head(project) == name
    with project.writing():  # nothing is written, but a project that is open for reading says so
        folder.rename(target)
    card = target / "card.json"
    document = json.loads(card.read_text(encoding="utf-8"))
    partial = card.with_suffix(".partial")
    partial.write_text(json.dumps(document | {"name": new}, indent=2), encoding="utf-8")
    partial.replace(card)
    if was_active:
        set_active_head(project, new)


def delete_head(project: Project, name: str) -> None:
    """Delete the card and the weights of a head, and its folder where nothing else is in it. There is no undo.

    Raises:
        InputError: no such head, one of its files is a link, or a read-only project.
    """
    folder = known_head(project, name)
    files = [folder / "card.json", folder / "weights.safetensors"]
    if any(file.is_symlink() for file in files):
        raise InputError(f"a file of the head {name} is a link in {folder}; remove it by hand")
    if active_head(project) == name:
        set_active_head(project, None)
    with project.writing():
        for file in files:
            file.unlink(missing_ok=True)
    with suppress(OSError):  # somebody else's files are in it
        folder.rmdir()


def known_head(project: Project, name: str) -> Path:
    """The folder of a head that is there.

    Raises:
        InputError: there is none of this name; says which there are.
    """
    if name not in (names := head_names(project)):
        raise InputError(f"unknown head {name!r}; there are: {', '.join(names) or 'none'}")
    return head_folder(project, name)


def active_head(project: Project) -> str | None:
    """The name of the head that the user chose to detect with; None where none was chosen or it is gone."""
    with project.reading():
        found = project.connection.execute("SELECT value FROM facts WHERE name = 'active_head'").fetchone()
    return str(found[0]) if found and found[0] in head_names(project) else None


def set_active_head(project: Project, name: str | None) -> None:
    """Choose the head to detect with; None: no longer a certain one. A choice, no edit: it is not in the history.

    Raises:
        InputError: no such head, or a read-only project.
    """
    if name is not None:
        known_head(project, name)
    with project.writing() as connection:
        connection.execute("DELETE FROM facts WHERE name = 'active_head'")
        if name is not None:
            connection.execute("INSERT INTO facts VALUES ('active_head', ?)", (name,))
