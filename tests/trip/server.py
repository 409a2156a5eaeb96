"""A uvicorn in a thread of the test's own, and a socket to talk to it byte by byte."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(app: Any, level: str = "warning", port: int = 0, **options: Any) -> Iterator[int]:
    """Serve an app on a port of loopback, a free one unless told, and yield the port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level=level, ws="none", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server did not start"
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class Line:
    """One connection: send a request, read as far as you like."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.seen = b""

    def send(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> None:
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "connection: close", *headers]
        if body:
            lines.append(f"content-length: {len(body)}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def read_until(self, wanted: bytes) -> bytes:
        """Read until these bytes have come; fails after ten seconds without them."""
        while wanted not in self.seen:
            got = self._socket.recv(65536)
            assert got, f"the connection ended before {wanted!r}: {self.seen[-200:]!r}"
            self.seen += got
        return self.seen

    def read_all(self) -> bytes:
        while got := self._socket.recv(65536):
            self.seen += got
        self.close()
        return self.seen

    def close(self) -> None:
        self._socket.close()


def exchange(
    port: int, path: str, *headers: str, method: str = "GET", body: bytes = b""
) -> tuple[bytes, list[bytes], bytes]:
    """Return status line, header lines (without `date`) and raw body of one exchange."""
    line = Line(port)
    line.send(path, *headers, method=method, body=body)
    head, _, rest = line.read_all().partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    return status, [each for each in lines if not each.lower().startswith(b"date:")], rest
