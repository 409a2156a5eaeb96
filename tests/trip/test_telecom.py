"""Real customers: the telecom example on a table of 7,043, against counts taken from the file with `csv` alone."""

import asyncio
import contextlib
import csv
import io
import json
import os
import random
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from personalize import Personalizer, hookimpl
from personalize.cli.main import main
from personalize.cookbook.codes import code_of
from personalize.explain.facts import Facts
from personalize.explain.sentences import explain
from personalize.hooks import Suppressor
from personalize.recognition.recognise import Credentials

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "03-telecom"
PEOPLE, INTERNET, DEFAULT, RENEWALS = 7043, 3282, 3761, 697
FORBIDDEN_PLATES = 114
CODE = re.compile(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>")
SHOWN = re.compile(r'data-variant="([a-z-]+)"')


class Telecom:
    """The example in a folder of its own, driven through its command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def made(cls, folder: Path) -> "Telecom":
        """Return the example as it comes, with a key file."""
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("store", "*.keys"))
        telecom = cls(folder)
        telecom.run("keys", "new")
        return telecom

    def copied(self, folder: Path) -> "Telecom":
        """Return another with the same store and keys."""
        shutil.copytree(self.folder, folder)
        return Telecom(folder)

    @property
    def config(self) -> Path:
        return self.folder / "personalize.toml"

    def run(self, *words: str) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            status = main([*words, "--config", str(self.config)])
        assert status == 0, output.getvalue()
        return output.getvalue()

    def simulate(self, slot: str) -> dict:
        return json.loads(self.run("simulate", slot, "--assurance", "login", "--json"))


@pytest.fixture(scope="module")
def table(test_data: Path) -> Path:
    return test_data / "telco" / "telco.csv"


@pytest.fixture(scope="module")
def site(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Telecom:
    telecom = Telecom.made(tmp_path_factory.mktemp("telecom") / "site")
    telecom.summary = json.loads(telecom.run("import", str(table), "--source", "crm", "--json"))
    return telecom


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counted(rows: list[dict[str, str]]) -> tuple[int, int]:
    """Return who has internet as a customer, and whose renewal is due, from the cells alone."""
    active = [row for row in rows if row["churn"].strip() == "No"]
    owners = sum(row["internet_service"].strip() in ("DSL", "Fiber optic") for row in active)
    due = [row["months_to_renewal"].strip() for row in active]
    return owners, sum(bool(months) and 0 <= float(months) <= 3 for months in due)


def test_every_row_is_taken_and_what_is_wrong_with_cells_is_reported(site: Telecom) -> None:
    assert site.summary["accepted"] == PEOPLE
    assert site.summary["rejected"] == 0
    assert {each["what"] for each in site.summary["left_out"]} == {"plate"}
    assert sum(each["count"] for each in site.summary["left_out"]) == FORBIDDEN_PLATES


def test_simulating_counts_what_every_customer_would_see(site: Telecom) -> None:
    offer = site.simulate("offer")
    assert offer.pop("recipe")
    assert offer == {
        "slot": "offer",
        "subjects": PEOPLE,
        "shown": {"internet": INTERNET, "default": DEFAULT},
        "outcomes": {"internet": {"TARGETING_MATCH": INTERNET, "SUPPRESSED": DEFAULT}},
    }
    assert site.simulate("renewal")["shown"] == {"renewal-banner": RENEWALS, "default": PEOPLE - RENEWALS}


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 10))])
def test_the_counts_follow_the_file_whatever_its_cells_say(table: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"{os.environ.get('PYTEST_XDIST_TESTRUNUID', '')}{random.random()}{seed}")
    rows = rows_of(table)
    for _ in range(500):
        row = chance.choice(rows)
        column = chance.choice(("churn", "internet_service", "months_to_renewal"))
        row[column] = chance.choice(rows)[column]
    changed = tmp_path / "changed.csv"
    with changed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    site = Telecom.made(tmp_path / "site")
    site.run("import", str(changed), "--source", "crm")
    owners, due = counted(rows)
    assert site.simulate("offer")["shown"] == {"internet": PEOPLE - owners, "default": owners}
    assert site.simulate("renewal")["shown"] == {"renewal-banner": due, "default": PEOPLE - due}


def canary(seen: list[object]) -> ModuleType:
    """Return a plugin that reads every attribute of everybody and keeps what it got."""
    plugin = ModuleType("canary")
    names = ("active", "products", "contract", "tenure", "monthly_charges", "total_charges", "months_to_renewal")

    def look(view, candidate, context):
        seen.extend(view.get(name) for name in names)
        return False

    @hookimpl
    def personalize_suppressors(config):
        yield Suppressor(name="canary", suppress=look, reads=names, order=-1)

    plugin.personalize_suppressors = personalize_suppressors
    return plugin


@pytest.fixture
def ours(site: Telecom, tmp_path: Path) -> Telecom:
    """The site with everybody imported, to be changed."""
    return site.copied(tmp_path / "site")


def test_after_an_objection_of_everyone_no_value_is_read(
    ours: Telecom, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize.hooks.breaker.SLOW_NS", 1 << 62)  # a busy machine takes no rule out here
    objections = tmp_path / "objections.csv"
    objections.write_text("customer_id\n" + "\n".join(row["customer_id"] for row in rows_of(table)) + "\n")
    ours.run("import", str(objections), "--source", "objections")
    assert ours.simulate("offer")["shown"] == {"internet": PEOPLE}
    assert ours.simulate("renewal")["shown"] == {"default": PEOPLE}
    seen: list[object] = []
    personalizer = Personalizer.from_toml(ours.config, plugins=[canary(seen)])
    house = personalizer.open()
    for row in rows_of(table):
        prepared = house.pipeline.prepare(Credentials(login=f"customer_number:{row['customer_id']}"))
        house.pipeline.decide(prepared, "offer", code=1)
    assert len(seen) == PEOPLE * 7
    assert {getattr(value, "cause", value).name for value in seen} == {"objected"}
    recorded = house.cookbook.by_code(code_of(1))
    assert len(recorded) == PEOPLE
    for entry in recorded:
        assert {absence.cause.name for absence in entry.absences} == {"objected"}
        assert not entry.ingredients
    told = explain(recorded[0], Facts(recipe=house.recipe(recorded[0].recipe), now=recorded[0].at), "en")
    assert {line.cause for line in told.absences} == {"objected"}
    assert "objected" in told.absences[0].sentence
    personalizer.close()


@pytest.fixture
def app(site: Telecom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TELECOM_CONFIG", str(site.config))
    monkeypatch.setenv("TELECOM_SECRET", "not a secret")
    monkeypatch.syspath_prepend(str(EXAMPLE))
    sys.modules.pop("app", None)
    import app as example

    yield example
    sys.modules.pop("app", None)


async def ask(
    app, method: str, path: str, cookie: bytes = b"", body: bytes = b""
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Send one request straight to the app, as a server would, and return status, headers and body."""
    kind = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"%d" % len(body))]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), *([(b"cookie", cookie)] if cookie else []), *(kind if body else [])],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 1),
    }
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body}

    async def send(message: dict) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(part.get("body", b"") for part in sent[1:])


