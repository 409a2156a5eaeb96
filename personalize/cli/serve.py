"""`personalize serve`: the staff pages, on a port of their own, for this machine unless told otherwise."""

import argparse
import errno
import gc
import socket
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

from msgspec import structs

from personalize.cli.output import tell
from personalize.cli.site import NoContent, config_option, personalizer_of
from personalize.errors import ConfigError, ManyErrors
from personalize.personalizer import Personalizer
from personalize.settings.tables import LOOPBACK

HOST = "127.0.0.1"
USAGE = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--port", type=int, help="default: the one in `[staff] url`, 8001 behind a proxy")
    parser.add_argument("--host", default=HOST, help=f"the address to listen on; default: {HOST}, this machine alone")
    config_option(parser)


def run(args: argparse.Namespace) -> int:
    """See that the store opens and the port is free, then serve until stopped."""
    if find_spec("uvicorn") is None:
        raise ConfigError("uvicorn is not installed", remedy="Run `pip install 'personalize[staff]'`")
    personalizer = _at(personalizer_of(args), args.port)
    _try(personalizer)
    with _listening(args.host, args.port or _port_of(personalizer.settings.staff.url)) as line:
        return _serve(personalizer, line)


def _at(personalizer: Personalizer, port: int | None) -> Personalizer:
    """Let the address of the staff pages follow the port, where they are reached on this machine."""
    settings = personalizer.settings
    parts = urlsplit(settings.staff.url)
    if port is not None and parts.hostname in LOOPBACK and parts.scheme == "http":
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        staff = structs.replace(settings.staff, url=f"http://{host}:{port}")
        personalizer.settings = structs.replace(settings, staff=staff)
    return personalizer


def _try(personalizer: Personalizer) -> None:
    """Open the store once; a mistake in today's content keeps nobody from looking things up."""
    try:
        house = personalizer.open(serving=True)
    except ManyErrors as error:
        tell(f"{error}\nServing without the content of today; what was recorded can be looked up.", file=sys.stderr)
        personalizer.publisher = NoContent(personalizer.settings, personalizer.installed)
        personalizer.publisher.refused = str(error)
        house = personalizer.open()
    if personalizer.settings.staff.oidc is None and not house.accounts.accounts():
        tell("Nobody can sign in yet: `personalize staff add NAME --role service`.", file=sys.stderr)
    personalizer.close()


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port < 65536:
        raise ConfigError(f"--port {port} is not a port", remedy="Give 1 to 65535")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # Python adds the address, which stands here already
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        raise ConfigError(
            f"{host} port {port} cannot be listened on ({why})",
            remedy="Take another --port" if taken else f"Name an address of this machine, as in --host {HOST}",
        ) from error


def _serve(personalizer: Personalizer, line: socket.socket) -> int:
    import uvicorn

    tell(f"Staff pages: {personalizer.settings.staff.url}/")
    config = uvicorn.Config(personalizer.staff_app, log_level="warning", server_header=False, ws="none")
    server = uvicorn.Server(config)
    gc.freeze()  # looking through all that is loaded takes the collector 35 ms, and somebody waits
    server.run(sockets=[line])
    return 0 if server.started else USAGE


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK and parts.scheme == "http":
        return parts.port or 80
    return 8001
