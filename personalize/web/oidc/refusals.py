"""Why a login at an identity provider came to nothing: a closed list for counters, and what people are told."""

from enum import StrEnum

from personalize.explain.language import marked


class Cause(StrEnum):
    """What was wrong with a login."""

    cancelled = "cancelled"
    state = "state"
    reused = "reused"
    provider = "provider"
    unreachable = "unreachable"
    code = "code"
    token = "token"
    algorithm = "algorithm"
    key = "key"
    signature = "signature"
    issuer = "issuer"
    audience = "audience"
    nonce = "nonce"
    expired = "expired"
    future = "future"
    subject = "subject"
    acr = "acr"
    nobody = "nobody"
    roles = "roles"


class LoginRefused(Exception):
    """A login that came to nothing; the message is for the log and holds nothing personal."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause.value)
        self.cause = cause


UNTRUSTED = marked("The answer of the identity provider could not be trusted, so nobody is logged in.")
SENTENCES = {
    Cause.cancelled: marked("The login was stopped at the identity provider, so nobody is logged in."),
    Cause.state: marked("This login was started elsewhere or too long ago. Please start again."),
    Cause.reused: marked("This login was used before. Please start again."),
    Cause.provider: marked("The identity provider could not complete the login. Please start again."),
    Cause.unreachable: marked("The identity provider cannot be reached at this moment. Please try again later."),
    Cause.acr: marked("The identity provider is not sure enough who you are. Please log in there in a safer way."),
    Cause.nobody: marked("The identity provider did not say who you are here."),
    Cause.roles: marked("You have no role here. Ask whoever runs these pages."),
}
STATUS = {
    Cause.cancelled: 200,
    Cause.unreachable: 503,
    Cause.provider: 502,
    Cause.acr: 403,
    Cause.nobody: 403,
    Cause.roles: 403,
}


def sentence_of(cause: Cause) -> str:
    """Return the marked sentence that people are told."""
    return SENTENCES.get(cause, UNTRUSTED)


def status_of(cause: Cause) -> int:
    """Return the HTTP status of the page that says so."""
    return STATUS.get(cause, 400)
