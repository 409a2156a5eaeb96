"""The words for what the rights' pages and files speak of: kinds of identifiers, roles, consents and objections."""

from collections.abc import Mapping

from personalize.explain.language import Language, marked
from personalize.model.consent import Action
from personalize.model.staff import Role

IDENTIFIERS: Mapping[str, str] = {
    "customer_number": marked("Customer number"),
    "email": marked("E-mail address"),
    "phone": marked("Phone number"),
    "address": marked("Postcode and house number"),
    "plate": marked("Licence plate"),
}
ROLES: Mapping[str, str] = {
    Role.service: marked("Customer service"),
    Role.supervisor: marked("A supervisor"),
    Role.data_officer: marked("The data officer"),
    Role.editor: marked("An editor"),
    Role.admin: marked("An administrator"),
    "shell": marked("Somebody with access to our server"),
}
SAID: Mapping[Action, str] = {
    Action.requested: marked("On {moment} agreeing to “{purpose}” was asked for, and waited to be confirmed by mail."),
    Action.given: marked("On {moment} you agreed to “{purpose}”."),
    Action.confirmed: marked("On {moment} you confirmed from your mailbox that you agree to “{purpose}”."),
    Action.refused: marked("On {moment} you did not agree to “{purpose}”."),
    Action.withdrawn: marked("On {moment} you withdrew your permission for “{purpose}”."),
    Action.objected: marked("On {moment} you objected to “{purpose}”."),
    Action.objection_lifted: marked("On {moment} you took back your objection to “{purpose}”."),
    Action.expired: marked("On {moment} your permission for “{purpose}” ended by itself."),
}


def identifier_told(identifier: str, lang: Language) -> str:
    """Return an identifier with its kind in words: “Customer number 4711”; as it is where its kind has none."""
    kind, _, value = identifier.partition(":")
    return f"{lang.say(IDENTIFIERS[kind])} {value}" if kind in IDENTIFIERS else identifier
