"""The `[staff]` table."""

import pytest

from .conftest import Errors, Load


def test_staff_pages_are_on_this_machine_unless_told(load: Load, telecom: str) -> None:
    staff = load(telecom).staff
    assert (staff.url, staff.host, staff.masked) == ("http://127.0.0.1:8001", "127.0.0.1:8001", ())


def test_staff_pages_arrive_with_address_and_masked_attributes(load: Load, telecom: str) -> None:
    staff = load(f'{telecom}\n[staff]\nurl = "https://desk.telecom.example/"\nmasked = ["active"]\n').staff
    assert (staff.url, staff.masked) == ("https://desk.telecom.example", ("active",))


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ('url = "http://desk.telecom.example"', "staff.url", "need https"),
        ('url = "desk"', "staff.url", "is not an address"),
        ('url = "https://x.example/desk"', "staff.url", "more than scheme and host"),
        ('masked = ["actve"]', "staff.masked", "Did you mean `active`?"),
        ("mask = []", "staff.mask", "Did you mean `masked`?"),
    ],
)
def test_a_mistake_is_named_with_a_remedy(errors: Errors, telecom: str, line: str, field: str, words: str) -> None:
    (error,) = errors(f"{telecom}\n[staff]\n{line}\n")
    assert error.field == field
    assert words in str(error)


OIDC = """
[staff.oidc]
issuer = "https://id.telecom.example"
client_id = "desk"
[staff.oidc.roles]
service = "callers"
"""


def test_staff_may_sign_in_at_an_identity_provider(load: Load, telecom: str) -> None:
    oidc = load(telecom + OIDC).staff.oidc
    assert oidc is not None
    assert (oidc.issuer, oidc.client_id, oidc.name, oidc.claim) == (
        "https://id.telecom.example",
        "desk",
        "preferred_username",
        "roles",
    )
    assert (oidc.roles, oidc.scopes) == ({"service": ("callers",)}, ("profile",))


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("https://id", "http://id", "staff.oidc.issuer", "is not https"),
        ('client_id = "desk"', "", "staff.oidc.client_id", "is missing"),
        ("service =", "servce =", "staff.oidc.roles", "Did you mean `service`?"),
        ('service = "callers"', "", "staff.oidc.roles", "nobody would have a role"),
        ('client_id = "desk"', 'client_id = "desk"\nsecret = "x"', "staff.oidc.secret", "not a key"),
    ],
)
def test_a_mistake_about_the_provider_is_named(
    errors: Errors, telecom: str, old: str, new: str, field: str, words: str
) -> None:
    found = errors(telecom + OIDC.replace(old, new))
    assert any(error.field.startswith(field) and words in str(error) for error in found), found
