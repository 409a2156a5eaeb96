"""Cookies as the three kinds of banner write them, and a writer of TC strings that can also write nonsense."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from personalize.hooks import ConsentSource, PluginConfig
from personalize.model.consent import Basis, Purpose
from personalize_cmp import personalize_consent_sources

PURPOSES = {name: Purpose(name=name, basis=Basis.consent) for name in ("stats", "offers")}
KLARO = {"klaro": {"version": "3", "purposes": {"stats": ["matomo"], "offers": ["crm", "mail"]}}}
COOKIECONSENT = {
    "cookieconsent": {"revision": 2, "purposes": {"stats": ["analytics/matomo"], "offers": ["marketing", "crm"]}}
}
TCF = {"tcf": {"vendor": 755, "purposes": {"stats": [1], "offers": [1, 3, 4]}}}
PUBLISHER = {"tcf": {"purposes": {"stats": [1], "offers": [1, 3, 4]}}}
DECISECOND = 100_000
UPDATED = 1_790_812_800_000_000

# Written by IAB Tech Lab's own encoder (@iabtcf/core 1.5.6) on a list with the vendors 1, 2, 8, 755 and 910.
ALL = "CQraFkAQraFkAAqABBENCFFgALAAAAAAABpYF5wAgAAgLzAAAAAA.IHHQBIAAgAEAAgBeYDjg.dAAAAAAAAAAA"
"""Purposes 1, 3 and 4, vendors 1 and 755; for the publisher purposes 1 and 3."""
NONE = "CQraFkAQraFkAAqABBENCFFgAAAAAAAAABpYAAAAAAAA.IHHQBIAAgAEAAgBeYDjg.YAAAAAAAAAAA"
SOME = "CQraFkAQraFkAAqABBENCFFgAIAAAAAAABpYF5wAQF5gAAAA.IHHQBIAAgAEAAgBeYDjg.YAAAAAAAAAAA"
"""Purpose 1, vendor 755."""
UNDISCLOSED = "CQraFkAQraFkAAqABBENCFFgALAAAAAAABpYF5wAQF5gAAAA.YAAAAAAAAAAA"
"""Purposes 1, 3 and 4, vendor 755, without the segment that TCF 2.3 demands."""
RESTRICTED = "CQraFkAQraFkAAqABBENCFFgALAAAAAAABpYF5wAQF5gAAABDAAQF5gA.IHHQBIAAgAEAAgBeYDjg.YAAAAAAAAAAA"
"""Purposes 1, 3 and 4, vendor 755, whom the publisher does not allow purpose 3."""


def source_of(options: Mapping[str, Any]) -> ConsentSource:
    (source,) = personalize_consent_sources(config=config_of(options))
    return source


def config_of(options: Mapping[str, Any]) -> PluginConfig:
    return PluginConfig(name="cmp", options=options, attributes={}, slots={}, purposes=PURPOSES)


def said(options: Mapping[str, Any], *cookies: bytes) -> dict[str, bool | None]:
    """What a banner's cookies say of the purposes: yes, no, or nothing."""
    found = source_of(options).read([(b"host", b"x"), *((b"cookie", each) for each in cookies)], PURPOSES)
    return {name: None if word is None else word is not False for name, word in found.items()}


def written(value: object) -> str:
    """Write JSON as encodeURIComponent does."""
    return quote(json.dumps(value, separators=(",", ":"), ensure_ascii=False), safe="-_.!~*'()")


def klaro_cookie(**services: object) -> bytes:
    return f"klaro={written(services)}".encode()


def cc_cookie(*categories: str, **changed: object) -> bytes:
    found: dict[str, object] = {
        "categories": list(categories),
        "revision": 2,
        "data": None,
        "consentTimestamp": "2026-10-01T08:30:00.000Z",
        "consentId": "4b1e9c5e-8a3c-4ec1-9d4f-1de4f5bd9e11",
        "services": {"necessary": [], "analytics": ["matomo"], "marketing": [], "crm": []},
        "languageCode": "nl",
        "lastConsentTimestamp": "2026-10-02T09:30:00.250Z",
        "expirationTime": 1_806_000_000_000,
    }
    whole = {name: value for name, value in {**found, **changed}.items() if value != "gone"}
    return f"cc_cookie={written(whole)}".encode()


def tc_string(
    *,
    purposes: Collection[int] = (1, 3, 4),
    vendors: str = "",
    restrictions: str = f"{0:012b}",
    disclosed: str | None = None,
    publisher: str | None = None,
    version: int = 2,
) -> str:
    """Write a TC string; `vendors` and `disclosed` are bits as `field` and `ranges` write them."""
    updated = UPDATED // DECISECOND
    field = "".join("1" if place in purposes else "0" for place in range(1, 25))
    head = f"{version:06b}{updated:036b}{updated:036b}{42:012b}{1:012b}{1:06b}{0:012b}{133:012b}{5:06b}10{0:012b}"
    core = head + field + "0" * 24 + "0" + f"{0:012b}" + (vendors or ranges()) + ranges() + restrictions
    rest = [f"{kind:03b}{bits}" for kind, bits in ((1, disclosed), (3, publisher)) if bits is not None]
    return ".".join(map(segment, [core, *rest]))


def field(*vendors: int) -> str:
    most = max(vendors, default=0)
    return f"{most:016b}0" + "".join("1" if each in vendors else "0" for each in range(1, most + 1))


def ranges(*spans: tuple[int, int]) -> str:
    most = max((last for _, last in spans), default=0)
    bits = (f"0{a:016b}" if a == b else f"1{a:016b}{b:016b}" for a, b in spans)
    return f"{most:016b}1{len(spans):012b}{''.join(bits)}"


def segment(bits: str) -> str:
    whole = bits + "0" * (-len(bits) % 8)
    octets = int(whole, 2).to_bytes(len(whole) // 8, "big")
    return urlsafe_b64encode(octets).decode().rstrip("=")
