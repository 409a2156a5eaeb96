"""The address in a mail holds a token: neither the server's log nor the next page is told it."""

from collections.abc import Callable
from email.message import EmailMessage

import anyio
import pytest
from uvicorn.protocols.utils import get_path_with_query_string

from tests.house import answer, request
from tests.unit.web.consent.conftest import HERE, Site, link_in, post

Mail = Callable[[], EmailMessage]
NAMES = {name.encode(): value.encode() for name, value in HERE.items()}


@pytest.mark.parametrize("page", ["confirm", "unsubscribe"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_logs_no_token_of_a_mail(site: Site, mail: Mail, page: str, method: str) -> None:
    path, _, query = link_in(mail(), page).partition("?")
    scope = request(path, method, NAMES.items(), query.encode(), scheme="http", state={})
    done = anyio.run(answer, site.app, scope)
    assert done.status == (200 if method == "GET" else 400)
    assert get_path_with_query_string(scope).partition("?")[0] == f"/personalize/{page}/-"


@pytest.mark.parametrize(("page", "field"), [("confirm", "answer"), ("unsubscribe", "List-Unsubscribe")])
def test_the_next_page_is_not_told_where_the_reader_came_from(site: Site, mail: Mail, page: str, field: str) -> None:
    path, browser = link_in(mail(), page), site.browser()
    shown = browser.open(path)
    done = post(browser, path, **{field: "yes" if field == "answer" else "One-Click"})
    assert [each.headers["referrer-policy"] for each in (shown, done)] == ["strict-origin"] * 2
    assert done.status == 200
