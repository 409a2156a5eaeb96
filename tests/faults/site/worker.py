"""One worker process: serve the site of a settings file on a socket that was handed down.

It ends with whoever started it: when its standard input closes.
"""

import os
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from personalize.personalizer import Personalizer
from tests.faults.site.app import application, who


def main(settings: Path, descriptor: int) -> None:
    """Serve until killed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    app = application(Personalizer.from_toml(settings, login=who))
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", lifespan="on")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
