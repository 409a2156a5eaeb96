"""Reading personalize.toml: what is right arrives, what is wrong is named with place and remedy."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.decisions.conditions.scope import CALLS
from personalize.errors import ConfigError, ManyErrors
from personalize.model.attributes import AttributeType
from personalize.model.consent import Basis
from personalize.model.content import Field
from personalize.model.people import Assurance
from personalize.profile.identifiers import KINDS
from personalize.settings import Column, Member, Settings, load_settings
from personalize.settings.load import setting_places
from personalize.settings.names import WORDS
from personalize.settings.places import Place
from personalize.settings.tables import IDENTIFIER_KINDS

Load = Callable[[str], Settings]
Errors = Callable[[str], list[ConfigError]]


def test_the_site_knows_its_folders_and_that_it_is_in_development(load: Load, telecom: str, tmp_path: Path) -> None:
    site = load(telecom).site
    assert (site.store, site.keys) == (tmp_path / "store", tmp_path / "personalize.keys")
    assert (site.host, site.path, site.languages) == ("127.0.0.1:8000", "/personalize", ("nl", "en"))
    assert site.development


def test_the_environment_may_name_another_key_file(load: Load, telecom: str, tmp_path: Path) -> None:
    load(telecom)
    settings = load_settings(tmp_path / "personalize.toml", {"PERSONALIZE_KEYS": "/run/secrets/ring"})
    assert settings.site.keys == Path("/run/secrets/ring")


def test_purposes_and_notices_arrive_with_the_hash_of_the_exact_text(load: Load, telecom: str) -> None:
    settings = load(telecom)
    notice, newsletter = settings.notices["mail"], settings.purposes["newsletter"]
    assert notice.digests["nl"] == hashlib.sha256(b"Mag het?").hexdigest()
    assert (newsletter.basis, newsletter.notice, newsletter.valid) == (Basis.consent, "mail", 365 * 86_400)
    assert settings.purposes["offers"].valid == 730 * 86_400


def test_attributes_arrive_with_shelf_life_and_assurance(load: Load, telecom: str) -> None:
    active, end, _ = load(telecom).attributes
    assert (active.type, active.shelf_life, active.assurance) == (
        AttributeType.yes_no,
        90 * 86_400,
        Assurance.login,
    )
    assert (end.shelf_life, end.assurance) == (None, Assurance.mailbox)


def test_sources_arrive_with_their_columns(load: Load, telecom: str) -> None:
    crm = load(telecom).sources["crm"]
    active, end, products = crm.columns
    assert crm.identifiers == {"customer_number": ("customer_id",), "address": ("postcode", "house_number")}
    assert active == Column(attribute="active", column="churn", values={"No": True, "Yes": False})
    assert end.format == "d-m-y"
    assert products.members["internet"] == Member(column="internet_service", absent=("", "No"))
    assert products.members["tv"] == Member(column="streaming_tv")


def test_slots_segments_and_plugins_arrive(load: Load, telecom: str) -> None:
    settings = load(telecom)
    offer = settings.slots["offer"]
    assert offer.fields == (Field(name="headline"), Field(name="photo", kind="image", required=False))
    assert offer.context == {"topic": AttributeType.text}
    assert settings.segments[0].when == "active"
    assert settings.plugins == {"renewal-window": {"attribute": "contract_end"}}


def test_segments_know_where_their_condition_stands(load: Load, telecom: str, tmp_path: Path) -> None:
    load(telecom)
    line = telecom.splitlines().index('when = "active"') + 1
    assert setting_places(tmp_path / "personalize.toml")["segments", "customers", "when"] == Place(line, 9)


WRONG = [
    # what to write instead of what, the field that is named, words of the message
    ('url = "http://127.0.0.1:8000"', "", "site.url", "`url` is missing"),
    ('url = "http://127.0.0.1:8000"', 'url = "127.0.0.1"', "site.url", "not an address of http"),
    (
        'url = "http://127.0.0.1:8000"',
        'url = "http://x.nl/shop?a"',
        "site.url",
        "more than scheme, host and a plain path",
    ),
    ('url = "http://127.0.0.1:8000"', 'url = "http://x.nl?a"', "site.url", "more than scheme and host"),
    (':8000"', ':8000/shop"\npath = "/shop/pz"', "site.path", 'Write path = "/pz"'),
    (':8000"', ':8000/shop"\nlogin_page = "/shop"', "site.login_page", 'Write login_page = "/"'),
    ('url = "http://127.0.0.1:8000"', 'url = "http://x.nl:port"', "site.url", "not an address"),
    ('url = "http://127.0.0.1:8000"', "url = 3", "site.url", "3 is not text. For example url"),
    ("Europe/Amsterdam", "Amsterdam", "site.timezone", "not a time zone"),
    ("Europe/Amsterdam", "../../etc/passwd", "site.timezone", "not a time zone"),
    ('languages = ["nl", "en"]', 'languages = ["Dutch"]', "site.languages", 'Write codes such as "nl"'),
    ('languages = ["nl", "en"]', "languages = []", "site.languages", "at least one language"),
    ('timezone = "E', 'timezon = "E', "site.timezon", "Did you mean `timezone`?"),
    ('timezone = "E', 'path = "personalize"\ntimezone = "E', "site.path", "Start with a slash"),
    ('timezone = "E', 'login_page = "login"\ntimezone = "E', "site.login_page", "no address of a page"),
    ('timezone = "E', 'login_page = "//evil.example"\ntimezone = "E', "site.login_page", "no address of a page"),
    ('timezone = "E', 'login_page = "javascript:x"\ntimezone = "E', "site.login_page", "no address of a page"),
    ('timezone = "E', 'authority_page = "ftp://x"\ntimezone = "E', "site.authority_page", "no address of a page"),
    ('timezone = "E', 'login_page.nl = "/in"\ntimezone = "E', "site.login_page.en", "the text in en is missing"),
    ('timezone = "E', 'store = "postgresql://x"\ntimezone = "E', "site.store", "not a folder"),
    ('timezone = "E', 'markers = "yes"\ntimezone = "E', "site.markers", "not true or false"),
    ('timezone = "E', 'links = ["https://x.nl"]\ntimezone = "E', "site.links", "without scheme"),
    ('timezone = "E', 'metrics = "on"\ntimezone = "E', "site.metrics", "not true or false"),
    ('timezone = "E', 'metrics_from = ["prom"]\ntimezone = "E', "site.metrics_from", 'Write "10.0.0.5" or'),
    ('timezone = "E', 'metrics_from = ["10.0.0.5/24"]\ntimezone = "E', "site.metrics_from", "no address or network"),
    ("version = 2", "version = 0", "notices.mail.version", "out of bounds"),
    ("version = 2", "", "notices.mail.version", "`version` is missing"),
    (', en = "May we?"', "", "notices.mail.texts.en", "the text in en is missing"),
    ('en = "May we?"', 'en = "May we?", fr = "x"', "notices.mail.texts.fr", "not a language of the site"),
    ('notice = "mail"', "", "purposes.newsletter.notice", "consent needs a notice"),
    ('notice = "mail"', 'notice = "mial"', "purposes.newsletter.notice", "Did you mean `mail`?"),
    ('basis = "consent"', 'basis = "concent"', "purposes.newsletter.basis", "Did you mean `consent`?"),
    ('basis = "consent"', "", "purposes.newsletter.basis", "`basis` is missing"),
    ('valid = "1y"', 'valid = "24mo"', "purposes.newsletter.valid", "not a duration"),
    ('country = "NL"', 'country = "Netherlands"', "sources.crm.country", "ISO code"),
    ('key = "customer_number"', "", "sources.crm.key", "`key` is missing"),
    ('key = "customer_number"', 'key = "email"', "sources.crm.key", "not among the identifiers"),
    ("identifiers.email", "identifiers.mail", "sources.stop.identifiers.mail", "Did you mean `email`?"),
    ('= "email"\npurp', '= ["a", "b"]\npurp', "sources.stop.identifiers.email", "Name the one column"),
    ('country = "NL"', 'encoding = "utf-9"', "sources.crm.encoding", "Did you mean `utf-8`?"),
    ('country = "NL"', 'delimiter = ":"', "sources.crm.delimiter", "not a delimiter"),
    ('country = "NL"', 'purposes = "offers"', "sources.crm.purposes", "no meaning in a source of values"),
    ('purposes = ["offers"]', 'purposes = ["ofers"]', "sources.stop.purposes", "Did you mean `offers`?"),
    ('purposes = ["offers"]', "", "sources.stop.purposes", "Give `purposes` or `purpose_column`"),
    ('kind = "objections"', 'kind = "consents"', "sources.stop.purposes", "does not rest on consent"),
    ('kind = "objections"', 'kind = "consents"', "sources.stop.time_column", "when the consents were given"),
    (
        'purposes = ["offers"]',
        'purposes = ["offers"]\ntime_column = { column = "at", format = "d-m" }',
        "sources.stop.time_column.format",
        'Write "d-m-y"',
    ),
    (
        'country = "NL"',
        'time_column = { column = "at" }',
        "sources.crm.time_column",
        "no meaning in a source of values",
    ),
    ("No = true", 'No = "true"', "sources.crm.columns.active.values.No", "not of type yes/no"),
    ('column = "churn",', "", "sources.crm.columns.active", "from one column, or from members"),
    ('"d-m-y"', '"dd-mm-yyyy"', "sources.crm.columns.contract_end.format", "not a format"),
    ('format = "d-m-y"', 'separator = ","', "sources.crm.columns.contract_end", "Leave `members` and"),
    ("active = {", "actief = {", "sources.crm.columns.actief", "Did you mean `active`?"),
    ("[attributes.active]", '[attributes."activé"]', "attributes.activé", "cannot be the name"),
    ("[attributes.active]", "[attributes.today]", "attributes.today", "word of the condition notation"),
    ("[attributes.active]", "[attributes.not]", "attributes.not", "cannot be the name"),
    ('type = "date"', 'type = "dates"', "attributes.contract_end.type", "Did you mean `date`?"),
    ('type = "date"', 'type = "choice"', "attributes.contract_end.choices", "needs its closed list"),
    ('type = "date"', 'type = "date"\nchoices = ["a"]', "attributes.contract_end.choices", "only a choice"),
    (
        'type = "date"',
        'type = "choice"\nchoices = ["month"]\nvalues.mont = { nl = "maand", en = "month" }',
        "attributes.contract_end.values.mont",
        "Did you mean `month`?",
    ),
    (
        'type = "date"',
        'type = "text"\nvalues.month = { nl = "maand" }',
        "attributes.contract_end.values.month.en",
        "the text in en is missing",
    ),
    (
        'type = "date"',
        'type = "date"\nvalues.month = { nl = "maand", en = "month" }',
        "attributes.contract_end.values",
        "a value of the type `date` has no title",
    ),
    ('assurance = "mailbox"', 'assurance = "mail"', "attributes.contract_end.assurance", "`mailbox`"),
    ('shelf_life = "90d"', 'shelf_life = "0d"', "attributes.active.shelf_life", "not a duration"),
    ('shelf_life = "90d"', 'purposes = "x"', "attributes.active.purposes", "Did you mean `purpose`?"),
    (', en = "customer"', "", "attributes.active.titles.en", "the text in en is missing"),
    ('when = "active"', "", "segments.customers.when", "`when` is missing"),
    (
        'key = "customer_number"\nidentifiers',
        'proved = "address"\nkey = "customer_number"\nidentifiers',
        "sources.crm.proved",
        "Name customer_number or email",
    ),
    ("[slots.offer]", "[slots.segments]", "slots.segments", "is reserved for the visitor's segments"),
    ("[slots.offer]", "[slots.visit_code]", "slots.visit_code", "is reserved for the marker of the visit code"),
    ('headline = "text"', 'headline = "txt"', "slots.offer.fields.headline", "Did you mean `text`?"),
    ('topic = "text"', 'topic = "words"', "slots.offer.context.topic", "not known here"),
    ('topic = "text"', 'topic = { type = "text" }', "slots.offer.context.topic.titles", "`titles` is missing"),
    ('topic = "text"', 'topic = { titels = "x", type = "text" }', "slots.offer.context.topic.titels", "`titles`?"),
    ('topic = "text"', 'active = "text"', "slots.offer.context.active", "is an attribute as well"),
    ("[plugins.renewal-window]", "[plugin.renewal-window]", "plugin", "Did you mean `plugins`?"),
]


@pytest.mark.parametrize(("right", "wrong", "field", "words"), WRONG)
def test_a_mistake_is_named_with_its_field_its_line_and_a_remedy(
    errors: Errors, telecom: str, right: str, wrong: str, field: str, words: str
) -> None:
    assert telecom.count(right) >= 1
    found = {error.field: error for error in errors(telecom.replace(right, wrong, 1))}
    assert field in found
    assert words in str(found[field])
    assert found[field].remedy
    assert found[field].line >= 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('source = "crm"\npurpose = "offers"\nshelf', 'purpose = "offers"\nshelf'),
        ('purpose = "offers"\nshelf', "shelf"),
    ],
)
def test_an_attribute_without_source_or_purpose_is_refused(
    errors: Errors, telecom: str, right: str, wrong: str
) -> None:
    found = errors(telecom.replace(right, wrong, 1))
    assert [error.field.split(".")[:2] for error in found] == [["attributes", "active"]]


def test_the_line_is_the_one_the_value_stands_on(errors: Errors, telecom: str) -> None:
    spoilt = telecom.replace('valid = "1y"', 'valid = "soon"')
    (error,) = errors(spoilt)
    assert spoilt.splitlines()[error.line - 1] == 'valid = "soon"'
    assert str(error).startswith(f"{error.file}:{error.line}:10: purposes.newsletter.valid: ")


def test_every_mistake_is_reported_at_once_in_the_order_of_the_file(errors: Errors, telecom: str) -> None:
    spoilt = telecom.replace("Europe/Amsterdam", "Nowhere").replace('"90d"', '"x"').replace("2\n", "-2\n")
    found = errors(spoilt)
    assert [error.field for error in found] == [
        "site.timezone",
        "notices.mail.version",
        "attributes.active.shelf_life",
    ]
    assert [error.line for error in found] == sorted(error.line for error in found)


def test_an_attribute_that_no_column_fills_is_refused(errors: Errors, telecom: str) -> None:
    found = errors(telecom.replace('contract_end = { column = "ends", format = "d-m-y" }\n', ""))
    assert [error.field for error in found] == ["attributes.contract_end.source"]


def test_what_is_not_toml_is_named_with_line_and_column(errors: Errors) -> None:
    (error,) = errors("[site]\nurl = http\n")
    assert (error.line, error.column) == (2, 7)
    assert "not TOML" in error.cause
    assert error.remedy == 'Texts and conditions stand in quotes: url = "http"'


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("name = “Krant”", "“ is a quote of a word processor: write straight quotes, \" or '"),
        ('name = "Krant”', "” is a quote of a word processor: write straight quotes, \" or '"),
        ('when = plan == "yearly"', "Texts and conditions stand in quotes: when = \"plan == 'yearly'\""),
        ('when = "plan == "yearly""', "Quotes inside a text are single ones: when = \"plan == 'yearly'\""),
        ("when = 'plan == 'yearly''", "A text with quotes in it stands in double quotes: when = \"plan == 'yearly'\""),
        ("when = ''a' in b'", "A text with quotes in it stands in double quotes: when = \"'a' in b\""),
        ('when = ""yearly" == plan"', "Quotes inside a text are single ones: when = \"'yearly' == plan\""),
        ("name = 'auto's van nu'", 'A text with an apostrophe in it stands in double quotes: name = "auto\'s van nu"'),
        ("markers = yes", "Write markers = true or markers = false"),
        ("ends = 31-01-2029", "Texts stand in quotes, tables in brackets; a date is 2029-01-31"),
        ('name = "the “Krant”" x', "Texts stand in quotes, tables in brackets"),
    ],
)
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_mistakes_with_quotes_are_each_named(errors: Errors, line: str, remedy: str, end: str) -> None:
    (error,) = errors(f"[site]\n{line}{end}")
    assert error.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("text", "place", "cause", "remedy"),
    [
        ('[site]\nname = "a\nurl = "b"\n', (2, 8), 'no closing "', 'Write " at its end; a text of several lines'),
        ('[site]\nname = { nl = "a", en = "b }\n', (2, 25), 'no closing "', 'Write " at its end'),
        ("[site]\nname = 'a\nurl = 'b'\n", (2, 8), "no closing '", "Write ' at its end"),
        ('[site]\nname = \'a\nurl = "b"\n', (2, 8), "no closing '", "several lines stands between ''' and '''"),
        ('[site]\nname = """a\nurl = "b"\n', (2, 8), 'no closing """', 'Write """ at its end'),
        ('[site]\nname = "a"\nname = "b"\n', (3, 11), "`name` stands twice here", "Write each key once"),
        ("[a.b]\nc = 1\n[a.b]\nd = 1\n", (3, 5), "[a.b] stands twice", "Put its keys below the first one"),
        ("[[a]]\n[a.b]\nc = 1\n[a.b]\n", (4, 5), "[a.b] stands twice", "or [[a]] above this one, if it belongs to"),
        ("[site]\nname\u00a0= 'a'\n", (2, 5), "here stands a no-break space", "Write a blank"),
        ("[site]\norder = –3\n", (2, 9), "here stands – (en dash)", "Write -"),
        ('[site]\nname = "C:\\Users"\n', (2, 11), "a backslash stands alone", "Write two for one: \\\\"),
        ('[site]\nname = "50\\%"\n', (2, 11), "a backslash stands alone", "Write two for one: \\\\"),
        ('[site]\nname = "a\x07"\n', (2, 10), "here stands a control character", "Take it out"),
    ],
)
def test_what_is_not_toml_is_said_in_words(
    errors: Errors, text: str, place: tuple[int, int], cause: str, remedy: str
) -> None:
    (error,) = errors(text)
    assert (error.line, error.column) == place
    assert cause in error.cause
    assert remedy in error.remedy


