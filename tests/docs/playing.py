"""Plays a page: its blocks, in order, in a folder of their own, as a reader would follow them.

| block | is |
|---|---|
| `toml FILE`, `python FILE` and the like (`FILES`) | written as that file; with ` +` behind the name, added to it |
| `toml`, `json`, `jinja` | read by the parser of its language |
| `html` | its slot markers are read |
| `python` | run; a page's blocks share their names |
| `console` | each `$ command` is run; what is shown must come out; `…` stands for anything, blanks for any blanks |
| `text` | shown only |

A visit code in what comes out counts as the one that the page shows. Where the page goes on with that
code, the real one is meant.
"""

import contextlib
import importlib
import io
import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.testclient import TestClient

from personalize.asgi.markers import read_marker
from personalize.asgi.templating import SlotTags
from personalize.cli.main import COMMANDS, main
from personalize.content.files import read_content
from personalize.model.people import Assurance, Visitor
from personalize.personalizer import Personalizer
from personalize.settings import load_settings
from personalize.web.consent.tag import BannerTag
from tests.docs.pages import CHECKOUT, Block, blocks_of

SHOWN_CODE, SHOWN_TOKEN = "7KQ4-2MX9", "pzt=…"
LINK = re.compile(r"pzt=[\w.-]+")
VISIT_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")
READY = re.compile(r"^\$ ((?:personalize (?:init|import|keys)|uvicorn)\b.*)$", re.MULTILINE)
"""The commands after which a site is up and knows its customers."""
MARKER = re.compile(r"<!--slot (.*?)-->")
ADDRESS = "http://127.0.0.1:8000"
FILES = frozenset({"csv", "jinja", "nginx", "python", "toml", "vcl"})


