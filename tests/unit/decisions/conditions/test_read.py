"""Which texts are conditions, what each means, and what is said about the others."""

from time import process_time

import pytest

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import Fact, Flag, Not, clock_use, reads
from personalize.decisions.conditions.scope import Place, Scope
from personalize.decisions.conditions.text import text
from personalize.errors import ConfigError, ManyErrors
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Segment
from tests.property.condition_samples import SCOPE

CANONICAL = [
    ("active", "active"),
    ("  active\n  and\tadult ", "active and adult"),
    ("not active", "not active"),
    ("((active))", "active"),
    ("(active and adult) or active", "active and adult or active"),
    ("active and (adult or active)", "active and (adult or active)"),
    ("not (active or adult)", "not (active or adult)"),
    ("not not active", "not not active"),
    ("active == False", "active == False"),
    ("age >= 30.50", "age >= 30.5"),
    ("-2 < age", "-2 < age"),
    ("age <= tenure", "age <= tenure"),
    ("age in {30, 29}", "age in {29, 30}"),
    ('city == "Den Haag"', "city == 'Den Haag'"),
    ("city == ' e\u0301 '", "city == 'é'"),
    ("city == 'it\\'s'", "city == 'it\\'s'"),
    ("city == '# (not a comment'", "city == '# (not a comment'"),
    ("city != topic", "city != topic"),
    ("status in {'new', 'gold'}", "status in {'gold', 'new'}"),
    ("not status in {'new'}", "status not in {'new'}"),
    ("'internet' in products", "'internet' in products"),
    ("'internet' not in products", "'internet' not in products"),
    ("topic in products", "topic in products"),
    ("products == {'b', 'a'}", "products == {'a', 'b'}"),
    ("any_of(products, {'b', 'a'})", "any_of(products, {'a', 'b'})"),
    ("all_of( products,{'a'} )", "all_of(products, {'a'})"),
    ("known(age) and not known(city)", "known(age) and not known(city)"),
    ("segment('customers')", "segment('customers')"),
    ("contract_end <= today + days(90)", "contract_end <= today + days(90)"),
    (
        "contract_end - months(1) + days(2) > published",
        "contract_end - months(1) + days(2) > published",
    ),
    ("last_visit >= now - hours(24)", "last_visit >= now - hours(24)"),
    ("contract_end == date('2026-01-31')", 'contract_end == date("2026-01-31")'),
    ("contract_end in {date('2026-01-31')}", 'contract_end in {date("2026-01-31")}'),
    ("last_visit < instant('2026-01-31 08:00')", 'last_visit < instant("2026-01-31T08:00:00")'),
    ("last_visit < instant('2026-01-31T08:00Z')", 'last_visit < instant("2026-01-31T08:00:00+00:00")'),
]

