"""Errors that a person reads: one sentence saying what is wrong, with which file, and what to do."""

from __future__ import annotations

import os


class StudioError(Exception):
    """The work failed on the way; what was finished is kept. The command line exits with 1."""

    exit_code = 1


class InputError(StudioError):
    """The input, the arguments or the project's state are bad; nothing was changed. The command line exits with 2."""

    exit_code = 2


def said(error: BaseException) -> str:
    """An error as a sentence."""
    if isinstance(error, StudioError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {os.fspath(error.filename)}" if error.filename else str(error)
    return f"unexpected {type(error).__name__}: {error}"
