"""What nobody caught: written to a log, and said in one line."""

from __future__ import annotations

import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from studio.core.paths import user_data
from studio.state.board import Board

MOST_BYTES, OLD_FILES = 1_000_000, 2
log = logging.getLogger("studio")


def log_file() -> Path:
    return user_data() / "log" / "studio.log"


class Accidents(QObject):
    """From the start to `close`, an exception of any thread is a line in the log and one on the board."""

    _happened = Signal(str)  # emitted by any thread

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._board = board
        self._happened.connect(self._say)
        self._handler = _handler()
        log.addHandler(self._handler)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self._caught, self._caught_in_thread

    def close(self) -> None:
        sys.excepthook, threading.excepthook = self._before
        log.removeHandler(self._handler)
        self._handler.close()

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        log.error("unexpected", exc_info=(kind, error, trace))
        first = str(error).splitlines()[0] if str(error) else ""
        self._happened.emit(f"{kind.__name__}{f': {first}' if first else ''}")

    def _caught_in_thread(self, accident: threading.ExceptHookArgs) -> None:
        if accident.exc_value is not None:
            self._caught(accident.exc_type, accident.exc_value, accident.exc_traceback)

    def _say(self, what: str) -> None:
        details = f"{what}\n\nWhere it happened is written in {log_file()}"
        self._board.say("something went wrong in the program; what is saved is safe", "problem", details)


def _handler() -> logging.Handler:
    """A file that is made when first written to; a folder that cannot be is no reason not to start."""
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            log_file(), maxBytes=MOST_BYTES, backupCount=OLD_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(levelname)s %(name)s: %(message)s"))
    return handler
