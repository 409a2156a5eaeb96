"""Serve Nieuwsblad with its customers imported, or drive the whole story over HTTP with --tour.

The configuration is copied into a folder of its own first, where the store and the keys live too.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Final, Self

from customers import write_files

from personalize import Personalizer
from personalize.cli.main import main as personalize
from personalize.model.staff import Account, Role
from personalize.web.shell.passwords import hashed

HERE: Final = Path(__file__).resolve().parent
PORT: Final = 8000
"""The staff pages have the port after it."""
STAFF: Final = {
    "anna": Role.service,
    "bea": Role.supervisor,
    "cas": Role.data_officer,
    "dia": Role.editor,
    "eva": Role.admin,
}
PASSWORD: Final = "PERSONALIZE_STAFF_PASSWORD"
"""Names the variable; where it is set, the accounts get that password."""
PATIENCE: Final = 20.0
"""Seconds the server may take to start."""


def copy_files(folder: Path, port: int) -> None:
    """Copy configuration and content into a folder, unless it has its own; the address follows the port."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "personalize.toml"
    if not config.exists():
        shutil.copytree(HERE / "content", folder / "content", dirs_exist_ok=True)
        shutil.copy(HERE / "last_days.py", folder)
        config.write_text((HERE / "personalize.toml").read_text(encoding="utf-8"), encoding="utf-8")
        write_files(folder, date.today())  # noqa: DTZ011  # the reader's own calendar
    _set_port(config, port)


def import_files(folder: Path) -> None:
    """Make the key file and import every customer file; what is there already stays."""
    config = str(folder / "personalize.toml")
    if not (folder / "personalize.keys").exists():
        _run("keys", "new", "--config", config)
    for source in ("crm", "letters", "consents", "objections"):
        path = folder / f"{source}.csv"
        if path.exists():
            _run("import", str(path), "--source", source, "--config", config)


def add_staff(folder: Path) -> str:
    """Give each member of the demo's staff an account, and return their password, a new one for each run."""
    password = os.environ.get(PASSWORD) or f"waterhaven-{secrets.token_hex(3)}"
    personalizer = Personalizer.from_toml(folder / "personalize.toml")
    house, kept = personalizer.open(), hashed(password)
    for name, role in STAFF.items():
        house.accounts.put(Account(name=name, roles=frozenset({role}), password=kept, made_at=house.clock.now()))
    personalizer.close()
    return password


class Program:
    """A program of its own that serves a port, stopped when the block ends."""

    def __init__(self, port: int, *command: str, **variables: str) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command], env={**os.environ, **variables}, stdout=subprocess.DEVNULL
        )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + PATIENCE
        while not _answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise SystemExit("The site did not start: see the lines above.")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


class Server(Program):
    """The site."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(
            port,
            *("uvicorn", "app:app", "--app-dir", str(HERE)),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
            NEWSPAPER_CONFIG=str(folder / "personalize.toml"),
        )


class StaffServer(Program):
    """The pages for its staff."""

    def __init__(self, folder: Path, port: int) -> None:
        config = str(folder / "personalize.toml")
        super().__init__(port, "personalize.cli.main", "serve", "--config", config, "--port", str(port))


def serve(folder: Path, port: int, password: str) -> int:
    """Serve until stopped, with the links to open."""
    address, desk = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    with Server(folder, port) as server, StaffServer(folder, port + 1):
        print(f"\nNieuwsblad   {address}/nl/   {address}/nb/   {address}/en/")
        print(f"Log in       {address}/en/login     as one of five people")
        print(f"Your data    {address}/personalize/me?lang=en")
        print(f"Explain      {_command()} explain CODE --config {_shown(folder / 'personalize.toml')}")
        print(f"\nStaff pages  {desk}/     sign in with the password {password}")
        for name, role in STAFF.items():
            print(f"             {name:<8} {role.replace('_', ' ')}")
        print("Stop with Ctrl+C.", flush=True)
        try:
            return server.process.wait()
        except KeyboardInterrupt:
            return 0


def main() -> int:
    """Serve the demo or take the tour."""
    parser = argparse.ArgumentParser(prog="personalize demo", description="Serve the newspaper Nieuwsblad.")
    parser.add_argument("--tour", action="store_true", help="drive the story over HTTP and exit 0 or 1")
    parser.add_argument("--port", type=int, default=0, help=f"the port ({PORT}; the tour takes a free one)")
    parser.add_argument("--folder", type=Path, help="where configuration, store and keys live")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the server in its own process ends too
    if not options.tour:
        return prepare_and_serve(options.folder or HERE / "demo-store", options.port or PORT)
    with tempfile.TemporaryDirectory(prefix="nieuwsblad-") as temporary:
        return take_tour(options.folder or Path(temporary), options.port or free_port())


def prepare_and_serve(folder: Path, port: int) -> int:
    """Prepare the site in a folder and serve it; 2 when something else has the port."""
    for each in (port, port + 1):
        if _answers(each):
            print(f"Port {each} is taken: make demo ARGS='--port {port + 10}'", file=sys.stderr)
            return 2
    copy_files(folder, port)
    import_files(folder)
    return serve(folder, port, add_staff(folder))


def take_tour(folder: Path, port: int) -> int:
    """Prepare the site in a folder, start it, and drive the story; 0 when every step held."""
    from tour import Tour

    copy_files(folder, port)
    import_files(folder)
    with Server(folder, port):
        held = Tour(f"http://127.0.0.1:{port}", folder).run()
    return 0 if held else 1


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _run(*words: str) -> None:
    if personalize(words) == 2:
        raise SystemExit(2)


def _set_port(config: Path, port: int) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"(?m)^(url = \"http://[^:/\"]+):\d+", rf"\g<1>:{port}", text), encoding="utf-8")


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _command() -> str:
    """Return how to call personalize from here: by its name on PATH, else by the path beside this Python."""
    return "personalize" if shutil.which("personalize") else _shown(Path(sys.executable).with_name("personalize"))


def _shown(path: Path) -> str:
    return os.path.relpath(path)


if __name__ == "__main__":
    raise SystemExit(main())
