"""The case somebody works on: why they look, and its number. It goes with every look-up (law 12).

It is kept in a cookie of the browser session, so that it need not stand in addresses, which get logged.
It proves nothing and opens nothing: a member of staff may write any reason, and answers for it in the trail.
"""

import base64
from collections.abc import Mapping

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from personalize.explain.language import Language, marked

REASONS: Mapping[str, str] = {
    "why": marked("Somebody asks why they saw something"),
    "complaint": marked("A complaint"),
    "rights": marked("A request for insight, correction or erasure"),
    "wrong": marked("Something seems wrong with our data or pages"),
    "check": marked("An internal check"),
    "other": marked("Another reason"),
}
LONGEST = 200
LONGEST_NUMBER = 40
HOURS = 2
_NAME = "pz-case"


class Case(Struct, frozen=True, array_like=True):
    """Why somebody looks: a reason of the list, words of their own, and the number of the case."""

    reason: str
    note: str = ""
    number: str = ""

    @property
    def is_told(self) -> bool:
        """Say whether it tells a reason: another one than those of the list needs words."""
        return self.reason in REASONS and (self.reason != "other" or bool(self.note))

    def words(self, lang: Language) -> str:
        """Return the reason as the trail keeps it."""
        said = lang.say(REASONS[self.reason])
        if self.reason == "other":
            return self.note
        return f"{said}: {self.note}" if self.note else said


def case_in(fields: Mapping[str, str]) -> Case:
    """Return the case that a form or an address tells."""
    return Case(
        one_line(fields.get("reason", ""), LONGEST),
        one_line(fields.get("note", ""), LONGEST),
        one_line(fields.get("case", ""), LONGEST_NUMBER),
    )


def case_of(request: Request) -> Case | None:
    """Return the case in hand, or None where no reason was told yet."""
    text = request.cookies.get(_cookie(request), "")
    try:
        case = msgspec.msgpack.decode(base64.urlsafe_b64decode(text), type=Case) if text else Case("")
    except (ValueError, msgspec.MsgspecError):
        return None
    case = case_in({"reason": case.reason, "note": case.note, "case": case.number})
    return case if case.is_told else None


def keep_case(request: Request, response: Response, case: Case) -> None:
    """Let the browser bring the case along with every page of the desk."""
    response.set_cookie(
        _cookie(request),
        base64.urlsafe_b64encode(msgspec.msgpack.encode(case)).decode(),
        max_age=HOURS * 3600,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _cookie(request: Request) -> str:
    return f"__Host-{_NAME}" if request.url.scheme == "https" else _NAME


def one_line(text: str, longest: int) -> str:
    """Return a text as one line without control characters."""
    return "".join(character if character.isprintable() else " " for character in text).strip()[:longest]
