"""nginx and Varnish as the documentation sets them up, on free ports of loopback, for as long as a block."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import absent
from tests.docs.pages import DOCS, blocks_of

PAGE = DOCS / "how-to" / "developers" / "behind-a-cache.md"
PATIENCE = 20.0
PLACES = {"nginx": ("/usr/sbin/nginx",), "varnishd": ("/usr/sbin/varnishd",)}
PACKAGES = {"nginx": "nginx-light", "varnishd": "varnish"}
COMPILE = "exec gcc -w -O0 -pthread -fpic -shared -Wl,-x -o %o %s"
"""As Varnish does it, but for the optimising, which takes longer than the test."""


def documented(name: str) -> str:
    """Return the configuration of that name as the page shows it."""
    return next(block.text for block in blocks_of(PAGE) if block.info == name)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def nginx(config: str, site: int, folder: Path) -> Iterator[int]:
    """Run nginx with a documented configuration before the site's port, and yield its own."""
    port, text = free_port(), documented(config)
    places = " ".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for what, instead in (
        ("http {", f"http {{ access_log off; {places}"),
        ("127.0.0.1:8000", f"127.0.0.1:{site}"),
        ("127.0.0.1:8080", f"127.0.0.1:{port}"),
        ("/var/cache/nginx/site", str(folder / "pages")),
    ):
        assert what in text, f"{config} has no {what!r}"
        text = text.replace(what, instead)
    user = "user root;" if os.geteuid() == 0 else ""
    head = f"daemon off; worker_processes 1; pid {folder / 'nginx.pid'}; error_log {folder / 'error.log'}; {user}\n"
    (folder / "nginx.conf").write_text(head + text, "utf-8")
    command = [_program("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with _running(command, port, folder):
        yield port


@contextmanager
def varnish(config: str, site: int, folder: Path) -> Iterator[int]:
    """Run Varnish with a documented configuration before the site's port, and yield its own."""
    port, text = free_port(), documented(config)
    assert '.port = "8000"' in text
    (folder / "site.vcl").write_text(text.replace('.port = "8000"', f'.port = "{site}"'), "utf-8")
    command = [_program("varnishd"), "-F", "-n", str(folder / "varnish"), "-f", str(folder / "site.vcl")]
    command += ["-a", f"127.0.0.1:{port}", "-s", "malloc,64m", "-j", "none", "-p", f"cc_command={COMPILE}"]
    with _running(command, port, folder):
        yield port


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait(process, port, folder)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError((folder / "output").read_text("utf-8"))
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)


def _program(name: str) -> str:
    found = shutil.which(name) or next((place for place in PLACES[name] if Path(place).exists()), None)
    if found is None:
        absent(f"{name} is not on this machine: apt-get install {PACKAGES[name]}")
    return str(found)