async def log_everybody_in(app, numbers: list[str]) -> dict[str, tuple[set[str], str]]:
    """Log in one after another; return what each saw and the visit code on the page."""
    shown: dict[str, tuple[set[str], str]] = {}
    for number in numbers:
        status, headers, _ = await ask(app, "POST", "/login", body=f"customer_number={number}".encode())
        assert status == 303
        _, _, page = await ask(app, "GET", "/", cookie=headers[b"set-cookie"].partition(b";")[0])
        text = page.decode()
        shown[number] = set(SHOWN.findall(text)), CODE.findall(text)[0]
    return shown


@pytest.mark.parametrize("every", [15, pytest.param(1, marks=pytest.mark.soak)])
def test_every_log_in_shows_what_the_simulation_said_and_its_code_explains_it(
    site: Telecom, table: Path, app, every: int
) -> None:
    rows = rows_of(table)[::every]
    shown = asyncio.run(log_everybody_in(app.app, [row["customer_id"] for row in rows]))
    app.personalizer.close()
    owners, due = counted(rows)
    internet = sum("internet" in variants for variants, _ in shown.values())
    renewal = sum("renewal-banner" in variants for variants, _ in shown.values())
    assert (internet, renewal) == (len(rows) - owners, due)
    assert every > 1 or (internet, renewal) == (INTERNET, RENEWALS)
    assert_explained(site, shown, every)


def assert_explained(site: Telecom, shown: dict[str, tuple[set[str], str]], every: int) -> None:
    """Look up each code, and explain `every` so many: it names attribute, source, time, purpose and rule."""
    personalizer = Personalizer.from_toml(site.config)
    house = personalizer.open()
    now = personalizer.clock.now()
    sources = {name: source.titles for name, source in personalizer.settings.sources.items()}
    mismatches = 0
    for place, (variants, code) in enumerate(shown.values()):
        entries = house.cookbook.by_code(code)
        mismatches += {entry.variant for entry in entries if entry.variant} != variants
        for entry in entries if place % every == 0 else ():
            told = explain(entry, Facts(recipe=house.recipe(entry.recipe), now=now, sources=sources), "en")
            assert told.ingredients
            for line in told.ingredients:
                assert all((line.title, line.source, line.observed, line.purpose))
            if entry.slot == "offer" and entry.variant is None:
                assert told.others[0].rule == "existing-customer/has-internet"
            if entry.variant == "renewal-banner":
                assert told.rule == "renewal-window/renewal-window"
    personalizer.close()
    assert mismatches == 0
