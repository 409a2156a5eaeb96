"""Anna's page and calls, as a browser asks for them."""

from html import unescape
from pathlib import Path

from httpx2 import Response
from starlette.testclient import TestClient

DAY = 86_400_000_000
NEWSPAPER = Path(__file__).resolve().parents[4] / "examples" / "02-newspaper"
ANNA = "customer_number:4711"
FORM = "application/x-www-form-urlencoded"
HERE = {"sec-fetch-site": "same-origin"}
STOPPING = frozenset({"withdrawn", "refused", "objected"})
SECRETS = ("Anna-Sophie", "31 December 2031", "frostletter")
FIELDS = {
    "consent": {"purpose": "subscription", "action": "object", "notice": "", "lang": "en"},
    "stop": {},
    "correct": {"attribute": "first_name", "claimed": "Annelies"},
    "restrict": {"attribute": "first_name"},
    "allow": {"attribute": "first_name"},
    "cut": {"device": "1"},
    "erase": {"sure": "yes"},
}


def page(client: TestClient, query: str = "") -> str:
    return unescape(client.get(f"/personalize/me?lang=en{query}").text)


def press(client: TestClient, act: str, **fields: str) -> Response:
    return client.post(f"/personalize/me/{act}?lang=en", data=fields or FIELDS[act], headers=HERE)


def call(client: TestClient, act: str, **fields: str) -> Response:
    path = f"/personalize/api/me/{act}?lang=en" if act else "/personalize/api/me?lang=en"
    return client.post(path, json=fields or FIELDS.get(act, {}), headers=HERE)


def follow(client: TestClient, answer: Response) -> str:
    assert answer.status_code == 303, answer.text
    return unescape(client.get(f"/personalize/me/{answer.headers['location']}").text)
