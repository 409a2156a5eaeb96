"""Small protocols between the stops and what keeps things: each backend passes one shared suite."""

from personalize.ports.batches import Batch, BatchStore, ImportHeader
from personalize.ports.browsers import Browser, BrowserStore, DeviceLink
from personalize.ports.changes import ChangeFeed, Changes
from personalize.ports.clock import Clock, SystemClock
from personalize.ports.consents import ConsentStore
from personalize.ports.content import ContentStore
from personalize.ports.cookbook import CookbookStore
from personalize.ports.handles import Handle, HandleStore, Revocation
from personalize.ports.index import (
    NO_END,
    Count,
    DigestOf,
    EntryIndex,
    Gap,
    Head,
    PageRow,
    Position,
    Run,
    Stretch,
)
from personalize.ports.logins import KeptLogin, LoginStore
from personalize.ports.mailings import FirstVisit, MailingCount, MailingStore
from personalize.ports.noes import No, NoList, Say, Unused
from personalize.ports.opt_ins import OptInStore
from personalize.ports.profiles import Delivery, Item, Observed, Person, Plain, ProfileStore, Sight
from personalize.ports.staff import AccountStore, Closing, SessionStore, StaffStore

__all__ = [
    "NO_END",
    "AccountStore",
    "Batch",
    "BatchStore",
    "Browser",
    "BrowserStore",
    "ChangeFeed",
    "Changes",
    "Clock",
    "Closing",
    "ConsentStore",
    "ContentStore",
    "CookbookStore",
    "Count",
    "Delivery",
    "DeviceLink",
    "DigestOf",
    "EntryIndex",
    "FirstVisit",
    "Gap",
    "Handle",
    "HandleStore",
    "Head",
    "ImportHeader",
    "Item",
    "KeptLogin",
    "LoginStore",
    "MailingCount",
    "MailingStore",
    "No",
    "NoList",
    "Observed",
    "OptInStore",
    "PageRow",
    "Person",
    "Plain",
    "Position",
    "ProfileStore",
    "Revocation",
    "Run",
    "Say",
    "SessionStore",
    "Sight",
    "StaffStore",
    "Stretch",
    "SystemClock",
    "Unused",
]
