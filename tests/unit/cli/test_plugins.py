from pathlib import Path

from .conftest import Run, edit

OWN = """
from personalize.hooks import Suppressor, hookimpl

__version__ = "2.5"


@hookimpl
def personalize_suppressors(config):
    yield Suppressor(name="quiet", when="tenure > 5", slots=("offer",), titles={"en": "it is quiet"})
"""


def test_each_plugin_is_listed_with_version_and_rules(run: Run, folder: Path) -> None:
    listed = {plugin["name"]: plugin for plugin in run("plugins", "--json").json["plugins"]}
    assert listed["existing-customer"]["version"] == "0.1.0"
    (rule,) = listed["renewal-window"]["rules"]
    assert (rule["kind"], rule["variants"]) == ("chooser", ["renewal-banner"])
    text = run("plugins").out
    assert "existing-customer 0.1.0" in text
    assert "when active and 'internet' in products" in text


def test_a_plugin_that_nothing_configures_has_no_rules(run: Run, folder: Path) -> None:
    text = (folder / "personalize.toml").read_text("utf-8")
    (folder / "personalize.toml").write_text(text[: text.index("[plugins.renewal-window]")], "utf-8")
    assert "no rules: nothing is configured for it" in run("plugins").out


def test_a_plugin_with_a_wrong_option_is_named(run: Run, folder: Path) -> None:
    edit(folder / "personalize.toml", "within = 3", 'within = "soon"')
    shown = run("plugins")
    assert shown.code == 2
    assert "[plugins.renewal-window] within" in shown.err


def test_a_plugin_in_the_sites_own_folder_takes_part(run: Run, site: Path) -> None:
    (site / "own.py").write_text(OWN)
    with (site / "personalize.toml").open("a") as file:
        file.write('\n[plugins.own]\nmodule = "own.py"\n')
    names = [plugin["name"] for plugin in run("plugins", "--json").json["plugins"]]
    assert "own" in names
    assert run("simulate", "offer", "--json").json["shown"] == {"default": 3}


def test_a_module_that_cannot_be_loaded_is_named(run: Run, folder: Path) -> None:
    with (folder / "personalize.toml").open("a") as file:
        file.write('\n[plugins.own]\nmodule = "nowhere.py"\n')
    shown = run("plugins")
    assert shown.code == 2
    assert "[plugins.own] module = 'nowhere.py'" in shown.err
