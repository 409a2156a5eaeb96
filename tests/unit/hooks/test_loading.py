"""A plugin's file that cannot be run is told with its line and what to do."""

import re
from types import SimpleNamespace

import pytest

from personalize.errors import PluginError
from personalize.hooks import manager
from personalize.hooks.manager import installed_plugins, site_plugins


def loaded(module, folder):
    return site_plugins({"own": {"module": module}}, folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "x = 1\nimport nothing_here\n",
            "ModuleNotFoundError: No module named 'nothing_here' ({file}, line 2)."
            " Install what it imports, or correct that line.",
        ),
        ("import = 1\n", "SyntaxError: invalid syntax ({file}, line 1). Mend that line."),
        ("import json\n\njson.loads('[')\n", "line 1 column 2 (char 1) ({file}, line 3). Mend that line."),
    ],
)
def test_an_error_in_a_plugins_file_is_told_with_its_line(tmp_path, text, message):
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(PluginError) as caught:
        loaded("own.py", tmp_path)
    assert str(caught.value).startswith("[plugins.own] module = 'own.py': ")
    assert str(caught.value).endswith(message.format(file=tmp_path / "own.py"))


def test_a_missing_file_is_named_with_the_nearest(tmp_path):
    missing = re.escape(f"[plugins.own] module = 'own.py': there is no file {tmp_path / 'own.py'}.")
    with pytest.raises(PluginError, match=rf"{missing} Put it there, or correct the name\."):
        loaded("own.py", tmp_path)
    (tmp_path / "owm.py").touch()
    with pytest.raises(PluginError, match=rf"{missing} Did you mean `owm\.py`\?"):
        loaded("own.py", tmp_path)


def test_a_missing_module_is_named_with_the_file_that_was_meant(tmp_path):
    with pytest.raises(PluginError, match=r"'no_such_plugin': there is no module 'no_such_plugin'\. Install it, or"):
        loaded("no_such_plugin", tmp_path)
    (tmp_path / "no_such_plugin.py").touch()
    with pytest.raises(PluginError, match=r'Write module = "no_such_plugin\.py": that file is there\.'):
        loaded("no_such_plugin", tmp_path)


@pytest.mark.parametrize("module", [5, "", ["own.py"]])
def test_a_module_that_is_no_name_is_refused(tmp_path, module):
    with pytest.raises(PluginError, match=r'is no name\. Write the file, module = "own\.py", or what can be imported'):
        loaded(module, tmp_path)


def broken():
    raise RuntimeError("half installed")


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (broken, r"'far' could not be loaded: RuntimeError: half installed \(.*test_loading\.py, line \d+\)\. Install"),
        (lambda: SimpleNamespace(), "'far' has no hook"),
    ],
)
def test_an_installed_plugin_that_cannot_be_used_stops_only_a_site_that_configures_it(monkeypatch, load, message):
    entry = SimpleNamespace(name="far", dist=None, load=load)
    monkeypatch.setattr(manager, "entry_points", lambda group: [entry])
    found, (problem,) = installed_plugins([])
    assert (found, bool(re.search(message, problem))) == ([], True)
    with pytest.raises(PluginError, match=message):
        installed_plugins(["far"])
