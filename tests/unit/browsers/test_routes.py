"""Every route of the visitor's app, asked by everybody: who may do what (T2)."""

import json
from urllib.parse import parse_qsl

import pytest

from tests.own_login import FORM, URL, Paper
from tests.unit.browsers.visitors import WAYS, visitor

OURS = {"origin": URL, "sec-fetch-site": "same-origin"}
EVERYBODY = (200,) * 6
# stranger, click, click on a device | device, mailbox, login
SURE = (403, 403, 403, 200, 200, 200)
DONE = (403, 403, 403, 303, 303, 303)
EXPECTED: dict[str, tuple[str, tuple[int, ...]]] = {
    "GET me": ("", EVERYBODY),
    "GET agreed": ("", SURE),
    "GET ask": ("", SURE),
    "GET erased": ("", EVERYBODY),
    "POST download": ("format=json", SURE),
    "POST consent": ("purpose=reading&action=give&lang=en&notice={digest}", DONE),
    "POST stop": ("", DONE),
    "POST correct": ("attribute=theme&claimed=light", (403, 403, 403, 400, 303, 303)),
    "POST restrict": ("attribute=theme", DONE),
    "POST allow": ("attribute=theme", DONE),
    "POST cut": ("device=1", (403, 403, 403, 400, 400, 400)),
    "POST erase": ("sure=yes", DONE),
    "POST api-me": ("", SURE),
    "POST api-consent": ("purpose=reading&action=give&lang=en&notice={digest}", SURE),
    "POST api-stop": ("", SURE),
    "POST api-correct": ("attribute=theme&claimed=light", (403, 403, 403, 400, 200, 200)),
    "POST api-restrict": ("attribute=theme", SURE),
    "POST api-allow": ("attribute=theme", SURE),
    "POST api-cut": ("device=1", (403, 403, 403, 400, 400, 400)),
    "POST api-erase": ("sure=yes", SURE),
    "GET purposes": ("", EVERYBODY),
    "GET api-purposes": ("", EVERYBODY),
    "GET preferences": ("", EVERYBODY),
    # whoever is not sure enough answers for the device alone, which this makes
    "POST answer": ("answer=yes&lang=en&from=form&back=&texts={texts}", (303,) * 6),
    "GET banner": ("", EVERYBODY),
    "POST sign-up": ("", (400,) * 6),
    "GET stage": ("", EVERYBODY),
    "GET ask-to-confirm": ("", (404,) * 6),
    "POST confirm": ("", (400,) * 6),
    "GET leave": ("", (404,) * 6),
    "POST unsubscribe": ("", (400,) * 6),
    "GET why": ("", EVERYBODY),
    "GET not-you": ("", EVERYBODY),
    "POST forget-link": ("", (303,) * 6),
    "GET choose": ("", (410,) * 6),
    "POST use-link": ("c=x", (410,) * 6),
    "GET slots": ("name=hero", EVERYBODY),
    "GET context": ("", (204,) * 6),
    "GET health": ("", EVERYBODY),
    "GET asset": ("", EVERYBODY),
}
PLACES = {"{receipt}": "00", "{token}": "x", "{name}": "page.css"}
LASTING = frozenset({"stop", "erase", "api-stop", "api-erase"})


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory):
    paper = Paper(tmp_path_factory.mktemp("paper"))
    yield paper
    paper.personalizer.close()


def asked(paper: Paper) -> dict[str, str]:
    """Return the path of each route, by method and name."""
    found = {}
    for route in paper.personalizer.visitor_app.routes:
        path = route.path
        for place, text in PLACES.items():
            path = path.replace(place, text)
        found |= {f"{method} {route.name}": path for method in (route.methods or {"GET"}) - {"HEAD"}}
    return found


def test_every_route_has_its_row(paper: Paper):
    assert asked(paper).keys() == EXPECTED.keys()


@pytest.fixture(scope="module")
def known(paper: Paper) -> list[int]:
    return [paper.knows(str(number), first_name="Anna", theme="dark") for number in range(40)]


@pytest.fixture(scope="module")
def cookies(paper: Paper, known: list[int]) -> dict[str, dict[str, str]]:
    return {way: visitor(paper, way, known[0]).cookies for way in WAYS}


@pytest.mark.parametrize("route", EXPECTED)
def test_who_may_do_what(paper: Paper, known: list[int], cookies: dict[str, dict[str, str]], route: str):
    method, name = route.split()
    form, expected = EXPECTED[route]
    digest = paper.personalizer.settings.notices["reading"].digests["en"]
    form = form.format(digest=digest, texts=f"reading:{digest}")
    headers, body, path = dict(OURS), form.encode(), f"/personalize{asked(paper)[route]}"
    if method == "GET":
        path, body = f"{path}?{form}", b""
    elif name.startswith("api-"):
        headers["content-type"], body = "application/json", json.dumps(dict(parse_qsl(form))).encode()
    else:
        headers |= FORM
    statuses = []
    for way in WAYS:
        browser = visitor(paper, way, known.pop()) if name in LASTING else paper.browser()
        browser.cookies = browser.cookies or dict(cookies[way])
        statuses.append(browser.request(method, path, headers, body).status)
    assert tuple(statuses) == expected


def test_no_post_is_taken_from_another_site(paper: Paper, cookies: dict[str, dict[str, str]]):
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", **FORM}
    for route, path in asked(paper).items():
        if route.startswith("POST") and not path.endswith("/x"):  # a mail's link is its own proof
            browser = paper.browser()
            browser.cookies = dict(cookies["login"])
            assert (route, browser.request("POST", f"/personalize{path}", headers).status) == (route, 403)


@pytest.mark.parametrize("way", ["click", "click on a device"])
@pytest.mark.parametrize("said", ["yes", "no"])
def test_an_answer_at_a_click_is_never_the_persons(paper: Paper, known: list[int], way: str, said: str):
    subject, digest = known[-1], paper.personalizer.settings.notices["reading"].digests["en"]
    before = paper.house.ledger.events(subject)
    form = f"answer={said}&lang=en&from=form&back=&texts=reading:{digest}"
    visitor(paper, way, subject).request("POST", "/personalize/consent", OURS | FORM, form.encode())
    assert paper.house.ledger.events(subject) == before
