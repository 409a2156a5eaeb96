from pathlib import Path

from .conftest import Run, edit

OWN = """
from personalize import Personalizer, hookimpl
from personalize.hooks import Suppressor

class Own:
    plugin_name = "own"
    __version__ = "2.5"

    @hookimpl
    def personalize_suppressors(self, config):
        yield Suppressor(name="quiet", when="tenure > 5", slots=("offer",), titles={"en": "it is quiet"})

personalizer = Personalizer.from_toml("personalize.toml", plugins=[Own()])
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


def test_plugins_of_the_sites_own_code_take_part(run: Run, site: Path) -> None:
    (site / "cli_own_site.py").write_text(OWN)
    names = [plugin["name"] for plugin in run("plugins", "--app", "cli_own_site", "--json").json["plugins"]]
    assert "own" in names
    everybody = run("simulate", "offer", "--app", "cli_own_site:personalizer", "--json").json
    assert everybody["shown"] == {"default": 3}
    assert run("plugins", "--app", "nowhere:x").code == 2
    assert "no Personalizer" in run("plugins", "--app", "cli_own_site:Own").err
