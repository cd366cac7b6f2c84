"""A head as one file: an uncompressed zip of its card and its weights."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.core.errors import InputError
from studio.core.files import MOST_CARD_BYTES, own_place, sha256_of_bytes
from studio.core.project import Project
from studio.core.project.heads import head_folder

MEMBERS = ("card.json", "weights.safetensors")
MOST_BYTES = {"card.json": MOST_CARD_BYTES, "weights.safetensors": 1 << 32}  # largest of torchvision's: 2.6 GB


def export_head(folder: Path, file: Path) -> None:
    """Write the head in `folder` to `file`, whole or not at all.

    Raises:
        InputError: the file is there already, or its folder is not.
    """
    if file.exists():
        raise InputError(f"{file} is there already; nothing is overwritten, choose another name")
    if not file.parent.is_dir():
        raise InputError(f"there is no folder {file.parent}; make it first")
    partial = file.with_name(f".{file.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w") as archive:
            for member in MEMBERS:
                archive.write(folder / member, member)
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)


def import_head(project: Project, file: Path, name: str | None, verify: Callable[[Path], object]) -> str:
    """Take a head from `file` into `project`, open for writing; returns its name.

    Args:
        project: open for writing.
        file: made by `export_head`, or by a stranger.
        name: of the head here; None: the one it had.
        verify: raises an InputError where a folder holds no head that this program can use.

    Raises:
        InputError: no such file, no head, damaged, or the name is taken.
    """
    facts, weights = _read(file)
    if sha256_of_bytes(weights) != facts["sha256"]:
        raise InputError(f"the head in {file} is damaged (its sha256 differs from its card's); export it again")
    folder = head_folder(project, name or facts["name"])
    if folder.exists():
        raise InputError(f"there is a head {folder.name} already and heads do not change; give another --name")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with own_place(folder.parent) as place:
        staged = place / folder.name
        staged.mkdir()
        facts["name"] = folder.name
        (staged / "card.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
        (staged / "weights.safetensors").write_bytes(weights)
        try:
            verify(staged)
        except InputError as error:
            raise InputError(f"{file} holds no head that can be used: {error}") from None
        staged.rename(folder)
    return folder.name


def name_in(file: Path) -> str:
    """What the head in `file` was called.

    Raises:
        InputError: no such file, or no head.
    """
    return str(_read(file)[0]["name"])


def _read(file: Path) -> tuple[dict[str, Any], bytes]:
    card, weights = _members(file)
    try:
        facts: dict[str, Any] = json.loads(card)
        facts |= {"name": str(facts["name"]), "sha256": str(facts["sha256"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{file} holds no head (its card.json is not one)") from None
    return facts, weights


def _members(file: Path) -> tuple[bytes, bytes]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sorted(archive.namelist()) != sorted(MEMBERS):
                raise InputError(f"{file} holds no head; a head is a zip of {' and '.join(MEMBERS)}")
            if any(info.file_size > MOST_BYTES[info.filename] for info in archive.infolist()):
                raise InputError(f"{file} is too large for a head")
            if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):  # no zip bombs
                raise InputError(f"{file} holds no head; a head is a zip without compression")
            card, weights = (archive.read(member) for member in MEMBERS)
            return card, weights
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error):
        if file.suffix.lower() == ".onnx":
            raise InputError(f"{file} is for other programs; import the head exported as NAME.zip") from None
        raise InputError(f"{file} is no head, or is damaged; export it again") from None
