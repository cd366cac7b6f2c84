"""The table of commands, and what happens to an error on its way out.

Nothing of the commands is imported where the window is wanted: it should be there at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from studio import __version__
from studio.core.errors import StudioError

if TYPE_CHECKING:
    import typer

# Each module has a function of the command's name and imports nothing heavy at its top.
COMMANDS: tuple[str, ...] = (
    "window",
    "demo",
    "new",
    "info",
    "check",
    "history",
    "undo",
    "redo",
    "restore",
    "trust",
    "label",
    "fit",
    "train",
    "recipes",
    "detect",
    "evaluate",
    "compare",
    "runs",
    "heads",
    "labels",
    "media",
    "marks",
    "import",
    "export",
    "crops",
    "duplicates",
    "mine",
    "copy",
    "split",
    "merge",
    "models",
    "frames",
    "filter",
    "layers",
    "features",
    "doctor",
    "bench",
)
# Where a module cannot be called as its command.
_MODULES = {"import": "importing", "export": "exporting"}

INTERRUPTED = 130


def _version(wanted: bool) -> None:
    if wanted:
        import typer

        print(f"studio {__version__}")
        raise typer.Exit


def _build() -> typer.Typer:
    import typer

    app = typer.Typer(
        name="studio",
        help="Point at a thing in a video; seconds later have a detector for it. Without a command, or with the folder "
        "of a project instead of one, the window opens.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def studio(
        version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
        debug: bool = typer.Option(False, "--debug", help="Show tracebacks."),
    ) -> None:
        pass

    for name in COMMANDS:
        called = _MODULES.get(name, name)
        module = import_module(f"studio.cli.{called}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name, context_settings=getattr(module, "CONTEXT", None))(getattr(module, called))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    words = [word for word in arguments if word != "--debug"]
    debug = len(words) != len(arguments)
    try:
        if not words or _is_project(words):
            from studio.cli.opening import open_window

            open_window(Path(words[0]) if words else None)
        import typer

        result = typer.main.get_command(_build()).main(words, prog_name="studio", standalone_mode=False)
        if result == INTERRUPTED:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except BaseException as error:  # noqa: BLE001 - the one place where every error becomes a line and an exit code
        if debug:
            import traceback

            traceback.print_exc()
        code, text = _verdict(error)
        if text:
            from studio.cli.manners import say

            say(text if debug or code == INTERRUPTED else text.replace("\n", " "))
        return code


def _is_project(words: Sequence[str]) -> bool:
    """Whether a command line is the folder of a project to open; the names of commands win."""
    word = words[0]
    if len(words) > 1 or word.startswith("-") or word in COMMANDS:
        return False
    return Path(word).exists() or os.sep in word


def _verdict(error: BaseException) -> tuple[int, str]:
    """Exit code and the line for an error."""
    if isinstance(error, SystemExit):
        return (error.code if isinstance(error.code, int) else 1), ""
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return INTERRUPTED, "interrupted; what was finished is kept"
    if isinstance(error, StudioError):
        return error.exit_code, f"error: {error}"
    if hasattr(error, "format_message"):  # a usage error of click, which typer may carry as its own copy
        message = error.format_message()  # empty where the help was asked for by saying nothing
        return (2, f"error: {message} (see studio --help)") if message else (0, "")
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; say nothing on the way out
        return 1, ""
    import sqlite3

    from studio.core.files import FULL

    full = isinstance(error, OSError) and error.errno in FULL
    if full or (isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error)):
        name = getattr(error, "filename", None)
        return (
            1,
            f"error: the disk is full{f' ({name})' if name else ''}; what was finished is kept, make room and go on",
        )
    if isinstance(error, OSError):
        return 1, f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return 1, f"error: unexpected {type(error).__name__}: {error}; --debug shows where"


def main() -> None:
    """Entry point of the `studio` command."""
    sys.exit(run(sys.argv[1:]))
