"""A server on loopback that behaves well or badly, by the first part of the path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves `content` at `/well/…`, `/norange/…`, `/truncated/…`, `/corrupt/…`, `/stalled/…`, `/pointer/…`."""

    daemon_threads = True
    content = b""
    # What a client that gave up does to a thread that is still writing is no news.
    handle_error = staticmethod(lambda request, address: None)  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []
        self.release = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        way = self.path.split("/")[1]
        body = self.server.content
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if way == "pointer":
            body = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
        elif way == "corrupt":
            body = body[:-1] + bytes([body[-1] ^ 1])
        elif way not in ("well", "norange", "truncated", "stalled"):
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and way != "norange" else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[start:half] if way in ("truncated", "stalled") else body[start:])
        if way == "stalled":
            self.wfile.flush()
            self.server.release.wait(20)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
