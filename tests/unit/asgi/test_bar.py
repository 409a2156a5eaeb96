"""The development bar."""

from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from personalize.errors import KeyFileError
from personalize.explain.developer import CAUSES, REASONS
from personalize.model.attributes import Cause
from personalize.model.decisions import Decision, Outcome, Reason
from tests.house import DOCUMENT, HTML, KNOWN, RECIPE, House, ask, page

LOCAL = "http://127.0.0.1:8000"
PAGE = b"<html><body><p>hi</p></body></html>"
COOKIE = [(b"cookie", b"pz-dev=anna")]


def decide(visit: Any) -> None:
    visit.decide("hero")


def local(**site: Any) -> House:
    return House(url=LOCAL, **site)


async def test_the_bar_names_slot_variant_reason_and_code() -> None:
    got = await ask(local().wrap(page(PAGE, before=decide)), headers=COOKIE)
    text = got.body.decode()
    assert text.index("personalize-bar") < text.index("</body>")
    assert "variant hero-variant" in text
    assert "it is meant for this visitor (TARGETING_MATCH)" in text
    assert "visit code <code>" in text


async def test_without_a_decision_or_on_a_live_site_there_is_no_bar() -> None:
    assert (await ask(local().wrap(page(PAGE)), headers=COOKIE)).body == PAGE
    assert (await ask(House().wrap(page(PAGE, before=decide)), headers=KNOWN)).body == PAGE


async def test_a_stranger_is_told_why_there_is_no_code() -> None:
    got = await ask(local().wrap(page(PAGE, before=decide)))
    assert b"stranger: nothing recorded, no visit code" in got.body


async def test_refused_content_files_are_named_with_their_mistakes() -> None:
    house = local()
    app = house.wrap(page(PAGE, before=decide))
    assert b"have mistakes" not in (await ask(app, headers=COOKIE)).body
    house.refused = "content/a.toml:3:1: `<b>` is no field."
    text = (await ask(app, headers=COOKIE)).body.decode()
    assert "<mark>the content files have mistakes and are not in force</mark>" in text
    assert "<pre>content/a.toml:3:1: `&lt;b&gt;` is no field.</pre>" in text


async def test_a_site_that_could_not_start_sends_its_developer_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    house = local()

    async def startup() -> None:
        raise KeyFileError("there is no key file")

    monkeypatch.setattr(house, "startup", startup)
    text = (await ask(house.wrap(page(PAGE, before=decide)))).body.decode()
    assert "something failed (ERROR): the log says how" in text


async def test_the_length_fits_and_every_cut_gives_the_same_page() -> None:
    headers = [*HTML, (b"content-length", str(len(PAGE)).encode())]
    bodies = set()
    for at in range(len(PAGE) + 1):
        for bore in (headers, HTML):
            got = await ask(local().wrap(page(PAGE[:at], PAGE[at:], headers=bore, before=decide)))
            assert got.header(b"content-length") in (None, str(len(got.body)).encode())
            bodies.add(got.body)
    assert len(bodies) == 1


async def test_a_page_without_an_end_gets_the_bar_at_its_own() -> None:
    got = await ask(local().wrap(page(b"<p>hi", before=decide)))
    assert got.body.startswith(b"<p>hi<link")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (304, []),
        (200, [(b"content-type", b"application/json")]),
        (200, [*HTML, (b"content-encoding", b"gzip")]),
        (206, HTML),
    ],
)
async def test_only_whole_html_pages_bear_it(status: int, headers: Any) -> None:
    got = await ask(local().wrap(page(PAGE, status=status, headers=headers, before=decide)))
    assert got.body == PAGE


