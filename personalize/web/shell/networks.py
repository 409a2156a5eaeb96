"""Where a request comes from, as roughly as counting takes it."""

import logging
from ipaddress import ip_address, ip_network

from starlette.requests import Request

from personalize.house import House

log = logging.getLogger("personalize")
HIDDEN = (
    "a visitor's request came from %s: the proxy on this machine does not say who asks, or the server does not take it "
    "from there, so limits count all visitors as one. Have the proxy set X-Forwarded-For, and the server trust it"
)


def network_of(request: Request, house: House) -> str:
    """Return the network of whoever asks: a /24 or a /48, for counting alone.

    A public site's visitors do not sit at its own machine: where they seem to, the log says so once, and the
    counter `visitors_hidden` how often.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback and not house.settings.site.on_loopback:
        house.counters["visitors_hidden"] += 1
        if house.counters["visitors_hidden"] == 1:
            log.warning(HIDDEN, host)
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
