"""The case somebody works on: why they look, and its number. It goes with every look-up (law 12).

It is kept in a cookie of the browser session, so that it need not stand in addresses, which get logged.
It is bound to the session it was told in, and opens nothing: a member of staff may write any reason, and
answers for it in the trail.
"""

import base64
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from personalize.explain.language import Language
from personalize.web.shell.access import one_line, visit_of
from personalize.web.shell.form_tokens import form_token, is_form_token
from personalize.web.shell.reasons import OTHER, REASONS, reason_written
from personalize.web.shell.sessions import case_cookie

LONGEST = 200
LONGEST_NUMBER = 40
HOURS = 2
USE = "staff case"


class Case(Struct, frozen=True, array_like=True):
    """Why somebody looks: a reason of the list, words of their own, and the number of the case."""

    reason: str
    note: str = ""
    number: str = ""

    @property
    def is_told(self) -> bool:
        """Say whether it tells a reason: another one than those of the list needs words."""
        return not self.wanting

    @property
    def wanting(self) -> str:
        """Return the field that lacks for a reason: `reason`, or `note`; nothing where it is told."""
        if self.reason not in REASONS:
            return "reason"
        return "note" if self.reason == OTHER and not self.note else ""

    def words(self, lang: Language) -> str:
        """Return the reason as the trail keeps it."""
        return reason_written(self.reason, self.note, lang)


def case_in(fields: Mapping[str, str]) -> Case:
    """Return the case that a form or an address tells."""
    return Case(
        one_line(fields.get("reason", ""), LONGEST),
        one_line(fields.get("note", ""), LONGEST),
        one_line(fields.get("case", ""), LONGEST_NUMBER),
    )


def case_of(request: Request) -> Case | None:
    """Return the case in hand, or None where no reason was told yet."""
    text, _, signature = request.cookies.get(_cookie(request), "").partition(".")
    if not text or not _is_of_session(request, text, signature):
        return None
    try:
        case = msgspec.msgpack.decode(base64.urlsafe_b64decode(text), type=Case)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None
    case = case_in({"reason": case.reason, "note": case.note, "case": case.number})
    return case if case.is_told else None


def keep_case(request: Request, response: Response, case: Case) -> None:
    """Let the browser bring the case along with every page of the desk."""
    visit, text = visit_of(request), base64.urlsafe_b64encode(msgspec.msgpack.encode(case)).decode()
    house = visit.house()
    signature = form_token(house.ring, house.settings.site.url, _bound(visit.bound, text), USE)
    response.set_cookie(
        _cookie(request),
        f"{text}.{signature}",
        max_age=HOURS * 3600,
        path="/",
        secure=house.settings.staff.url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def drop_case(request: Request, response: Response) -> None:
    """Let the browser forget the case: the next look-up is for somebody else."""
    secure = visit_of(request).house().settings.staff.url.startswith("https:")
    response.delete_cookie(_cookie(request), path="/", secure=secure, httponly=True, samesite="strict")


def _cookie(request: Request) -> str:
    return case_cookie(visit_of(request).house().settings.staff.url)


def _is_of_session(request: Request, text: str, signature: str) -> bool:
    """Say whether a case was told in this very session: nobody looks people up under somebody else's reason."""
    visit = visit_of(request)
    house = visit.house()
    return is_form_token(house.ring, house.settings.site.url, _bound(visit.bound, text), signature, USE)


def _bound(bound: bytes, text: str) -> bytes:
    return sha256(bound).digest() + text.encode("utf-8", "replace")
