"""The guard before every POST: it must come from a page of this very site (T29)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> bytes:
    """Return the origin of a url as browsers write it (RFC 6454): lower case, no default port."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    name = f"[{host}]" if ":" in host else host.encode("idna").decode()
    port = "" if parts.port in (None, DEFAULT_PORTS.get(scheme)) else f":{parts.port}"
    return f"{scheme}://{name}{port}".encode()


def from_this_site(headers: Iterable[tuple[bytes, bytes]], origin: bytes) -> bool:
    """Say whether a request was sent by a page of this site; `origin` is `origin_of` the site's url.

    `Sec-Fetch-Site` decides where it is sent, else `Origin`. A request with neither is refused:
    every browser sends one of them with a POST. Two of a kind are refused. `headers` are ASGI's.
    """
    held = list(headers)
    site = [value for name, value in held if name == b"sec-fetch-site"]
    if site:
        return site == [b"same-origin"]
    return [value for name, value in held if name == b"origin"] == [origin]
