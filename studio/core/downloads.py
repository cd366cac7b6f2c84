"""Files of known size and hash from a server: resumed, cancelled, verified, and only then given their name."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pooch
import requests

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.files import sha256_of, size_text

TIMEOUT = (10.0, 30.0)  # seconds to connect, and without a byte
_CHUNK = 1 << 18
_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class RemoteFile:
    """One file on a server.

    Attributes:
        url: where it is.
        sha256: of its content; its first digits are enough where the publisher gives no more.
        bytes: its size, where it is known.
    """

    url: str
    sha256: str
    bytes: int | None = None

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


def problem_of(path: Path, file: RemoteFile) -> str | None:
    """What is wrong with the content of `path` as a copy of `file`; None where nothing is."""
    size = path.stat().st_size
    if file.bytes is not None and size != file.bytes:
        with path.open("rb") as opened:
            if opened.read(len(_POINTER)) == _POINTER:
                return "it is a pointer file of Git LFS, not the weights"
        return f"it has {size:,} bytes, not {file.bytes:,}{' (cut short)' if size < file.bytes else ''}"
    return None if sha256_of(path).startswith(file.sha256) else "its sha256 is another one"


def fetch(
    file: RemoteFile, folder: Path, control: Control | None = None, timeout: tuple[float, float] = TIMEOUT
) -> Path:
    """Download `file` into `folder`, or find it there already.

    What came before an interruption stays beside it as `NAME.partial` and is gone on from, where the server can.

    Raises:
        StudioError: no network, no such file, or other content than expected; nothing is left under its name.
        Cancelled: through `control`.
    """
    pooch.get_logger().setLevel(logging.WARNING)  # it tells of every download on standard error
    target = folder / file.name
    if target.is_file() and problem_of(target, file) is None:
        return target
    target.unlink(missing_ok=True)
    partial = folder / f"{file.name}.partial"

    def download(url: str, output: str, _: object) -> None:
        _receive(url, partial, file.bytes, control or Control(), timeout)
        if problem := problem_of(partial, file):
            partial.unlink()
            raise StudioError(f"{file.name} from {url} is not the file that was expected: {problem}")
        partial.replace(output)

    known = file.sha256 if len(file.sha256) == 64 else None
    try:
        pooch.retrieve(file.url, known, file.name, folder, downloader=download)
    except requests.RequestException as error:
        raise StudioError(f"{file.name} could not be downloaded from {file.url}: {_reason(error)}") from error
    return target


def _receive(url: str, partial: Path, expected: int | None, control: Control, timeout: tuple[float, float]) -> None:
    """Write what is missing of `partial`; raises what requests raises."""
    start = partial.stat().st_size if partial.is_file() else 0
    if expected is not None and start >= expected:
        if start == expected:
            return
        start = 0
    # Compression on the way would make lengths and positions those of something else.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            partial.unlink()  # longer than what the server has now
        response.raise_for_status()
        goes_on = re.match(rf"bytes {start}-", response.headers.get("Content-Range", "")) is not None
        start = start if goes_on else 0
        length = int(response.headers.get("Content-Length", 0))
        total = expected or start + length
        with partial.open("ab" if start else "wb") as output:
            _copy(response, output, start, total, control)
        if length and partial.stat().st_size < start + length:
            raise requests.ConnectionError("the connection was closed before the end")


def _copy(response: Any, output: IO[bytes], done: int, total: int, control: Control) -> None:  # noqa: ANN401 - untyped
    for chunk in response.iter_content(_CHUNK):
        output.write(chunk)
        done += len(chunk)
        text = f"{size_text(done)} of {size_text(total)}" if total else size_text(done)
        control.progress(min(done / total, 1.0) if total else 0.0, text)


def _reason(error: requests.RequestException) -> str:
    """The few words that a person needs of a chain of network errors."""
    response = error.response
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate could not be verified"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "the server stopped answering; what came so far is kept, run it again to go on"
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "closed before the end" in str(error):
        return "the connection was closed before the end; what came so far is kept, run it again to go on"
    return "there is no connection to the server"


def adopt(source: Path, file: RemoteFile, folder: Path) -> Path:
    """Install `source`, fetched by other means, as `file` in `folder`.

    Raises:
        InputError: its content is not that file; nothing is left behind.
    """
    if problem := problem_of(source, file):
        raise InputError(f"{source} is not {file.name}: {problem}; get it from {file.url}")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{file.name}.partial"
    try:
        partial.write_bytes(source.read_bytes())
        partial.replace(folder / file.name)
    finally:
        partial.unlink(missing_ok=True)
    return folder / file.name