REFUSED = [
    # what is no text of the notation at all
    ("", 1, "empty", "leave it out for everyone"),
    (" \n ", 1, "empty", "leave it out for everyone"),
    ("active and", 11, "breaks off", "Write, for example"),
    ("active adult", 8, "from `adult` on", "Between two questions"),
    ("(active", 1, "never closed", "closing bracket"),
    ("active)", 7, "closes nothing", "Take it out"),
    ("(active}", 8, "is closed by", "matching pair"),
    ("known(age)(1)", 11, "between two brackets", "and"),
    ("city == 'abc", 9, "never closed", "closing '"),
    ("city == 'a\\n'", 11, "backslash", "\\\\"),
    ("city == 'a\nb'", 11, "line break", "Take it out"),
    ("city == 'a\0b'", 11, "control character", "Take it out"),
    ("active\0", 7, "a control character", "Take it out"),
    ("city == 'a' 'b'", 13, "side by side", "comma"),
    ("city == '''a'''", 11, "side by side", "comma"),
    ("city == f'a'", 9, "no prefix `f`", "Leave it out"),
    ("city == “a”", 9, "“ (left double quotation mark) stands outside a text", "Write the straight quote '"),
    ("city\u00a0== 'a'", 5, "a no-break space stands outside a text", "Write a blank"),
    ("active\u200b", 7, "a zero width space stands outside a text", "Take it out"),
    ("age > –3", 7, "– (en dash) stands outside a text", "Write -"),
    ("leeftijdé > 3", 9, "é (latin small letter e with acute) stands outside a text", "Names are ASCII letters"),
    ("аge == 3", 1, "cyrillic small letter a", "ASCII"),
    ("city == 'é' and é", 17, "latin small letter e with acute", "ASCII"),
    ("active # why", 8, "'#'", "comments"),
    ("city.upper() == 'A'", 5, "'.'", "without a dot"),
    ("[active]", 1, "'['", "braces"),
    ("age * 2 == 4", 5, "'*'", "Only days(), months() and hours()"),
    ("active & adult", 8, "`&` is no operator", "`and`"),
    ("active || adult", 8, "`|` is no operator", "`or`"),
    ("active AND adult", 8, "`AND` is no operator", "`and`"),
    ("age = 30", 5, "`=` does not compare", "`==`"),
    ("age => 30", 5, "`=>` does not compare", "`>=`"),
    ("age <> 30", 5, "`<>` does not compare", "`!=`"),
    ("age == 1_000", 8, "not a number", "digits"),
    ("age == 0x1F", 8, "not a number", "digits"),
    ("age == 3j", 8, "not a number", "digits"),
    ("age == 1e999", 8, "too large", "1000000000000000"),
    ("age == " + "9" * 4000, 8, "too large", "1000000000000000"),
    ("lambda: active", 1, "`lambda`", "Use names"),
    ("active if adult else active", 8, "`if`", "Use names"),
    ("active or " * 500 + "active", 1, "4 KiB", "segment"),
    ("(" * 51 + "active" + ")" * 51, 51, "too deep", "segment"),
    ("not " * 51 + "active", 201, "too deep", "segment"),
    ("contract_end < today" + " + days(1)" * 51, 518, "too deep", "segment"),
    # what is Python, but asks nothing that can be answered
    ("True", 1, "asks nothing", "leave it out for everyone"),
    ("today", 1, "asks nothing", "Compare it"),
    ("'a'", 1, "asks nothing", "Compare it"),
    ("{'a'}", 1, "asks nothing", "Compare it"),
    ("1 == 1", 1, "two fixed values", "Name an attribute"),
    ("1 in {1}", 1, "two fixed values", "Name an attribute"),
    ("29 < age < 40", 12, "chained", "`29 < age and age < 40`"),
    ("age == None", 8, "None", "`known(age)`"),
    ("None != age", 1, "None", "`not known(age)`"),
    ("age is None", 8, "None", "`known(age)`"),
    ("active is True", 11, "`is`", "=="),
    ("active == (adult or active)", 12, "a question", "and, or, not"),
    ("known(age) == True", 1, "answers yes or no", "alone"),
    ("exec('x') == 1", 1, "`exec('x')` is not a function", "known"),
    ("known('age')", 7, "asks about a name", "known(contract_end)"),
    ("known(age, city)", 1, "one argument", "known(contract_end)"),
    ("known(today)", 7, "a word of the notation", "attribute"),
    ("any_of(products)", 1, "two arguments", "any_of(products"),
    ("any_of(products, 'a')", 18, "texts in braces", "any_of(products"),
    ("any_of(products, {1})", 18, "texts in braces", "any_of(products"),
    ("products == {}", 13, "not empty", "{'a', 'b'}"),
    ("city in ('a', 'b')", 9, "in braces", "{'a', 'b'}"),
    ("city in ('a')", 10, "needs a set", "{'a'}"),
    ("city in {'a', 1}", 15, "of one type", "on its own"),
    ("city in {topic}", 10, "literal values", "Put texts in quotes, {'a', 'b'}"),
    ("{active}", 2, "literal values", "a name stands without braces"),
    ("active, adult", 9, "a comma joins no questions", "`and` or `or`"),
    ("active,", 1, "a comma joins no questions", "`and` or `or`"),
    ("active in {True}", 12, "cannot hold", "=="),
    ("+3 == age", 1, "`+3` is not part", "number"),
    ("-city == 'a'", 1, "`-city` is not part", "name"),
    ("contract_end < 2026-01-31", 16, "`2026-01-31` cannot stand alone", "Write date('2026-01-31')"),
    ("last_visit < 2026-01-31T08:00", 14, "cannot stand alone", "Write instant('2026-01-31T08:00')"),
    ("contract_end < 31-12-2026", 16, "`31-12-2026` is not in the calendar", "Write it as date('2026-01-31')"),
    ("contract_end < today + 90 days", 27, "from `days` on", "today + days(90)"),
    ("contract-end < today", 10, "only days()", "a name has _ in place of a hyphen"),
    ("active en adult", 8, "from `en` on", "Between two questions stands `and` or `or`"),
    ("age + 1 == 3", 7, "only days()", "today + days(90)"),
    ("days(3) + today == contract_end", 11, "only days()", "today + days(90)"),
    ("contract_end == days(3)", 17, "stands alone", "today + days(3)"),
    ("contract_end < today + days(-3)", 29, "from 0 to 36525", "take it away"),
    ("contract_end < today + days(1.5)", 29, "whole number", "days(90)"),
    ("contract_end < today + days(99999)", 29, "from 0 to 36525", "days(90)"),
    ("contract_end < date('31-1-2026')", 16, "not in the calendar", "2026-01-31"),
    ("contract_end < date('2026-02-30')", 16, "not in the calendar", "2026-01-31"),
    ("contract_end < date(2026)", 21, "takes a text", "2026-01-31"),
    ("last_visit < instant('2026-01-31')", 14, "not in the calendar", "T08:00"),
    ("last_visit < instant('9999-12-31T23:00')", 14, "not in the calendar", "T08:00"),
    # what does not fit the dictionary
    ("activ", 1, "`activ` is unknown", "`active`"),
    ("Active", 1, "`Active` is unknown", "`active`"),
    ("active == true", 11, "`true` is unknown", "`True`"),
    ("active == yes", 11, "`yes` is unknown", "Write True or False"),
    ("zzz == 3", 1, "`zzz` is unknown", "[attributes]"),
    ("city == zzz", 9, "`zzz` is unknown", "put it in quotes: 'zzz'"),
    ("status != gold", 11, "`gold` is unknown", "put it in quotes: 'gold'"),
    ("zzz in products", 1, "`zzz` is unknown", "put it in quotes: 'zzz'"),
    ("age", 1, "is a number, not a yes/no", "Compare"),
    ("products", 1, "is a set", "'a' in products"),
    ("contract_end < now", 1, "a date cannot be compared with an instant", "`today`"),
    ("last_visit < today", 1, "an instant cannot be compared with a date", "`now`"),
    ("active == 1", 1, "a yes/no cannot be compared with a number", "True or False"),
    ("age == True", 1, "a number cannot be compared with a yes/no", "True or False"),
    ("city == 7", 1, "a text cannot be compared with a number", "Write a text in quotes"),
    ("status == 7", 1, "a choice cannot be compared with a number", "Write a text in quotes"),
    ("status in {7, 8}", 1, "a choice cannot be compared with a number", "Write a text in quotes"),
    ("30 == city", 1, "a number cannot be compared with a text", "Write a text in quotes"),
    ("age == city", 1, "a number cannot be compared with a text", "one type"),
    ("age == '30'", 1, "a number cannot be compared with a text", "without quotes"),
    ("active == 'True'", 1, "a yes/no cannot be compared with a text", "without quotes"),
    ("contract_end == '2026-01-31'", 1, "a date cannot be", "date('2026-01-31')"),
    ("last_visit > '2026-01-31'", 1, "an instant cannot be", "instant("),
    ("products == 'a'", 1, "a set of text cannot be", "'a' in name"),
    ("age in {'30'}", 1, "a number cannot be", "without quotes"),
    ("city < 'a'", 1, "`<` needs numbers", "=="),
    ("active > adult", 1, "`>` needs numbers", "=="),
    ("products <= wishes", 1, "`<=` needs numbers", "=="),
    ("products in {'a'}", 1, "a set is not itself", "any_of"),
    ("'a' in city", 8, "is a text, not a set", "=="),
    ("3 in products", 1, "holds texts", "quotes"),
    ("any_of(status, {'new'})", 8, "is a choice, not a set", "status in"),
    ("contract_end + hours(1) > today", 1, "no hours", "days()"),
    ("age + days(1) == 3", 1, "cannot be added to a number", "date or an instant"),
    ("status == 'gould'", 11, "never 'gould'", "`gold`"),
    ("'zzz' == status", 1, "never 'zzz'", "'new', 'silver', 'gold'"),
    ("status in {'new', 'glod'}", 11, "never 'glod'", "`gold`"),
    ("segment('custumers')", 1, 'no segment "custumers"', "`customers`"),
    ("email == 'x'", 1, "identifies a person", "no personal data"),
    ("city == 'jan@example.org'", 9, "mail address", "no personal data"),
    ("any_of(products, {'jan@example.org'})", 1, "mail address", "no personal data"),
]


