"""The page about conditions: each accepted example is read, each refused one is refused with these words."""

import re

import pytest

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.compile import compile_clause
from personalize.decisions.conditions.scope import CALLS, Scope
from personalize.errors import ManyErrors
from personalize.model.attributes import ABSENCES, Absence, Cause, Value
from personalize.profile.view import Calendar, Moment, ProfileView
from personalize.settings import load_settings
from tests.docs.pages import CHECKOUT, CODE, DOCS, blocks_of, rows, section

PAGE = DOCS / "reference" / "conditions.md"
EDITORS = DOCS / "how-to" / "editors" / "write-a-variant.md"
ACCEPTED, REFUSED = rows(PAGE, "Accepted"), rows(PAGE, "Refused")


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    file = tmp_path_factory.mktemp("site") / "personalize.toml"
    file.write_text(next(block.text for block in blocks_of(PAGE) if block.language == "toml"))
    settings = load_settings(file)
    return Scope(
        attributes=settings.attributes,
        context=settings.slots["offer"].context,
        segments={segment.name: segment for segment in settings.segments},
        timezone=settings.site.timezone,
    )


def written(cell: str) -> str:
    found = CODE.fullmatch(cell)
    assert found, cell
    return found[1]


@pytest.mark.parametrize("condition", [written(row[0]) for row in ACCEPTED])
def test_an_accepted_condition_is_read(condition: str, scope: Scope) -> None:
    read(condition, scope)


@pytest.mark.parametrize(("condition", "message"), [(written(row[0]), row[1]) for row in REFUSED])
def test_a_refused_condition_is_refused_with_these_words(condition: str, message: str, scope: Scope) -> None:
    with pytest.raises(ManyErrors) as refused:
        read(condition, scope)
    (error,) = refused.value.errors
    assert f"{error.cause}. {error.remedy}." == message


@pytest.mark.parametrize("name", sorted({*CALLS, "today", "now", "and", "or", "not", "in"}))
def test_every_word_of_the_notation_has_an_accepted_example(name: str) -> None:
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", section(PAGE, "Accepted"))


AGES: tuple[Value | Absence, ...] = (25, ABSENCES[Cause.missing], ABSENCES[Cause.no_consent])


@pytest.mark.parametrize(("cell", "answers"), [(row[0], row[1:]) for row in rows(PAGE, "Values that may not be read")])
def test_a_value_that_may_not_be_read_is_answered_as_the_page_says(cell: str, answers: list[str], scope: Scope) -> None:
    judge = compile_clause(read(written(cell), scope), scope)
    met = [judge(view(scope, age)) for age in AGES]
    assert ["met" if answer else "not met" for answer in met] == answers


def view(scope: Scope, age: Value | Absence) -> ProfileView:
    cells = tuple(age if name == "age" else ABSENCES[Cause.missing] for name in scope.names)
    return ProfileView(cells, Moment(0, Calendar(scope.zone)))


@pytest.mark.parametrize("condition", [written(row[1]) for row in rows(EDITORS, "For whom")])
def test_an_example_for_editors_is_read_with_the_starter_s_dictionary(condition: str) -> None:
    settings = load_settings(CHECKOUT / "personalize" / "cli" / "starter" / "personalize.toml")
    read(
        condition,
        Scope(
            attributes=settings.attributes,
            context=settings.slots["hero"].context,
            segments={segment.name: segment for segment in settings.segments},
            timezone=settings.site.timezone,
        ),
    )
