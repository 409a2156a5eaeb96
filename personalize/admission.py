"""Admit and view: what may be read of a person now, for one request of theirs."""

from collections.abc import Mapping

from msgspec import Struct

from personalize.consent.gate import admit
from personalize.consent.signals import Heard, Said, heed
from personalize.cookbook.seal import cipher_of
from personalize.model.consent import Grants, Purpose
from personalize.model.people import Assurance, Visitor
from personalize.ports import ProfileStore, Sight
from personalize.profile.admitted import Admitted, Dictionary
from personalize.profile.devices import admit_linked, observed_in
from personalize.profile.glance import Glance
from personalize.profile.hot import Hot, HotProfiles
from personalize.profile.lowered import lowered
from personalize.profile.view import Moment

MOST_HEARD = 8
"""Different words of browsers that are kept ready for one person."""
UNWILLING = Visitor(problem="cookie: not agreed to")


class Prepared(Struct, gc=False):
    """A request after the first three stops: who it is, what may be read, the clock's one reading.

    `problem` says why nobody could be recognised; then every slot shows its default. `heard` is what the
    browser itself says about purposes.
    """

    visitor: Visitor
    hot: Hot
    moment: Moment
    generation: int
    problem: str = ""
    heard: Heard | None = None


class Admission:
    """The second and the third stop, over the profiles that are kept warm. Safe to use from several threads."""

    def __init__(
        self, profiles: ProfileStore, purposes: Mapping[str, Purpose], dictionary: Dictionary, hots: HotProfiles
    ) -> None:
        self.profiles, self.hots = profiles, hots
        self._purposes, self._dictionary = purposes, dictionary
        self.nobody = _nobody(dictionary)
        self._observed = observed_in(dictionary)

    def is_willing(self, hot: Hot) -> bool:
        """Say whether this person agrees to being recognised without logging in; a device subject was made for it."""
        return hot.device != 0 or any(self._purposes[name].recognise for name in hot.admitted.grants.in_force)

    def view(
        self,
        subject: int,
        assurance: Assurance,
        now: int,
        glance: Glance | None = None,
        generation: int = -1,
        device: int = 0,
    ) -> Hot:
        """Return what may be read of a person now, from what is warm or from the store.

        `generation` is that of before the glance, `device` the device subject that is read too.
        """
        hot = self.hots.get(subject, assurance, now)
        if hot is None or hot.device != device:
            if glance is None:
                glance, generation = Glance(self.profiles), self.hots.generation
            hot = self.load(subject, assurance, now, glance, device=device)
            if hot is not self.nobody:
                self.hots.keep(hot, generation)
        return hot

    def load(
        self,
        subject: int,
        assurance: Assurance,
        now: int,
        glance: Glance | None = None,
        heard: Heard | None = None,
        device: int = 0,
    ) -> Hot:
        """Read a person: consent is folded into grants before a value is looked at (law 1)."""
        seen = glance.sight(subject) if glance is not None else self.profiles.sight(subject)
        if seen is None:
            return self.nobody
        grants = admit(subject, assurance, seen.epoch, seen.events, self._purposes, now)
        if heard is not None:
            grants = heed(grants, heard, seen.events, self._purposes, now)
        if device and device != subject:
            admitted = self._with_device(device, seen, grants, now)
        else:
            admitted = self._dictionary.admit_delivered(seen.delivered, grants, now)
            if not device and self._observed and assurance < Assurance.login:
                admitted = lowered(admitted, self._observed, assurance)
        return Hot(subject, assurance, seen.epoch, admitted, cipher_of(seen.key), device)

    def _with_device(self, device: int, person: Sight, grants: Grants, now: int) -> Admitted:
        """Read a person with the device that is linked to them: for what both agreed to."""
        seen = self.profiles.sight(device)
        if seen is None:
            return self._dictionary.admit_delivered(person.delivered, grants, now)
        own = admit(device, Assurance.click, seen.epoch, seen.events, self._purposes, now)
        return admit_linked(self._dictionary, person.delivered, grants, seen.delivered, own, now)

    def hearing(self, prepared: Prepared, said: Said | None) -> Prepared:
        """Finish the first three stops with what the browser says about purposes."""
        visitor, at = prepared.visitor, prepared.moment.at
        if said is not None:
            prepared.heard = Heard(said, visitor.assurance >= Assurance.mailbox or visitor.is_device)
            prepared.hot = self.heeding(prepared.hot, prepared.heard, at)
        if visitor.assurance is Assurance.click and not self.is_willing(prepared.hot):
            return Prepared(UNWILLING, self.nobody, prepared.moment, prepared.generation)
        return prepared

    def heeding(self, hot: Hot, heard: Heard, now: int) -> Hot:
        """Return a profile as a request that says this may read it.

        Kept with the profile that the ledger alone gives (as None where it is that one), and read after it:
        whoever is forgotten takes both along.
        """
        if hot is self.nobody:
            return hot
        kept = hot.heard
        if kept is None or len(kept) >= MOST_HEARD:
            kept = hot.heard = {}
        known = kept.get(heard, self.nobody)
        if known is None:
            return hot
        if known is self.nobody or not known.admitted.since <= now < known.admitted.valid_until:
            known = self.load(hot.subject, hot.assurance, now, heard=heard, device=hot.device)
            if known.admitted.grants.in_force == hot.admitted.grants.in_force:
                kept[heard] = None
                return hot
            kept[heard] = known
        return known

    def again(self, prepared: Prepared) -> None:
        """Ask anew for the profile of a request during which somebody was forgotten (law 9)."""
        prepared.generation = self.hots.generation
        was = prepared.hot
        hot = self.view(was.subject, was.assurance, prepared.moment.at, device=was.device)
        if prepared.heard is not None:
            hot = self.heeding(hot, prepared.heard, prepared.moment.at)
        known = hot.assurance is not Assurance.click or self.is_willing(hot)
        prepared.hot = hot if known else self.nobody


def _nobody(dictionary: Dictionary) -> Hot:
    """Return the profile of strangers: nothing may be read, and nothing is recorded."""
    grants = Grants(subject=0, assurance=Assurance.none, epoch=0, in_force={})
    admitted = dictionary.admit({}, grants, 0)
    return Hot(0, Assurance.none, 0, admitted, None)