@pytest.mark.parametrize(("written", "canonical"), CANONICAL)
def test_a_condition_is_read_and_written_in_one_way(written: str, canonical: str) -> None:
    clause = read(written, SCOPE)
    assert text(clause) == canonical
    assert read(canonical, SCOPE) == clause


@pytest.mark.parametrize(("written", "column", "cause", "remedy"), REFUSED)
def test_a_refusal_names_place_cause_and_remedy(written: str, column: int, cause: str, remedy: str) -> None:
    with pytest.raises(ManyErrors) as refused:
        read(written, SCOPE)
    (error,) = refused.value.errors
    assert cause in error.cause
    assert remedy in error.remedy
    assert (error.line, error.column) == (1, column)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("activ and age == 'x' and city", [(1, "activ"), (11, "number"), (26, "city")]),
        ("not agee > 3 or (segment('x') and segment('y'))", [(5, "agee"), (18, '"x"'), (35, '"y"')]),
        ("ages > agee", [(1, "ages"), (8, "agee")]),
        ("nam in citie", [(1, "nam"), (8, "citie")]),
        ("status in {'golden', 'silvery'}", [(11, "'golden'"), (11, "'silvery'")]),
        ("segment('x') and active <", [(26, "breaks off")]),
        ("segment('x') and age < 3 < 4", [(1, '"x"'), (28, "chained")]),
    ],
)
def test_every_mistake_is_told_at_once(written: str, told: list[tuple[int, str]]) -> None:
    with pytest.raises(ManyErrors) as refused:
        read(written, SCOPE)
    assert [error.column for error in refused.value.errors] == [column for column, _ in told]
    assert all(word in error.cause for error, (_, word) in zip(refused.value.errors, told, strict=True))


