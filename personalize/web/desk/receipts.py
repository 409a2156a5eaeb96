"""`/receipt/{number}`: the receipt that a caller holds, with all that this person agreed or objected to."""

from msgspec import to_builtins
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.consent.receipts import receipt_number, show_receipt
from personalize.explain.language import LANGUAGES, language, marked
from personalize.model.consent import ConsentEvent
from personalize.web.desk.desk import Desk, aloud_in, as_json, note_look, told_case, wants_json
from personalize.web.privacy.history import history
from personalize.web.shell.access import LOOKERS, language_of, require

UNKNOWN = marked("No receipt of ours has this number")


class Receipts:
    """The page of a receipt."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [Route("/receipt/{number}", self.show, methods=["GET"], name="receipt")]

    def show(self, request: Request) -> Response:
        """Tell what a receipt proves and what else its person said, once the look is in the trail."""
        require(request, *LOOKERS)
        typed, case = request.path_params["number"][:80], told_case(request)
        if case is None:
            return self._desk.ask_for_case(request, typed)
        number = receipt_number(typed)
        event = self._desk.house().store.consents.event(number) if number else None
        if event is None:
            note_look(request, case, "receipt", query="receipt:unknown")
            return self._nothing(request, typed)
        note_look(request, case, "receipt", event.subject, f"receipt:{event.event_id.hex()}")
        return self._told(request, event)

    def _told(self, request: Request, event: ConsentEvent) -> Response:
        house, heard = self._desk.house(), _heard(request, event)
        events = house.ledger.events(event.subject)
        told = history(house.settings, events, language(heard), house.clock.now())
        number = event.event_id.hex()
        if wants_json(request):
            return as_json({"receipt": number, "subject": event.subject, "receipts": to_builtins(told)})
        return self._desk.show(
            request,
            "receipt.html",
            number=show_receipt(event.event_id),
            subject=event.subject,
            aloud=heard,
            asked=[each for each in told if each.number == number],
            others=[each for each in told if each.number != number],
        )

    def _nothing(self, request: Request, typed: str) -> Response:
        if wants_json(request):
            return as_json({"receipt": typed, "problem": language_of(request).say(UNKNOWN)}, 404)
        return self._desk.show(request, "no_receipt.html", 404, heading=UNKNOWN, number=typed)


def _heard(request: Request, event: ConsentEvent) -> str:
    """Return the language to read aloud in: the chosen one, else that of the text which the person read."""
    read = event.notice_lang if event.notice_lang in LANGUAGES else language_of(request).name
    return aloud_in(request) or read
