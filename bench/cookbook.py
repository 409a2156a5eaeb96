"""`python -m bench.cookbook`: how fast entries are found and people erased among many, as one JSON object."""

import argparse
import json
import logging
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

from starlette.testclient import TestClient

from bench.cookbook_store import PLANTED, Built, built
from bench.site import bytes_in, login_of
from personalize.cookbook.codes import code_of, show_code
from personalize.house import House
from personalize.rights.recall import Recall, Thing

ENTRIES = 10_000_000
LOOKS, PAGES = 2_000, 40
CHUNK = 8 << 20
P = ParamSpec("P")
ALWAYS = 1 << 62
GOALS = {
    "by_code_p99_ms": 10.0,
    "last_20_p99_ms": 10.0,
    "recall_first_row_ms": 1000.0,
    "bytes_per_entry": 250.0,
    "erase_ms": 50.0,
    "erased_bytes_found": 0.0,
    "desk_p95_ms": 100.0,
}
LEAST = {"headers_per_second": 100_000.0}


def main() -> None:
    """Build, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.cookbook", description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"how many; default: {ENTRIES:,}")
    parser.add_argument("--folder", type=Path, help="build here and leave it; default: a folder that goes")
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="personalize-bench-") as folder:
        found = measure((args.folder or Path(folder)) / "site", args.entries)
    rounded = {name: float(f"{value:.4g}") for name, value in found.items()}
    met = {name: found[name] <= goal for name, goal in GOALS.items()}
    met |= {name: found[name] >= goal for name, goal in LEAST.items()}
    print(json.dumps({**rounded, "goals_met": met}, indent=2))


def measure(folder: Path, entries: int) -> dict[str, float]:
    """Return the figures of a store with so many entries."""
    store = built(folder, entries)
    house = store.personalizer.house
    try:
        found = {"entries": float(store.entries), "pages": float(store.pages), "build_seconds": store.seconds}
        found["bytes_per_entry"] = bytes_in(folder / "store") / store.entries
        for name, part in (("finding", _finding), ("counting", _counting), ("recall", _recalls), ("desk", _desk)):
            _say(name)
            found |= part(store, house)
        _say("erasing")
        return found | _erasing(store, house, folder)
    finally:
        store.personalizer.close()


def _finding(store: Built, house: House) -> dict[str, float]:
    dice = random.Random(2)
    codes = [code_of(dice.choice(store.codes)) for _ in range(LOOKS)]
    subjects = [dice.choice(store.subjects) for _ in range(LOOKS)]
    for code, subject in zip(codes, subjects, strict=True):  # warm
        _must(house.cookbook.by_code(code))
        _must(house.cookbook.by_subject(subject, 20))
    return {
        **_percentiles("by_code", [_timed(house.cookbook.by_code, code) for code in codes]),
        **_percentiles("last_20", [_timed(house.cookbook.by_subject, subject, 20) for subject in subjects]),
    }


def _counting(store: Built, house: House) -> dict[str, float]:
    """Time headers over half a million entries, or all there are."""
    started, passed = time.perf_counter(), 0
    for passed, _ in enumerate(house.cookbook.headers(0, ALWAYS), 1):  # read after the loop
        if passed == 500_000:
            break
    return {"headers_per_second": passed / (time.perf_counter() - started)}


def _recalls(store: Built, house: House) -> dict[str, float]:
    things = {
        Thing.batch: "2",
        Thing.attribute: "city",
        Thing.rule: "complaints/complaints",
        Thing.notice: "news@1",
        Thing.plugin: "complaints@1",
    }
    first = {thing: _timed(_first, house, thing, name) for thing, name in things.items()}
    started = time.perf_counter()
    recall = Recall(house.store, house.cookbook, house.recipe, Thing.batch, "2", 0, ALWAYS, now=ALWAYS)
    for _ in zip(range(100_000), recall, strict=False):
        pass
    return {
        "recall_first_row_ms": first[Thing.batch] * 1e3,
        **{f"recall_{thing}_first_row_ms": seconds * 1e3 for thing, seconds in first.items()},
        "recall_opened_per_second": recall.looked / (time.perf_counter() - started),
    }


def _first(house: House, thing: Thing, name: str) -> object:
    return next(iter(Recall(house.store, house.cookbook, house.recipe, thing, name, 0, ALWAYS, now=ALWAYS)))


def _desk(store: Built, house: House) -> dict[str, float]:
    """Time the desk's pages as a browser's requests; somebody else opens each kind, for there is a limit."""
    looking, dice = ["nobody"], random.Random(3)
    roles = ["service", "supervisor", "data_officer", "admin"]
    store.personalizer.staff = lambda scope: (f"Somebody who opens {looking[0]}", roles)
    address = house.settings.staff.url
    client = TestClient(store.personalizer.staff_app, base_url=address, headers={"origin": address})
    client.follow_redirects = False
    found: dict[str, float] = {}
    for name, path in _paths(store, house, dice).items():
        looking[0] = name
        _say_why(client, store)
        seconds = []
        for turn in range(PAGES + 2):
            address = path()
            started = time.perf_counter()
            answer = client.get(address)
            seconds.append(time.perf_counter() - started)
            if answer.status_code != 200:
                raise ValueError(f"{address} answered {answer.status_code}")
            if turn < 2:  # templates are compiled
                seconds.clear()
        found |= {f"desk_{name}_p95_ms": _percentile(seconds, 95) * 1e3}
    return {"desk_p95_ms": max(found.values()), **found}


def _say_why(client: TestClient, store: Built) -> None:
    """Tell a reason with the first look-up, as everybody must; the browser keeps it."""
    token = re.findall(r'name="token" value="([^"]+)"', client.get("/").text)[0]
    asked = client.post("/", data={"token": token, "q": show_code(code_of(store.codes[0])), "reason": "check"})
    if asked.status_code != 303:
        raise ValueError(f"the reason was answered with {asked.status_code}")


def _paths(store: Built, house: House, dice: random.Random) -> dict[str, Callable[[], str]]:
    def entry() -> str:
        return house.cookbook.by_code(code_of(dice.choice(store.codes)))[0].entry_id.hex()

    things = ("batch&name=2", "attribute&name=city", "notice&name=news@1", "plugin&name=complaints@1")
    entries = [entry() for _ in range(PAGES + 2)]
    return {
        "code": lambda: f"/code/{show_code(code_of(dice.choice(store.codes)))}",
        "entry": lambda: f"/entry/{dice.choice(entries)}",
        "person": lambda: f"/person/{dice.choice(store.subjects)}",
        "variant": lambda: f"/variant/hero/renew?days={dice.choice((1, 7, 30))}",
        "then": lambda: "/then",
        "recall": lambda: f"/recall?thing={dice.choice(things)}",
    }


def _erasing(store: Built, house: House, folder: Path) -> dict[str, float]:
    """Erase the person whose values are planted, and look for a byte of them in every file of the store."""
    subject = house.subject_of(login_of(store.planted))
    key = house.store.profiles.key_of(subject) or b""
    words = [key, *(word.encode() for word in PLANTED), f"p{store.planted.number}@example.org".encode()]
    if not _found(folder / "store", words[:3]):
        raise ValueError("what was planted is not there before the erasing")
    erased = _timed(house.rights.erase, subject)
    if not all(entry.erased for entry in _must(house.cookbook.by_subject(subject, 1000))):
        raise ValueError("an erased person can be read")
    swept = _timed(house.rights.sweep, patience=60.0)
    return {
        "erase_ms": erased * 1e3,
        "sweep_seconds": swept,
        "erased_bytes_found": float(_found(folder / "store", words)),
    }


def _found(folder: Path, words: Sequence[bytes]) -> int:
    """Return how many of the files hold one of these."""
    return sum(_holds(path, words) for path in folder.rglob("*") if path.is_file())


def _holds(path: Path, words: Sequence[bytes]) -> bool:
    before = b""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            if any(word in before + piece for word in words):
                return True
            before = piece[-64:]
    return False


def _must(found: Sequence[Any]) -> Sequence[Any]:
    if not found:
        raise ValueError("an entry that was written is not found")
    return found


def _timed(what: Callable[P, object], *args: P.args, **options: P.kwargs) -> float:
    started = time.perf_counter()
    what(*args, **options)
    return time.perf_counter() - started


def _percentiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p50_ms": _percentile(seconds, 50) * 1e3, f"{name}_p99_ms": _percentile(seconds, 99) * 1e3}


def _percentile(seconds: Iterable[float], share: int) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
