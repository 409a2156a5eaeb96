"""IAB TCF 2.3: a transparency and consent string says which purposes and vendors were agreed to."""

from personalize.hooks import Agreed, ConsentSource, Options
from personalize_cmp.cookies import Words, source
from personalize_cmp.options import cookie, purposes
from personalize_cmp.tcstring import Consents, read_string

OPTIONS = ("cookie", "vendor", "purposes")
PURPOSES, VENDORS = range(1, 25), range(1, 1 << 16)


def tcf(options: Options) -> ConsentSource:
    """Return the source of `[plugins.cmp.tcf]`: `purposes` names the TCF purposes (numbers) that each needs.

    With `vendor` they have to be agreed to for that vendor of the global list, who has to be disclosed to the
    visitor; without it for the publisher, in a publisher segment.
    """
    table = options.table("tcf", OPTIONS)
    vendor = table.whole("vendor", 0, least=1)
    if vendor and vendor not in VENDORS:
        raise table.error("vendor", f"{vendor} is on no list of vendors", "Write the number it has there")
    needs = purposes(table, int, "[1, 3, 4]")
    for name, wanted in needs.items():
        if odd := [each for each in wanted if each not in PURPOSES]:
            raise table.error(f"purposes.{name}", f"{odd[0]} is no purpose of TCF", "Write numbers from 1 to 24")

    def judge(value: bytes) -> Words:
        found = read_string(value, vendor)
        agreed = _by_vendor(found) if vendor else found.publisher
        yes = Agreed(evidence=value, at=found.updated)
        return {name: yes if agreed.issuperset(wanted) else False for name, wanted in needs.items()}

    return source("tcf", cookie(table, "euconsent-v2"), "2.3", needs, judge)


def _by_vendor(found: Consents) -> frozenset[int]:
    """Return the purposes agreed to for the vendor: none where it is not disclosed, or not agreed to."""
    return found.purposes - found.restricted if found.vendor and found.disclosed else frozenset()
