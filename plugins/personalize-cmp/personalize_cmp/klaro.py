"""Klaro: its cookie holds yes or no for each of its services, and nothing before the visitor has chosen."""

from personalize.hooks import Agreed, ConsentSource, Options
from personalize_cmp.cookies import Unreadable, Words, source, written_object
from personalize_cmp.options import cookie, purposes

OPTIONS = ("cookie", "version", "purposes")


def klaro(options: Options) -> ConsentSource:
    """Return the source of `[plugins.cmp.klaro]`: `purposes` names the services that each purpose needs.

    One service refused is a no. A service the cookie does not name has not been asked about yet.
    """
    table = options.table("klaro", OPTIONS)
    needs = purposes(table, str, '["matomo"]')

    def judge(value: bytes) -> Words:
        services = written_object(value)
        if not services or not all(isinstance(consent, bool) for consent in services.values()):
            raise Unreadable
        yes = Agreed(evidence=value)
        said = {name: [services.get(each) for each in wanted] for name, wanted in needs.items()}
        return {name: False if False in each else None if None in each else yes for name, each in said.items()}

    return source("klaro", cookie(table, "klaro"), table.text("version", "", example="1"), needs, judge)