BRACES = 'titles = { nl = "klant", en = "customer" }'
IN_BRACES = [
    ('{ nl = "klant" en = "x" }', "titles.nl", "Put a comma before en"),
    ('{ nl = "klant", en = "x", }', "titles", "Take out the comma before }"),
    ('{ nl = "klant", # Dutch\n en = "x" }', "titles", "A table in braces ends with } on the line it begins on"),
    ('{ nl = "klant", en = "x"\n', "titles.en", "A table in braces ends with } on the line it begins on"),
    ('{ nl = klant, en = "x" }', "titles.nl", 'Texts stand in quotes: nl = "klant"'),
    ('{ nl = true, "en" = yes }', "titles.en", "Write en = true or en = false"),
    ('{ nl: "klant", en = "x" }', "titles.nl", "Write nl = instead of nl:"),
    ('{ nl = "klant", nl = "x" }', "titles.nl", "Write each key once"),
    ('{ nl = "k, en = "x" }', "titles.nl", "Between two keys stands a comma"),
    ("{ nl = { a = 1 }, en = { b = [2], c = d } }", "titles.en.c", 'Texts stand in quotes: c = "d"'),
    ('{ nl = “klant”, en = "x" }', "titles.nl", "“ is a quote of a word processor"),
]


@pytest.mark.parametrize(("written", "field", "remedy"), IN_BRACES)
def test_a_mistake_in_braces_is_named_with_key_and_remedy(
    errors: Errors, telecom: str, written: str, field: str, remedy: str
) -> None:
    line = telecom.splitlines().index(BRACES) + 1
    (error,) = errors(telecom.replace(BRACES, f"titles = {written}", 1))
    assert (error.line, error.field) == (line, f"attributes.active.{field}")
    assert error.remedy.startswith(remedy)


