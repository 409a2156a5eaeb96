"""Worker processes on ports of their own, which stop with the test whatever becomes of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from tests.faults.site.app import Page, read_page

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30.0
"""Seconds for what takes one, on a machine with other work."""


class Restart(Struct, frozen=True):
    """How long a start took until the first answer, and how much of that the machine ran others instead (s)."""

    wall: float
    elsewhere: float

    @property
    def own(self) -> float:
        """Return the seconds that a machine without other work would have shown."""
        return self.wall - self.elsewhere


class Worker:
    """One worker, on a listening socket that outlives it: a restart finds the same port."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port: int = self._listener.getsockname()[1]
        self._log = settings.parent / f"worker-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._stolen = 0.0

    def start(self) -> None:
        """Begin the process; connections wait in the socket's queue until it serves."""
        self._began, self._stolen = time.monotonic(), _stolen()
        descriptor = self._listener.fileno()
        command = [sys.executable, "-m", "tests.faults.site.worker", str(self._settings), str(descriptor)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stderr=log, pass_fds=[descriptor]
            )

    def first_answer(self) -> Restart:
        """Measure how long after its start a customer had a personalised answer."""
        assert self._process is not None
        assert self.page(1).code
        wall = time.monotonic() - self._began
        return Restart(wall, _queued(self._process.pid) + _stolen() - self._stolen)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def ended(self) -> float:
        """Wait until the process ended by itself and return the seconds that took, without others' work."""
        assert self._process is not None
        began, stolen = time.monotonic(), _stolen()
        self._process.wait(PATIENCE)
        return time.monotonic() - began - (_stolen() - stolen)

    def kill(self) -> None:
        """Send SIGKILL; `bury` waits for it."""
        self.signal(signal.SIGKILL)

    def bury(self) -> None:
        """Wait until the process is gone."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.wait(PATIENCE)
        self._process.stdin.close()

    def page(self, customer: int, path: str = "/threaded") -> Page:
        """Return a page as one customer sees it."""
        body = self.ask("GET", path, customer)
        page = read_page(body)
        assert page is not None, body[:300]
        return page

    def ask(self, method: str, path: str, customer: int) -> bytes:
        """Return the whole answer to one request; its status is 200."""
        answer = self._answer(f"{method} {path} HTTP/1.1\r\nx-customer: {customer}")
        assert answer.startswith(b"HTTP/1.1 200 "), (answer[:300], self.log())
        return answer

    def post(self, path: str, customer: int, form: str) -> bytes:
        """Return the whole answer to a form that a page of the site posts."""
        head = (
            f"POST {path} HTTP/1.1\r\nx-customer: {customer}\r\norigin: https://site.example\r\n"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(form)}"
        )
        return self._answer(head, form)

    def log(self) -> str:
        """Return what the worker logged so far, before kills too."""
        return self._log.read_text(encoding="utf-8")

    def _answer(self, head: str, body: str = "") -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as line:
            line.sendall(f"{head}\r\nhost: site.example\r\nconnection: close\r\n\r\n{body}".encode())
            return b"".join(iter(lambda: line.recv(65536), b""))

    def stop(self) -> None:
        """End the process, if it runs, and free the port."""
        if self._process is not None:
            self.kill()
            self.bury()
        self._listener.close()


@contextmanager
def workers(settings: Path, count: int = 2) -> Iterator[list[Worker]]:
    """Yield running workers of one site."""
    group = [Worker(settings) for _ in range(count)]
    try:
        for worker in group:
            worker.start()
        for worker in group:
            worker.page(1)
        yield group
    finally:
        for worker in group:
            worker.stop()


def until(holds: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait until it holds and return after how many seconds it did; fail where it does not in time."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not within {seconds:g} s")
        time.sleep(0.01)
    return time.monotonic() - began


def _queued(pid: int) -> float:
    """Return the seconds that a process was ready to run and did not."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1]) / 1e9
    except OSError:
        return 0.0


def _stolen() -> float:
    """Return the seconds that each processor of a virtual machine was given to others, on average."""
    try:
        fields = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()
        return int(fields[8]) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)
    except (OSError, IndexError):
        return 0.0
