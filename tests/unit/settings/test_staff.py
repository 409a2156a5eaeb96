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