def test_a_mistake_at_the_end_of_the_file_is_named_with_its_line(errors: Errors) -> None:
    (error,) = errors('[site]\nlogin_page = { nl = "/in"')
    assert (error.line, error.column, error.field) == (2, 26, "site.login_page.nl")


def test_of_braces_in_a_list_of_several_lines_the_table_is_not_guessed(errors: Errors, telecom: str) -> None:
    (error,) = errors(telecom.replace("version = 2", "version = 2\nearlier = [\n{ version = one },\n]"))
    assert error.field == "version"


def test_of_what_is_no_table_nothing_else_is_said(errors: Errors, telecom: str) -> None:
    (error,) = errors(telecom.replace("[attributes.active]", "[attributes]\nbar = 3\n[attributes.active]"))
    assert str(error).endswith("attributes.bar: 3 is not a table. Write [attributes.bar] and its keys below.")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b'[site]\nname = "caf\xe9"\n')
    with pytest.raises(ManyErrors, match=r"p.toml:2:12: the file is not UTF-8. Save it as UTF-8"):
        load_settings(tmp_path / "p.toml")


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ManyErrors, match="personalize init"):
        load_settings(tmp_path / "personalize.toml")


@pytest.mark.parametrize("text", ["", "site = 3", "[site]\n[slots]\noffer = 1\nurl = 2", "attributes = []"])
def test_rubbish_gives_errors_and_no_traceback(errors: Errors, text: str) -> None:
    assert errors(text)


