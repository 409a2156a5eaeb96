"""Servers in processes of their own that are asked in turn by one light client, and what each took.

Entries are indexed in a thread of the server, as by default. After each round that records, the round's own
entries are awaited in the index: what that took of the processor is added to the round's CPU and to its time,
as if the requests had waited for it. The server beside it is watched for as long, for a server that waits takes
something too.

A shared machine changes its speed within a second, so what is compared is milliseconds apart: within a round
the servers take turns of a hundred requests.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.checking import Wrong
from bench.site import login_of
from bench.workload import Person
from personalize.cookbook.indexer import PAUSE

CONNECTIONS = 8
TURN = 100
"""Requests after which it is the other server's turn, within a round that records."""
CLOCK_OF_PROCESS = 2
SETTLING = PAUSE + 0.4
"""Seconds after which what a round recorded is indexed."""


class Cost(NamedTuple):
    """One round: seconds by the wall and by the server process's CPU, per request."""

    wall: float
    cpu: float


class Server:
    """A server process with several kept-alive connections to it, each with one request on its way."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def cpu(self) -> float:
        """Return the CPU seconds that all its threads have used (Linux's clock of another process)."""
        return time.clock_gettime((~self._pid) << 3 | CLOCK_OF_PROCESS)

    def ask(self, requests: Sequence[bytes]) -> list[bytes]:
        """Send all requests and return the bodies, in order. Raises Wrong on any status but 200."""
        bodies: list[bytes] = []
        sockets = self._sockets
        for turn, request in enumerate(requests):
            if turn >= CONNECTIONS:
                bodies.append(_body(sockets[turn % CONNECTIONS]))
            sockets[turn % CONNECTIONS].sendall(request)
        waiting = range(max(0, len(requests) - CONNECTIONS), len(requests))
        return bodies + [_body(sockets[turn % CONNECTIONS]) for turn in waiting]

    def timed(self, requests: Sequence[bytes]) -> Cost:
        """Ask all this and return what a request took."""
        started, clock = self.cpu(), time.perf_counter()
        self.ask(requests)
        wall = time.perf_counter() - clock
        return Cost(wall / len(requests), (self.cpu() - started) / len(requests))

    def close(self) -> None:
        for each in self._sockets:
            each.close()


@contextmanager
def serving(name: str, folder: Path) -> Iterator[Server]:
    """Run one of the apps in a process of its own."""
    command = [sys.executable, "-m", "bench.server", name, str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        with closing(Server(process.pid, int(process.stdout.readline()))) as server:
            yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def side_by_side(bare: Server, ours: Server, requests: Sequence[bytes]) -> tuple[Cost, Cost]:
    """Ask both servers the same in turns, then let both settle; return what a request of each took."""
    servers, spent = (bare, ours), ([0.0, 0.0], [0.0, 0.0])
    for start in range(0, len(requests), TURN):
        for server, sums in zip(servers, spent, strict=True):
            turn = requests[start : start + TURN]
            cost = server.timed(turn)
            sums[0] += cost.wall * len(turn)
            sums[1] += cost.cpu * len(turn)
    answered = [server.cpu() for server in servers]
    time.sleep(SETTLING)
    settled = [server.cpu() - before for server, before in zip(servers, answered, strict=True)]
    one, other = (
        Cost((wall + after) / len(requests), (cpu + after) / len(requests))
        for (wall, cpu), after in zip(spent, settled, strict=True)
    )
    return one, other


def get(path: str, person: Person | None = None) -> bytes:
    user = f"X-User: {login_of(person)}\r\n" if person else ""
    return f"GET {path} HTTP/1.1\r\nHost: www.example.org\r\nAccept: text/html\r\n{user}\r\n".encode()


def _body(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Wrong(f"the server answered {head!r}")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise Wrong("the server closed the connection")
    return data
