"""Requests over HTTP: each app in a server process of its own, asked in turn by one light client.

`bare` is Starlette's hello; `noop` the same behind an empty middleware; `visitorless` the same behind ours,
with a login that finds nobody. The others are pages of three slots that visitors log in to, every decision
recorded, so three entries a request:

`recorded`  the headline: a returning reader on a page they have not read. Two slots ask nothing about the
            page; the rules of the third read its number, so the page is decided anew and its entries are in full.
`repeat`    a returning reader, unchanged inputs: three entries that repeat.
`new`       a returning reader, three slots that all ask about the page: three decisions on first sight.
`first`     a person this process has not seen: their profile and consents are read from the store too.
`stranger`  nobody logged in: three public outcomes, counted and not recorded.

Entries are indexed in a thread of the server, as by default. After each round that records, the round's own
entries are awaited in the index: what that took of the processor is added to the round's CPU and to its time,
as if the requests had waited for it, and no other kind of request pays for it. The bare server is watched for as
long, for a server that waits takes something too.

A shared machine changes its speed within a second, so what is compared is milliseconds apart: within a round
the servers take turns of a hundred requests. Each ratio is the median over rounds; absolute figures are
medians too.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.checking import Wrong, check_count
from bench.evaluator import expected, expected_on
from bench.server import MIXED, PAGE, THREE
from bench.site import build, load, login_of, seed
from bench.workload import Person, people
from personalize.cookbook.indexer import PAUSE

CONNECTIONS = 8
REQUESTS = 3000
TURN = 100
"""Requests after which it is the other server's turn, within a round that records."""
ROUNDS = 8
VISITORS = 400
CLOCK_OF_PROCESS = 2
SETTLING = PAUSE + 0.4
"""Seconds after which what a round recorded is indexed."""
RECORDING = ("repeat", "recorded", "new", "first")
LIGHT_REQUESTS, LIGHT_ROUNDS = 500, 100
LIGHT = {
    "hello": ("bare", "/"),
    "noop": ("noop", "/"),
    "visitorless": ("personalized", "/"),
    "stranger": ("personalized", "/slots"),
}
"""Kinds of page that record nothing, and the server and path of each."""


class Cost(NamedTuple):
    """One round: seconds by the wall and by the server process's CPU, per request."""

    wall: float
    cpu: float


Costs = dict[str, list[Cost]]


class Server(NamedTuple):
    """A server process and where it listens."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Return the CPU seconds that all its threads have used (Linux's clock of another process)."""
        return time.clock_gettime((~self.pid) << 3 | CLOCK_OF_PROCESS)