def test_the_words_of_the_notation_and_the_kinds_of_identifiers_are_the_ones_in_use() -> None:
    assert {*CALLS, "now", "today"} == WORDS
    assert tuple(IDENTIFIER_KINDS) == KINDS


@pytest.mark.parametrize(
    ("written", "pages"),
    [
        ('"/in?next=/"', {"nl": "/in?next=/", "en": "/in?next=/"}),
        ('{ nl = "/nl/in", en = "https://id.example.org/in" }', {"nl": "/nl/in", "en": "https://id.example.org/in"}),
        ('""', {}),
    ],
)
def test_people_log_in_at_one_page_or_at_one_for_each_language(
    load: Load, telecom: str, written: str, pages: dict[str, str]
) -> None:
    settings = load(telecom.replace('timezone = "E', f'login_page = {written}\ntimezone = "E'))
    assert settings.site.login_page == pages


def test_pages_that_downloads_link_to_are_kept_in_full(load: Load, telecom: str) -> None:
    pages = 'privacy_statement = { nl = "/privacy", en = "https://law.example/en" }\nauthority_page = ""'
    site = load(telecom.replace('timezone = "E', f'{pages}\ntimezone = "E')).site
    assert site.privacy_statement == {"nl": f"{site.url}/privacy", "en": "https://law.example/en"}
    assert site.authority_page == {}


def test_a_site_may_stand_below_a_path_of_its_host(load: Load, telecom: str) -> None:
    pages = 'login_page = "/in"\nprivacy_statement = "/privacy"'
    site = load(telecom.replace('8000"', f'8000/shop/"\n{pages}')).site
    assert (site.url, site.root, site.development) == ("http://127.0.0.1:8000", "/shop", True)
    assert site.pages == "http://127.0.0.1:8000/shop/personalize"
    assert site.login_page["nl"] == "/shop/in"
    assert site.privacy_statement["nl"] == "http://127.0.0.1:8000/shop/privacy"


def test_a_page_fact_may_say_what_people_call_it_and_its_values(load: Load, telecom: str) -> None:
    titles = 'titles = { nl = "onderwerp", en = "topic" }, values.tv = { nl = "televisie", en = "television" }'
    slot = load(telecom.replace('topic = "text"', f'topic = {{ type = "choice", {titles} }}')).slots["offer"]
    assert slot.context == {"topic": AttributeType.choice}
    assert slot.words["topic"].titles["nl"] == "onderwerp"
    assert slot.words["topic"].values == {"tv": {"nl": "televisie", "en": "television"}}