async def test_there_is_nothing_inline_and_a_nonce_is_taken_over() -> None:
    policy = (b"content-security-policy", b"default-src 'self'; style-src 'nonce-r4nd0m=='")
    got = await ask(local().wrap(page(PAGE, headers=[*HTML, policy], before=decide)))
    seen: list[tuple[str, dict[str, str | None]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: seen.append((tag, dict(attrs)))
    parser.feed(got.body.decode())
    assert {tag for tag, _ in seen}.isdisjoint({"script", "style"})
    assert not any(name.startswith(("on", "style")) for _, attrs in seen for name in attrs)
    link = next(attrs for tag, attrs in seen if tag == "link")
    assert (link["href"], link["nonce"]) == ("/personalize/assets/bar.css", "r4nd0m==")


async def test_the_stylesheet_is_at_the_site_also_for_a_page_of_an_app_mounted_in_it() -> None:
    routes = [Mount("/news", app=page(PAGE, before=decide))]
    got = await ask(local().wrap(Starlette(routes=routes)), "/shop/news/1", root_path="/shop")
    assert b'href="/shop/personalize/assets/bar.css"' in got.body


async def test_everything_in_it_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    house, evil = local(), '"><script>alert(1)</script>'
    outcomes = (Outcome(evil, Reason.NO_CONSENT, Cause.objected),)
    made = Decision.of(slot=evil, variant=None, reason=Reason.ERROR, outcomes=outcomes, problem=evil)
    monkeypatch.setattr(house.pipeline, "decide", lambda *parts, **more: made)
    got = await ask(house.wrap(page(PAGE, before=decide)))
    assert b"<script" not in got.body
    assert b"the visitor objected" in got.body


async def test_ingredients_and_rules_are_named_but_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    house = local()
    outcomes = (Outcome("internet", Reason.SUPPRESSED, None, 0), Outcome("tv", Reason.NOT_MATCHED, Cause.stale))
    made = Decision.of(slot="hero", variant=None, reason=Reason.SUPPRESSED, outcomes=outcomes, recipe=RECIPE, mask=0b10)
    monkeypatch.setattr(house.pipeline, "decide", lambda *parts, **more: made)
    text = (await ask(house.wrap(page(PAGE, before=decide)))).body.decode()
    assert "1 ingredient: months<" in text
    assert "internet: a rule keeps it away, says existing-customer/has-it" in text
    assert "tv: it is meant for others, the value is too old" in text


@pytest.mark.parametrize("reason", [Reason.NO_CONSENT, Reason.NOT_RECOGNISED])
async def test_a_cause_that_the_reason_says_already_is_left_out(
    reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = local()
    made = Decision.of(
        slot="hero", variant=None, reason=reason, outcomes=(Outcome("tv", reason, Cause.no_consent),), recipe=RECIPE
    )
    monkeypatch.setattr(house.pipeline, "decide", lambda *parts, **more: made)
    text = (await ask(house.wrap(page(PAGE, before=decide)))).body.decode()
    assert f"<li>tv: {REASONS[reason]}</li>" in text


async def test_a_failed_template_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    house = local()
    monkeypatch.setattr(house.renderer, "_render", lambda decision: 1 // 0)
    got = await ask(house.wrap(page(PAGE, before=lambda visit: visit.render("hero"))), headers=COOKIE)
    assert b"the template of variant hero-variant failed" in got.body


@pytest.mark.parametrize("who", [[], COOKIE])
async def test_pages_with_markers_bear_it_once_wherever_they_are_cut(who: Any) -> None:
    body = b"<body><!--slot hero-->d<!--/slot--></body>"
    for at in range(len(body) + 1):
        house = local(markers=True)
        house.pipeline.public["hero"] = "For all"
        got = await ask(house.wrap(page(body[:at], body[at:])), headers=[*DOCUMENT, *who])
        assert got.body.count(b'id="personalize-bar"') == 1, at


def test_every_reason_and_cause_has_words() -> None:
    assert REASONS.keys() == set(Reason)
    assert CAUSES.keys() == set(Cause)


def test_the_stylesheet_touches_nothing_but_the_bar_and_the_room_for_it() -> None:
    stylesheet = files("personalize.asgi") / "assets" / "bar.css"
    rules = [line for line in stylesheet.read_text().splitlines() if line.rstrip().endswith("{") or "{ " in line]
    own = ("#personalize-bar", "@media", "body:has(#personalize-bar")
    assert all(line.strip().startswith(own) for line in rules)
    assert all("{ padding-block-end:" in line for line in rules if "body:" in line)
