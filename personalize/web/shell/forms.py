"""Read a form: small, urlencoded, each field once."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from personalize.explain.language import marked

MOST_BYTES = 4096
MOST_FIELDS = 16
INCOMPLETE = marked("The form was incomplete. Please try once more.")


async def read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of an urlencoded body, or None for anything longer, repeated or of another kind."""
    return parse_form(request.headers.get("content-type", ""), await read_body(request))


async def read_body(request: Request, most: int = MOST_BYTES) -> bytes:
    """Return a body; of one that is longer than `most` bytes, as much as shows that.

    Raises HTTPException where whoever sends it hangs up first: what was meant is not known, and no error of ours.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                break
    except ClientDisconnect:
        raise HTTPException(400) from None
    return body


def parse_form(content_type: str, body: bytes, most: int = MOST_BYTES) -> dict[str, str] | None:
    """Return the fields of a body of this type, as `read_form` does."""
    if len(body) > most or content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    return dict(fields) if len(dict(fields)) == len(fields) else None
