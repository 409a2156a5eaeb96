"""Advice on plugins' rules: their functions are tried over people of whom little is known."""

from pathlib import Path

import pytest

from .conftest import Run, edit

OWN = """
from datetime import timedelta

from personalize.hooks import Chooser, Suppressor, hookimpl

TITLES = {"nl": "x", "nb": "x", "en": "x"}


@hookimpl
def personalize_suppressors(config):
    yield Suppressor(name="own", suppress=own, reads=("contract", "products", "tenure", "today"), titles=TITLES)


@hookimpl
def personalize_choosers(config):
    for order in config.options.get("orders", ()):
        yield Chooser(name=f"at-{order}", order=order, slots=("offer",), variants=("internet",), titles=TITLES)


def own(view, candidate, context):
"""


def own(folder: Path, body: str, options: str = "") -> None:
    """Add a plugin of the site's own, whose function has this body."""
    (folder / "own.py").write_text(f"{OWN}    {body}\n")
    before = (folder / "personalize.toml").read_text("utf-8")
    (folder / "personalize.toml").write_text(f'{before}\n[plugins.own]\nmodule = "own.py"\n{options}\n', "utf-8")


SOURCE = """
from personalize.hooks import ConsentSource, hookimpl


@hookimpl
def personalize_consent_sources(config):
    yield ConsentSource(name="banner", read=read)


def read(headers, purposes):
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return None", "it answered NoneType instead of a mapping by purpose. Return a mapping of purpose to"),
        ("return {name: dict(headers)[b'cookie'] == b'x' for name in purposes}", "KeyError: b'cookie' ("),
        ("return {'nothing': True}", "it answered about a purpose that is none of its `purposes`."),
        ("return {name: b'yes' for name in purposes if headers}", "it answered bytes about a purpose"),
    ],
)
def test_a_consent_source_that_fails_where_nothing_was_said_is_advice(
    body: str, told: str, run: Run, folder: Path
) -> None:
    run("keys", "new")
    own(folder, "return False")
    (folder / "own.py").write_text(f"{SOURCE}    {body}\n")
    shown = run("check")
    assert shown.code == 0
    assert f"the consent source `banner` of the plugin own fails where its banner was not answered: {told}" in shown.out


def test_a_consent_source_that_says_nothing_then_is_in_order(run: Run, folder: Path) -> None:
    run("keys", "new")
    own(folder, "return False")
    (folder / "own.py").write_text(f"{SOURCE}    return {{}}\n")
    assert "consent source" not in run("check").out


def test_a_rule_for_a_variant_that_no_file_has_is_advice_with_the_nearest_name(run: Run, folder: Path) -> None:
    run("keys", "new")
    edit(folder / "content" / "offer.toml", 'name = "internet"', 'name = "internets"')
    shown = run("check")
    assert shown.code == 0
    assert "names the variant `internet`, which no content file has there. Did you mean `internets`?" in shown.out


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "return view.get('tenure') > 3",
            "TypeError: '>' not supported between instances of 'Absence' and 'int' ({}). An absence is",
        ),
        (
            "return bool(view.get('tenure')) and 'internet' in view.get('products')",
            "`products` is not known: TypeError: argument of type 'Absence' is not",
        ),
        ("return view.get('active')", "which its record does not declare in reads. ({}). Mend that line."),
        ("view.get('tenure')", "it answered NoneType instead of True or False. Return one of the two."),
    ],
)
def test_a_function_that_fails_over_an_absence_is_advice_with_its_line(
    run: Run, folder: Path, body: str, told: str
) -> None:
    run("keys", "new")
    own(folder, body)
    shown = run("check")
    assert shown.code == 0
    place = f"{folder / 'own.py'}, line {len(OWN.splitlines()) + 1}"
    assert told.format(place) in shown.out
    assert shown.out.count("the rule `own` of the plugin own fails over somebody of whom") == 1


def test_a_function_that_looks_first_is_fine(run: Run, folder: Path) -> None:
    run("keys", "new")
    own(folder, "tenure = view.get('tenure'); return bool(tenure) and tenure > 3 and context.today.year > 2000")
    assert "fails" not in run("check").out


def test_an_option_that_no_hook_asks_for_is_advice_with_the_nearest(run: Run, folder: Path) -> None:
    run("keys", "new")
    own(folder, "return False", "ordres = [50]")
    line = (folder / "personalize.toml").read_text("utf-8").splitlines().index("ordres = [50]") + 1
    shown = run("check")
    told = "[plugins.own] ordres: the plugin does not ask for this option. Did you mean `orders`?"
    assert f"personalize.toml:{line}:10: advice: {told}" in shown.out
    assert (shown.code, shown.out.count("does not ask for this option")) == (0, 1)


def test_a_chooser_that_another_comes_before_is_advice(run: Run, folder: Path) -> None:
    run("keys", "new")
    own(folder, "return False", "orders = [50, 2_000_000]")
    shown = run("check").out
    assert "the rule `at-2000000` of the plugin own has no say over `internet`: own/at-50 comes before it." in shown
    assert "Give it an order below 50, or other variants." in shown
    assert "`at-50`" not in shown
    assert "priority-order" not in shown