class Client:
    """Several kept-alive connections, each with one request on its way."""

    def __init__(self, port: int) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

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

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures of requests. Raises Wrong where a page shows what it must not."""
    today = date.today()  # noqa: DTZ011  # the machine's own day; no rule turns near it
    persons = people(1, VISITORS + REQUESTS * (ROUNDS + 1), today)
    personalizer = build(folder)
    seed(personalizer.open(), persons)
    personalizer.close()
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serving(name, folder)) for name in ("bare", "noop", "personalized")}
        clients = {name: Client(server.port) for name, server in servers.items()}
        _check_pages(clients["personalized"], persons[:VISITORS], today)
        costs = _light_rounds(servers, clients) | _recording_rounds(servers, clients, persons)
        for client in clients.values():
            client.close()
    _check_recorded(folder)
    return _figures(costs)


@contextmanager
def serving(name: str, folder: Path) -> Iterator[Server]:
    """Run one of the apps in a process of its own."""
    command = [sys.executable, "-m", "bench.server", name, str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        yield Server(process.pid, int(process.stdout.readline()))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _check_pages(client: Client, persons: Sequence[Person], today: date) -> None:
    """Check that each of these visitors sees the right three variants under a visit code, a stranger none."""
    for path, slots in (("/slots", THREE), ("/article", MIXED), ("/different", PAGE)):
        bodies = client.ask([_get(f"{path}?{person.number}", person) for person in persons])
        for person, body in zip(persons, bodies, strict=True):
            *variants, code = body.decode().split()
            right = expected(person.usable, today) | expected_on(person.usable, person.number)
            if variants != [right[slot] for slot in slots] or len(code) != 9:
                raise Wrong(f"{path} for {person.number} says {body!r}, right is {right}")


def _light_rounds(servers: dict[str, Server], clients: dict[str, Client]) -> Costs:
    """Ask for pages that record nothing: many short rounds, so that what is compared is milliseconds apart."""
    costs: Costs = {}
    for number in range(LIGHT_ROUNDS + 1):
        for what, (name, path) in LIGHT.items():
            cost = _cost(servers[name], clients[name], [_get(path)] * LIGHT_REQUESTS)
            if number:
                costs.setdefault(what, []).append(cost)
    return costs


def _recording_rounds(servers: dict[str, Server], clients: dict[str, Client], persons: Sequence[Person]) -> Costs:
    costs: Costs = {}
    for number in range(ROUNDS + 1):
        known = [persons[turn % VISITORS] for turn in range(REQUESTS)]
        fresh = persons[VISITORS + number * REQUESTS :][:REQUESTS]
        pages = range(number * REQUESTS, (number + 1) * REQUESTS)
        plan = {
            "repeat": [_get("/slots", person) for person in known],
            "recorded": [_get(f"/article?{page}", person) for page, person in zip(pages, known, strict=True)],
            "new": [_get(f"/different?{page}", person) for page, person in zip(pages, known, strict=True)],
            "first": [_get("/slots", person) for person in fresh],
        }
        for what, requests in plan.items():
            beside, cost = _beside(servers, clients, requests)
            if number:
                costs.setdefault(what, []).append(cost)
                costs.setdefault("bare", []).append(beside)
                costs.setdefault(f"bare_by_{what}", []).append(beside)
    return costs


def _beside(servers: dict[str, Server], clients: dict[str, Client], requests: Sequence[bytes]) -> tuple[Cost, Cost]:
    """Ask the bare server and ours the same in turns, then let both settle; return what each took."""
    spent = {name: [0.0, 0.0] for name in ("bare", "personalized")}
    for start in range(0, len(requests), TURN):
        for name, sums in spent.items():
            turn = requests[start : start + TURN]
            cost = _cost(servers[name], clients[name], turn)
            sums[0] += cost.wall * len(turn)
            sums[1] += cost.cpu * len(turn)
    answered = {name: servers[name].cpu() for name in spent}
    time.sleep(SETTLING)
    settled = {name: servers[name].cpu() - answered[name] for name in spent}
    bare, ours = (
        Cost((wall + settled[name]) / len(requests), (cpu + settled[name]) / len(requests))
        for name, (wall, cpu) in spent.items()
    )
    return bare, ours


def _cost(server: Server, client: Client, requests: Sequence[bytes]) -> Cost:
    started, clock = server.cpu(), time.perf_counter()
    client.ask(requests)
    wall = time.perf_counter() - clock
    return Cost(wall / len(requests), (server.cpu() - started) / len(requests))


def _get(path: str, person: Person | None = None) -> bytes:
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


def _check_recorded(folder: Path) -> None:
    """Check that every decision on a page of a known visitor has its entry."""
    wanted = len(THREE) * (3 * VISITORS + len(RECORDING) * REQUESTS * (ROUNDS + 1))
    personalizer = load(folder)
    house = personalizer.open()
    house.indexer.drain()
    check_count(house, wanted)
    personalizer.close()


def _figures(costs: Costs) -> dict[str, float]:
    cpu = {name: median(cost.cpu for cost in found) for name, found in costs.items() if "_" not in name}
    wall = {name: median(cost.wall for cost in found) for name, found in costs.items() if "_" not in name}
    return {
        "request_vs_bare_rps": _speed(costs, "recorded"),
        "request_added_cpu_vs_bare": _ratio(costs, "recorded", "bare_by_recorded") - 1,
        "visitorless_vs_noop_cpu": _ratio(costs, "visitorless", "noop"),
        "stranger_three_slots_vs_noop_cpu": _ratio(costs, "stranger", "noop"),
        "noop_vs_bare_cpu": _ratio(costs, "noop", "hello"),
        **{f"request_{what}_vs_bare_rps": _speed(costs, what) for what in ("repeat", "new", "first")},
        **{f"request_{name}_cpu_us": seconds * 1e6 for name, seconds in cpu.items()},
        **{f"request_{name}_rps": 1 / seconds for name, seconds in wall.items()},
    }


def _ratio(costs: Costs, one: str, other: str) -> float:
    """Return the median ratio of CPU over pairs of rounds that followed each other."""
    return median(this.cpu / that.cpu for this, that in zip(costs[one], costs[other], strict=True))


def _speed(costs: Costs, what: str) -> float:
    """Return the median ratio of requests per second to those of the bare app just before."""
    return median(bare.wall / cost.wall for cost, bare in zip(costs[what], costs[f"bare_by_{what}"], strict=True))
