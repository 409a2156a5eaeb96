"""Where a request comes from, as roughly as counting takes it."""

from ipaddress import ip_address, ip_network

from starlette.requests import Request


def network_of(request: Request) -> str:
    """Return the network of whoever asks: a /24 or a /48, for counting alone."""
    host = request.client.host if request.client else ""
    try:
        bits = 24 if ip_address(host).version == 4 else 48
        return str(ip_network(f"{host}/{bits}", strict=False))
    except ValueError:
        return host
