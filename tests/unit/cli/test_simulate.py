from pathlib import Path

from .conftest import COLUMNS, Run


def counted(slot: str, shown: dict[str, int], outcomes: dict[str, dict[str, int]]) -> dict[str, object]:
    return {"slot": slot, "subjects": 3, "shown": shown, "outcomes": outcomes}


def asked(run: Run, *words: str) -> dict[str, object]:
    result = run("simulate", *words, "--json")
    assert result.code == 0
    answer = dict(result.json)
    assert len(str(answer.pop("recipe"))) == 64
    return answer


def test_it_counts_what_everybody_would_see(run: Run, site: Path) -> None:
    assert asked(run, "offer", "--assurance", "login") == counted(
        "offer", {"internet": 2, "default": 1}, {"internet": {"TARGETING_MATCH": 2, "SUPPRESSED": 1}}
    )
    assert asked(run, "renewal") == counted(
        "renewal", {"renewal-banner": 1, "default": 2}, {"renewal-banner": {"TARGETING_MATCH": 1, "NOT_MATCHED": 2}}
    )


def test_of_a_value_that_people_lack_the_cause_is_counted(run: Run, site: Path) -> None:
    (site / "more.csv").write_text(f"{COLUMNS}\nC9{',' * 6}No{',' * 8}\n")
    assert run("import", "more.csv", "--source", "crm").code == 0
    rows = [line.split() for line in run("simulate", "renewal").out.splitlines()]
    assert ["renewal-banner", "2", "NOT_MATCHED"] in rows
    assert ["renewal-banner", "1", "NOT_MATCHED", "(missing)"] in rows
    assert asked(run, "renewal")["outcomes"] == {"renewal-banner": {"TARGETING_MATCH": 1, "NOT_MATCHED": 3}}


def test_by_a_link_nobody_is_suppressed(run: Run, site: Path) -> None:
    assert asked(run, "offer", "--assurance", "click")["shown"] == {"internet": 3}
    assert asked(run, "offer", "--assurance", "none")["shown"] == {"internet": 3}


def test_after_objections_nothing_is_read(run: Run, site: Path) -> None:
    (site / "objections.csv").write_text("customer_id\nC1\nC2\nC3\n")
    assert run("import", "objections.csv", "--source", "objections").code == 0
    assert asked(run, "offer")["shown"] == {"internet": 3}
    assert asked(run, "renewal")["shown"] == {"default": 3}
    one = run("simulate", "renewal", "--as", "customer_number:C1", "--json").json
    assert one["outcomes"][0]["cause"] == "objected"
    told = run("simulate", "renewal", "--as", "customer_number:C1", "--lang", "en").out
    assert "renewal-banner: the visitor objected (active), says renewal-window/renewal-window (NO_CONSENT)" in told


def test_it_writes_nothing_into_the_cookbook(run: Run, site: Path) -> None:
    before = (site / "store" / "cookbook.sqlite").read_bytes()
    run("simulate", "offer")
    assert (site / "store" / "cookbook.sqlite").read_bytes() == before
    assert not list((site / "store").rglob("*.pzj"))
    assert run("replay", "--json").json["entries"] == 0


def test_one_person_is_told_with_every_candidate_and_the_rule(run: Run, site: Path) -> None:
    told = run("simulate", "offer", "--as", "email:ANN@example.org", "--json").json
    assert (told["variant"], told["reason"]) == (None, "SUPPRESSED")
    assert told["outcomes"] == [
        {
            "variant": "internet",
            "reason": "SUPPRESSED",
            "cause": "",
            "absent": [],
            "rule": "existing-customer/has-internet",
        }
    ]
    told = run("simulate", "offer", "--as", "customer_number:C1", "--lang", "en").out
    assert "internet: a rule keeps it away, says existing-customer/has-internet (SUPPRESSED)" in told


def test_one_person_is_told_in_one_language(run: Run, site: Path) -> None:
    told = run("simulate", "offer", "--as", "customer_number:C1").out
    assert "internet: een regel houdt hem weg, zegt existing-customer/has-internet (SUPPRESSED)" in told
    assert told == run("simulate", "offer", "--as", "customer_number:C1", "--lang", "nl").out


def test_what_came_first_is_named(run: Run, site: Path) -> None:
    offer = site / "content" / "offer.toml"
    another = '[[variant]]\nslot = "offer"\nname = "aa"\n[variant.fields]\nheadline = "A"\ntext = "B"\n'
    offer.write_text(f"{offer.read_text('utf-8')}\n{another}", "utf-8")
    assert (
        "internet: aa came first (OUTRANKED)"
        in run("simulate", "offer", "--as", "customer_number:C2", "--lang", "en").out
    )


def test_at_another_date_values_may_be_too_old(run: Run, site: Path) -> None:
    told = run("simulate", "renewal", "--as", "customer_number:C1", "--at", "2040-01-31", "--json").json
    assert told["at"] == "2040-01-31T00:00:00+01:00"
    (banner,) = told["outcomes"]
    assert (banner["cause"], banner["absent"]) == ("stale", ["active"])


def test_unknown_people_slots_facts_and_dates_are_named(run: Run, site: Path) -> None:
    assert run("simulate", "offer", "--as", "customer_number:nobody").code == 1
    assert "Did you mean `offer`?" in run("simulate", "ofer").err
    assert "not declared" in run("simulate", "offer", "--context", "topic=climate").err
    assert "--at" in run("simulate", "offer", "--at", "soon").err


def test_a_fact_of_the_page_has_its_declared_type(run: Run, site: Path) -> None:
    text = (site / "personalize.toml").read_text("utf-8")
    (site / "personalize.toml").write_text(
        text.replace("[slots.offer]", '[slots.offer]\ncontext = { visits = "number" }')
    )
    assert run("simulate", "offer", "--context", "visits=3").code == 0
    forgotten = run("simulate", "offer", "--context", "visits")
    assert (forgotten.code, forgotten.out) == (2, "")
    assert "`visits` has no value. Write --context visits=VALUE" in forgotten.err
    assert '"three" is no number' in run("simulate", "offer", "--context", "visits=three").err