def test_an_error_points_into_the_file_that_holds_the_condition() -> None:
    place = Place("content/hero.toml", 12, 9, "when")
    with pytest.raises(ManyErrors, match=r"^content/hero\.toml:12:20: when: `activ` is unknown\."):
        read("active and activ", SCOPE, place)


def test_on_a_later_line_the_column_counts_from_that_line() -> None:
    with pytest.raises(ManyErrors, match=r"^site\.toml:14:5: when: "):
        read("active\nand\n    activ", SCOPE, Place("site.toml", 12, 9))


def scope(**segments: str) -> Scope:
    active = Attribute(name="active", type=AttributeType.yes_no, source="crm", purpose="offers")
    email = Attribute(name="email", type=AttributeType.text, source="crm", purpose="offers")
    return Scope(
        attributes=(active, email),
        segments={name: Segment(name=name, when=when) for name, when in segments.items()},
        timezone="Europe/Oslo",
    )


def test_a_segment_brings_what_it_reads() -> None:
    clause = read("not segment('leaving')", SCOPE)
    assert reads(clause) == {"active", "adult", "age", "contract_end"}
    assert clock_use(clause) == "today"


def test_a_segment_that_stands_alone_is_told_how_it_is_written() -> None:
    with pytest.raises(ManyErrors, match=r"`adults` is a segment\. Write segment\('adults'\)\."):
        read("adults and active", scope(adults="adult"))


