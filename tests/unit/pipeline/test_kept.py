"""What a process keeps of people: little that garbage collections look through, and gone with the site."""

import gc
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from personalize.hooks import PluginConfig, Suppressor, hookimpl
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite

SITE = """
[site]
url = "http://127.0.0.1:8000"
timezone = "Europe/Amsterdam"
languages = ["en"]
[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"
[purposes.stats]
basis = "consent"
notice = "stats"
titles.en = "statistics"
[notices.stats]
version = 1
texts.en = "May we?"
[sources.crm]
key = "customer_number"
identifiers = {customer_number = "id"}
[sources.crm.columns]
age = "age"
products = {column = "products", separator = ","}
[attributes.age]
type = "number"
source = "crm"
purpose = "offers"
titles.en = "your age"
[attributes.products]
type = "set of text"
source = "crm"
purpose = "stats"
titles.en = "your products"
[slots.hero]
fields = {headline = "text"}
"""
VARIANTS = """
[[variant]]
slot = "hero"
name = "young"
when = "age < 30 and 'paper' in products"
fields.headline = "Hello"
"""
PEOPLE = [f"customer_number:{number}" for number in range(100)]
MOST = 4
"""Values, a set of texts among them, and the answers of one page."""


class Clingy:
    """A plugin of the site's own that keeps the site itself at hand, as plugins may."""

    __name__ = "clingy"
    __version__ = "1"
    site: TrialSite

    @hookimpl
    def personalize_suppressors(self, config: PluginConfig) -> Iterable[Suppressor]:
        yield Suppressor(name="never", suppress=self.never, titles={"en": "never"})

    def never(self, view: object, candidate: object, context: object) -> bool:
        return self.site is None


@contextmanager
def opened(folder: Path) -> Iterator[TrialSite]:
    (folder / "personalize.toml").write_text(SITE, "utf-8")
    plugin = Clingy()
    with TrialSite(folder / "personalize.toml", content=VARIANTS, plugins=[plugin]) as site:
        plugin.site = site
        for person in PEOPLE:
            site.knows(person, age=25, products=frozenset({"paper", "app"}))
            site.gives(person, "stats")
        yield site


def visit(site: TrialSite, person: str) -> None:
    pipeline = site.house.pipeline
    assert pipeline.decide(pipeline.prepare(Credentials(login=person)), "hero").variant == "young"


def test_a_garbage_collection_looks_through_little_of_everybody_who_is_warm(tmp_path: Path) -> None:
    with opened(tmp_path) as site:
        visit(site, PEOPLE[0])
        gc.collect()
        before = len(gc.get_objects())
        for person in PEOPLE[1:]:
            visit(site, person)
        gc.collect()
        assert len(gc.get_objects()) - before <= MOST * len(PEOPLE)


def test_people_go_with_a_site_that_is_closed(tmp_path: Path) -> None:
    with opened(tmp_path) as site:
        visit(site, PEOPLE[0])
        house = weakref.ref(site.house)
    del site
    gc.collect()
    assert house() is None
