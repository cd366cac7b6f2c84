"""A text file that grows line by line and holds whole lines only, whatever ends the work."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from studio.core.errors import InputError, StudioError


class LineFile:
    """Written under a temporary name beside `path` and renamed on the way out, as a context manager.

    What is finished is kept: an interrupted or failed run leaves its whole lines under the final name too.

    Attributes:
        worth_keeping: whether a failed run leaves anything; set it to False until there is something of use.

    Raises:
        InputError: the file cannot be made.
        StudioError: it cannot be renamed.
        OSError: a line could not be written, a full disk for instance; the lines before it are kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.worth_keeping = True
        self._temporary = path.with_name(f".{path.name}.part")
        self._end = 0

    def __enter__(self) -> Self:
        if self.path.is_dir():
            raise InputError(f"cannot write to {self.path}: it is a folder; give a file name")
        try:
            self._file = self._temporary.open("wb", buffering=0)
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror}; give another file name") from None
        return self

    def put(self, line: str) -> None:
        """Append a line, its end included."""
        rest = line.encode()
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException:
            self._file.truncate(self._end)  # needs no room, and leaves whole lines only
            raise
        self._end = self._file.tell()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is not None and not self.worth_keeping:
            self._temporary.unlink(missing_ok=True)
            return
        try:
            self._temporary.replace(self.path)
        except OSError as problem:
            raise StudioError(
                f"cannot rename to {self.path}: {problem.strerror}; what was written is in {self._temporary}"
            ) from error
