"""Downloads against a server on loopback, well-behaved and not."""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.core.control import Cancelled, Control
from studio.core.downloads import RemoteFile, adopt, fetch
from studio.core.errors import InputError, StudioError
from tests.core.server import Server, running

CONTENT = random.Random(3).randbytes(1_500_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = (2.0, 0.3)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as started:
        started.content = CONTENT
        yield started


def remote(server: Server, way: str, sha256: str = SHA256, size: int | None = len(CONTENT)) -> RemoteFile:
    return RemoteFile(f"{server.address}/{way}/weights.onnx", sha256, size)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_fetches_once_and_finds_it_afterwards(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = fetch(remote(server, "well"), tmp_path / "new")
    assert path.read_bytes() == CONTENT
    assert fetch(remote(server, "well"), tmp_path / "new") == path
    assert len(server.ranges) == 1
    assert names(tmp_path / "new") == ["weights.onnx"]
    assert capfd.readouterr() == ("", "")


def test_reports_progress(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    fetch(remote(server, "well"), tmp_path, Control(lambda fraction, text: seen.append((fraction, text))))
    assert seen[-1] == (1.0, "1.5 MB of 1.5 MB")
    assert [fraction for fraction, _ in seen] == sorted(fraction for fraction, _ in seen)


def test_the_first_digits_of_a_hash_and_no_size_are_enough(server: Server, tmp_path: Path) -> None:
    assert fetch(remote(server, "well", SHA256[:8], None), tmp_path).read_bytes() == CONTENT
    with pytest.raises(StudioError, match="sha256"):
        fetch(remote(server, "corrupt", SHA256[:8], None), tmp_path / "other")
    assert names(tmp_path / "other") == []


def test_replaces_a_damaged_copy(server: Server, tmp_path: Path) -> None:
    (tmp_path / "weights.onnx").write_bytes(CONTENT[:-1] + b"?")
    assert fetch(remote(server, "well"), tmp_path).read_bytes() == CONTENT


def test_cut_short_is_kept_apart_and_gone_on_from(server: Server, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"closed before the end.*run it again"):
        fetch(remote(server, "truncated"), tmp_path)
    assert names(tmp_path) == ["weights.onnx.partial"]
    assert fetch(remote(server, "well"), tmp_path).read_bytes() == CONTENT
    assert server.ranges[0] is None and (server.ranges[1] or "").startswith("bytes=")
    assert names(tmp_path) == ["weights.onnx"]


def test_starts_again_where_the_server_cannot_go_on(server: Server, tmp_path: Path) -> None:
    (tmp_path / "weights.onnx.partial").write_bytes(CONTENT[:1000])
    assert fetch(remote(server, "norange"), tmp_path).read_bytes() == CONTENT


def test_a_partial_file_of_something_else_does_no_lasting_harm(server: Server, tmp_path: Path) -> None:
    (tmp_path / "weights.onnx.partial").write_bytes(b"something else")
    with pytest.raises(StudioError, match="sha256"):
        fetch(remote(server, "well"), tmp_path)
    assert fetch(remote(server, "well"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("corrupt", "sha256 is another"),
        ("pointer", "pointer file of Git LFS, not the weights"),
        ("missing", "404 Not Found"),
        ("stalled", "stopped answering"),
    ],
)
def test_bad_answers_leave_nothing_under_the_name(server: Server, tmp_path: Path, way: str, reason: str) -> None:
    with pytest.raises(StudioError, match=reason) as caught:
        fetch(remote(server, way), tmp_path, timeout=QUICK)
    assert caught.value.exit_code == 1
    assert "weights.onnx" in str(caught.value) and server.address in str(caught.value)
    assert "weights.onnx" not in names(tmp_path)


def test_without_a_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(StudioError, match="no connection to the server"):
        fetch(RemoteFile(f"http://127.0.0.1:{port}/weights.onnx", SHA256), tmp_path, timeout=QUICK)


def test_cancelling_keeps_what_came(server: Server, tmp_path: Path) -> None:
    control = Control(lambda fraction, text: control.cancel())
    with pytest.raises(Cancelled):
        fetch(remote(server, "well"), tmp_path, control)
    assert names(tmp_path) == ["weights.onnx.partial"]
    assert fetch(remote(server, "well"), tmp_path).read_bytes() == CONTENT
    assert server.ranges[1] is not None


def test_adopts_a_file_fetched_by_other_means(tmp_path: Path) -> None:
    source, folder = tmp_path / "elsewhere.onnx", tmp_path / "cache"
    file = RemoteFile("http://nowhere/weights.onnx", SHA256, len(CONTENT))
    source.write_bytes(CONTENT[:-5])
    with pytest.raises(InputError, match="cut short"):
        adopt(source, file, folder)
    assert not folder.exists()
    source.write_bytes(CONTENT)
    assert adopt(source, file, folder).read_bytes() == CONTENT
    assert names(folder) == ["weights.onnx"]
