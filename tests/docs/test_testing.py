"""The page about testing lists what the shipped test site offers."""

from personalize import testing
from personalize.testing import Browser, Page, TrialSite
from tests.docs.pages import DOCS, headings, names

PAGE = DOCS / "how-to" / "developers" / "test-your-site.md"


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


def test_every_member_of_the_trial_site_is_documented_and_no_other() -> None:
    assert set(names(PAGE, "TrialSite")) == public(TrialSite)


def test_every_method_of_browser_and_page_is_documented_and_no_other() -> None:
    methods = {f"Browser.{name}" for name in public(Browser)}
    methods |= {f"Page.{name}" for name in public(Page) if name not in Page.__struct_fields__}
    assert set(names(PAGE, "Browser and Page")) == methods


def test_every_name_of_the_testing_package_is_documented() -> None:
    assert all(any(name in heading for heading in headings(PAGE)) for name in testing.__all__)
