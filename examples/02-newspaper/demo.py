"""Serve Nieuwsblad with its customers imported, or drive the whole story over HTTP with --tour.

The configuration is copied into a folder of its own first, where the store and the keys live too.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Final

from customers import write_files

from personalize.cli.main import main as personalize

HERE: Final = Path(__file__).resolve().parent
PORT: Final = 8000
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


class Server:
    """The site in a process of its own, stopped when the block ends."""

    def __init__(self, folder: Path, port: int, *, quiet: bool) -> None:
        self.port = port
        environment = {**os.environ, "NEWSPAPER_CONFIG": str(folder / "personalize.toml")}
        level = "warning" if quiet else "info"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(HERE)),
                *("--host", "127.0.0.1", "--port", str(port), "--log-level", level),
            ],
            env=environment,
        )

    def __enter__(self) -> "Server":
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


def serve(folder: Path, port: int) -> int:
    """Serve until stopped, with the links to open."""
    address = f"http://127.0.0.1:{port}"
    with Server(folder, port, quiet=True) as server:
        print(f"\nNieuwsblad   {address}/nl/   {address}/nb/   {address}/en/")
        print(f"Log in       {address}/en/login     as one of five people")
        print(f"Your data    {address}/personalize/me?lang=en")
        print(f"Explain      {_command()} explain CODE --config {_shown(folder / 'personalize.toml')}")
        print("Stop with Ctrl+C.")
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
    if _answers(port):
        print(f"Port {port} is taken: make demo ARGS='--port {port + 1}'", file=sys.stderr)
        return 2
    copy_files(folder, port)
    import_files(folder)
    return serve(folder, port)


def take_tour(folder: Path, port: int) -> int:
    """Prepare the site in a folder, start it, and drive the story; 0 when every step held."""
    from tour import Tour

    copy_files(folder, port)
    import_files(folder)
    with Server(folder, port, quiet=True):
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