class Player:
    """One reader's folder, their server and their browser."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.folder, self.code, self.token = folder, "", ""
        self._jars: dict[str, Any] = {}
        self.names: dict[str, Any] = {"__name__": "page"}
        self._patch = monkeypatch
        self._open = contextlib.ExitStack()
        self._browser: TestClient | None = None
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(str(folder))

    def close(self) -> None:
        self._open.close()
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]

    def play(self, block: Block) -> None:
        """Do what one block says. Raises AssertionError, with its place, where it does not hold."""
        step: Callable[[Block], None] | None = getattr(self, "_" + block.language.replace("-", "_"), None)
        written = block.language in FILES and bool(block.info)
        assert step or written, f"{block}: blocks of `{block.language}` are not checked: use another language"
        try:
            if written:
                self._write(block)
            elif step:
                step(block)
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"{block}: {type(error).__name__}: {error}") from error

    def finish(self) -> None:
        """Read the site's files as the site would, where the page made any."""
        config = self.folder / "personalize.toml"
        if config.exists():
            (self.folder / "content").mkdir(exist_ok=True)
            assert not read_content(load_settings(config)).errors

    def _write(self, block: Block) -> None:
        name, _, how = block.info.partition(" ")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if how == "+" else "w", encoding="utf-8") as file:
            file.write(("\n" if how == "+" else "") + block.text)
        if path.suffix == ".toml":
            tomllib.loads(path.read_text(encoding="utf-8"))
        if path.suffix == ".py":
            compile(block.text, f"{block}", "exec")
        if path.suffix == ".html":
            self._jinja(block)

    def _toml(self, block: Block) -> None:
        tomllib.loads(block.text)

    def _json(self, block: Block) -> None:
        json.loads(block.text)

    def _jinja(self, block: Block) -> None:
        Environment(autoescape=True, extensions=[SlotTags, BannerTag]).parse(block.text)

    def _html(self, block: Block) -> None:
        found = MARKER.findall(block.text)
        assert found, f"{block}: this block shows no marker"
        assert all(read_marker(inner.encode()) for inner in found), f"{block}: a marker cannot be read"

    def _python(self, block: Block) -> None:
        exec(compile("\n" * block.line + block.text, block.page, "exec"), self.names)

    def _dockerfile(self, block: Block) -> None:
        """Look whether the commands are ones that exist."""
        for words in re.findall(r"^(?:RUN|CMD) (.*)$", block.text, re.MULTILINE):
            command = shlex.join(json.loads(words)) if words.startswith("[") else words
            assert command.startswith("uvicorn ") or self.run(command)[0] == 0, f"{block}: {command}"

    def _ini(self, block: Block) -> None:
        """Read it as systemd would, and look whether it starts a command that exists."""
        unit = ConfigParser(interpolation=None)
        unit.read_string(block.text)
        program, command = unit["Service"]["ExecStart"].split()
        assert program.endswith("/personalize"), f"{block}: {program}"
        assert command in COMMANDS, f"{block}: {command}"

    def _text(self, block: Block) -> None:
        """Take it as shown."""

    def _note_site(self, block: Block) -> None:
        """Start from an example site."""
        shutil.copytree(CHECKOUT / "examples" / block.text, self.folder, dirs_exist_ok=True)

    def _note_run(self, block: Block, command: str = "") -> None:
        """Run what the reader has done already."""
        status, printed = self.run(command or block.text)
        assert status == 0, f"{block}: {printed}"
        self._note_what_is_read(printed)

    def _note_follow(self, block: Block) -> None:
        """Have done what another page says: its files, what it runs up to a running site, and the time it takes.

        A running site notices an edit within a second, not at once.
        """
        for each in blocks_of(CHECKOUT / block.text):
            if each.language == "note-wait":
                self._note_wait(each)
            if each.language in FILES and each.info:
                self._write(each)
            for command in READY.findall(each.text):
                self._note_run(each, command)

    def _note_agree(self, block: Block) -> None:
        """Press a button on the visitor's own page."""
        visitor, purpose = self._visitor(block.text)
        notice = self._site().settings.notices[self._site().settings.purposes[purpose].notice]
        lang = self._site().settings.site.languages[0]
        self._site().ledger.give(visitor, purpose, lang, notice.digests[lang])

    def _note_object(self, block: Block) -> None:
        """Press the other button."""
        self._site().ledger.object(*self._visitor(block.text))

    def _site(self) -> Personalizer:
        """Return the personalizer of the running site."""
        site: Personalizer = sys.modules["app"].personalizer
        return site

    def _visitor(self, text: str) -> tuple[Visitor, str]:
        identifier, purpose = text.split()
        subject = self._site().house.subject_of(identifier)
        return Visitor(subject=subject, assurance=Assurance.login, identifier=identifier), purpose

    def _note_wait(self, block: Block) -> None:
        """Take the time that a reader takes."""
        time.sleep(float(block.text))

    def _console(self, block: Block) -> None:
        expected_status = int(block.info.removeprefix("exits ") or 0)
        for step in re.split(r"^\$ ", block.text.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, _, shown = step.partition("\n")
            meant = command.replace(SHOWN_CODE, self.code or SHOWN_CODE).replace(SHOWN_TOKEN, self.token or SHOWN_TOKEN)
            status, printed = self.run(meant)
            assert status == expected_status, f"{block}: `{command}` ended with {status}:\n{printed}"
            self._compare(block, command, shown, printed)

    def _note_what_is_read(self, printed: str) -> None:
        if found := VISIT_CODE.findall(printed):
            self.code = found[-1]
        if found := LINK.findall(printed):
            self.token = found[-1]

    def _compare(self, block: Block, command: str, shown: str, printed: str) -> None:
        self._note_what_is_read(printed)
        if not shown.strip():
            return
        plain = VISIT_CODE.sub(SHOWN_CODE, printed.replace(f"{self.folder}/", ""))
        pattern = ".*".join(r"\s*".join(map(re.escape, part.split())) for part in shown.split("…"))
        assert re.fullmatch(pattern, plain.strip(), re.DOTALL), f"{block}: `{command}` printed:\n{plain}"

    def run(self, command: str) -> tuple[int, str]:
        """Run one command of a console block; return its exit code and what it printed."""
        words = shlex.split(command, comments=True)
        program = getattr(self, f"_run_{words[0]}", None)
        assert program is not None, f"`{words[0]}` is no program that the documentation's tests know"
        result: tuple[int, str] = program(words[1:])
        return result

    def _run_personalize(self, words: list[str]) -> tuple[int, str]:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = main(words)
        return status, printed.getvalue()

    def _run_pytest(self, words: list[str]) -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", "."]
        done = subprocess.run([*command, *words], capture_output=True, text=True, cwd=self.folder)
        return done.returncode, done.stdout + done.stderr

    def _run_uvicorn(self, words: list[str]) -> tuple[int, str]:
        """Start the app as a server would; it stays up until the page ends."""
        module, _, name = words[0].partition(":")
        app = getattr(importlib.import_module(module), name)
        self._browser = self._open.enter_context(TestClient(app, base_url=ADDRESS, client=("127.0.0.1", 50000)))
        return 0, ""

    def _run_curl(self, words: list[str]) -> tuple[int, str]:
        """Ask the running site: `-i` shows status and headers, `-b jar -c jar` keeps cookies."""
        assert self._browser is not None, "no server was started on this page"
        options = {word for word in words if word in ("-i", "-s", "-L")}
        values = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at] in ("-A", "-b", "-c", "-d")}
        jar = values.get("-c", "")
        self._browser.cookies = self._jars.get(jar, {}) if jar else {}
        headers = dict(value.split(": ", 1) for option, value in itertools.pairwise(words) if option == "-H")
        headers |= {"user-agent": values["-A"]} if "-A" in values else {}
        answer = self._browser.request(
            "POST" if "-d" in values else "GET",
            words[-1].removeprefix(ADDRESS),
            content=values.get("-d"),
            headers={"content-type": "application/x-www-form-urlencoded", **headers} if "-d" in values else headers,
            follow_redirects="-L" in options,
        )
        self._jars[jar] = dict(self._browser.cookies)
        start = f"HTTP/1.1 {answer.status_code}\n" + "".join(f"{k}: {v}\n" for k, v in answer.headers.items()) + "\n"
        return 0, (start if "-i" in options else "") + answer.text

    def _run_mv(self, words: list[str]) -> tuple[int, str]:
        """Give a file or folder of the reader's another name."""
        Path(words[0]).rename(words[1])
        return 0, ""

    def _run_make(self, words: list[str]) -> tuple[int, str]:
        """Only look whether there is such a target."""
        targets = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
        return (0 if words[0] in targets else 2), ""

    def _run_pip(self, words: list[str]) -> tuple[int, str]:
        """Only look whether the project has such distributions and extras."""
        projects = [CHECKOUT / "pyproject.toml", *CHECKOUT.glob("plugins/*/pyproject.toml")]
        tables = [tomllib.loads(path.read_text())["project"] for path in projects]
        known = {table["name"] for table in tables} | {"starlette", "uvicorn", "python-multipart", "jinja2", "pytest"}
        known |= {f"{name}[{extra}]" for name in (".", "personalize") for extra in tables[0]["optional-dependencies"]}
        known |= {f"plugins/{path.parent.name}" for path in projects[1:]}
        wanted = [word for word in words[1:] if not word.startswith("-")]
        return (0 if set(wanted) <= known else 1), ""