def test_segments_that_name_each_other_are_refused_with_the_circle() -> None:
    with pytest.raises(ManyErrors, match="names itself: a -> b -> a"):
        read("segment('a')", scope(a="segment('b')", b="active or segment('a')"))


def test_a_fault_in_a_segment_is_told_where_the_segment_is_named() -> None:
    with pytest.raises(ManyErrors, match=r'^1:12: when: segment "a": `activ` is unknown\. .*`active`'):
        read("active and segment('a')", scope(a="activ"))


def test_of_a_segment_with_many_mistakes_one_is_told_where_it_is_named() -> None:
    with pytest.raises(ManyErrors) as refused:
        read("activ and segment('a')", scope(a="acti and actv"))
    assert [error.column for error in refused.value.errors] == [1, 11]


def test_a_chain_of_segments_ends_at_the_depth_of_a_condition() -> None:
    chain = {f"s{step}": f"active and segment('s{step + 1}')" for step in range(60)}
    with pytest.raises(ManyErrors, match="too deep"):
        read("segment('s0')", scope(**chain, s60="active"))


def test_segments_that_double_at_each_step_are_refused() -> None:
    steps = {f"s{step}": f"segment('s{step + 1}') and segment('s{step + 1}')" for step in range(9)}
    with pytest.raises(ManyErrors, match="more than 100 segments"):
        read("segment('s0')", scope(**steps, s9="active"))


def test_an_identifier_in_the_dictionary_may_not_be_compared() -> None:
    with pytest.raises(ManyErrors, match="may not be compared"):
        read("email == 'somebody'", scope())


def test_an_identifier_in_the_dictionary_may_be_asked_for() -> None:
    assert reads(read("known(email)", scope())) == {"email"}


@pytest.mark.parametrize("name", ["today", "segment", "active"])
def test_a_page_fact_may_not_hide_another_name(name: str) -> None:
    attributes = scope().attributes
    with pytest.raises(ConfigError, match=f"`{name}`"):
        Scope(attributes=attributes, context={name: AttributeType.text}, timezone="Europe/Oslo")


@pytest.mark.parametrize(
    ("written", "use"),
    [("active", "none"), ("contract_end > today", "today"), ("last_visit > now - days(1)", "now")],
)
def test_the_use_of_the_clock_is_known(written: str, use: str) -> None:
    assert clock_use(read(written, SCOPE)) == use


def test_now_covers_today() -> None:
    assert clock_use(read("contract_end > today or last_visit > now", SCOPE)) == "now"


def test_a_clause_compares_by_meaning() -> None:
    assert read("not  active", SCOPE) == Not(Flag(Fact("active")))


def test_thousands_of_attributes_are_told_apart_in_one_pass() -> None:
    attributes = tuple(
        Attribute(name=f"value_{number}", type=AttributeType.text, source="crm", purpose="service")
        for number in range(10_000)
    )
    began = process_time()
    Scope(attributes=attributes, timezone="Europe/Amsterdam")
    assert process_time() - began < 1
    with pytest.raises(ConfigError, match="`value_7` is declared twice"):
        Scope(attributes=(*attributes, attributes[7]), timezone="Europe/Amsterdam")
