"""Metrics for Prometheus, for operators: read at each scrape, and refused to everybody else."""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from personalize.health.totals import decisions, defaults, withheld
from personalize.health.watch import Measures
from personalize.health.workers import Report
from personalize.settings.tables import LOOPBACK

Measuring = Callable[[], Measures]
Networks = tuple[IPv4Network | IPv6Network, ...]
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of a request that a proxy passed on: whoever asked is not who is connected."""
REFUSED = "Metrics are for this machine alone: name the monitor's address in `[site] metrics_from`.\n"


def metrics_route(measuring: Measuring, allowed: Networks = ()) -> Route:
    """Return the route `/api/metrics`, for this machine and the addresses in `allowed`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(measuring))

    async def answer(request: Request) -> Response:
        if not _may_ask(request, allowed):
            return PlainTextResponse(REFUSED, 403, headers=HEADERS)
        body = await run_in_threadpool(generate_latest, registry)
        return Response(body, headers={**HEADERS, "Content-Type": PLAIN})

    return Route("/api/metrics", answer, methods=["GET"], name="metrics")


def _may_ask(request: Request, allowed: Networks) -> bool:
    """Say whether the connection comes from where metrics may be read, and from there itself.

    From this machine only by a name of this machine: a proxy on it that does not say that it passes
    on a request asks by the site's name, or by one of its own.
    """
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.client.host if request.client else "")
        by_own_name = request.url.hostname in LOOPBACK
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return (address.is_loopback and by_own_name) or any(address in network for network in allowed)


def families_of(measures: Measures) -> Iterator[Metric]:
    """Yield what a scrape is told."""
    yield from _of_workers(measures.workers)
    yield from _of_the_store(measures)


class _Collector(Collector):
    """Gives the families of one scrape; between scrapes it holds nothing."""

    def __init__(self, measuring: Measuring) -> None:
        self._measuring = measuring

    def collect(self) -> Iterator[Metric]:
        yield from families_of(self._measuring())


def _of_workers(workers: Iterable[Report]) -> Iterator[Metric]:
    """Yield what each worker counted. Label values are names from the site's own files, and fixed words."""
    decided = _counter("decisions", "Slots decided; no variant means the default.", "slot", "variant", "reason")
    default = _counter("defaults", "Defaults served, by reason.", "reason")
    refused = _counter("refused_reads", "Decisions in which a value was kept away, by cause.", "cause")
    unrecorded = _counter("unrecorded", "Defaults because the journal took no entry.")
    faults = _counter("faults", "What was swallowed so that a page could go out.", "fault")
    failures = _counter("indexing_failures", "Rounds of indexing that a store or disk cut short.")
    for each in workers:
        for (slot, variant, reason), number in decisions(each.decided).items():
            decided.add_metric([each.worker, slot, variant or "", reason], number)
        for reason, number in defaults(each.decided).items():
            default.add_metric([each.worker, reason], number)
        for cause, number in withheld(each.decided).items():
            refused.add_metric([each.worker, cause], number)
        for fault, number in each.counters.items():
            faults.add_metric([each.worker, fault], number)
        unrecorded.add_metric([each.worker], each.counters.get("unrecorded", 0))
        failures.add_metric([each.worker], each.indexing_failures)
    yield from (decided, default, refused, unrecorded, faults, failures)


def _of_the_store(measures: Measures) -> Iterator[Metric]:
    """Yield what there is one of, however many workers there are."""
    yield GaugeMetricFamily("personalize_workers", "Workers that live.", value=len(measures.workers))
    findings = GaugeMetricFamily("personalize_findings", "1 for each thing that is wrong now.", labels=["finding"])
    for each in measures.findings:
        findings.add_metric([each.name], 1)
    yield findings
    found = measures.condition
    if found is None:
        return
    for name, text, value in (
        ("journal_backlog_bytes", "Bytes of entries that wait to be indexed.", found.backlog.size),
        ("indexer_lag_seconds", "Age of the oldest entry that waits to be indexed.", found.backlog.age),
        ("disk_free_bytes", "Room on the store's disk.", found.free or 0),
    ):
        yield GaugeMetricFamily(f"personalize_{name}", text, value=value)


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"personalize_{name}", text, labels=["worker", *labels])
