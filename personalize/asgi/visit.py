"""The visit: what a handler or template sees of personalize, in one request."""

from collections.abc import Mapping
from contextvars import ContextVar

from markupsafe import Markup

from personalize.admission import Prepared
from personalize.asgi.asking import NOTHING, Asking, has_subject
from personalize.asgi.browsing import Browsing
from personalize.asgi.contract import RawHeaders
from personalize.asgi.door import Door
from personalize.asgi.memory import NONE
from personalize.asgi.own_pages import as_seen
from personalize.contexts import SOMEBODY
from personalize.cookbook.codes import show_code
from personalize.errors import ValueRefused
from personalize.model.attributes import Cause, Value
from personalize.model.content import SEGMENTS, Recipe
from personalize.model.decisions import Decision, Reason
from personalize.model.people import LOGIN, STRANGER, Visitor

EMPTY = Markup()
LATE = Visitor(problem="late: the response had started")

current: ContextVar["Visit | None"] = ContextVar("personalize_visit", default=None)
"""The visit of the request that is being answered, for templates; None outside a request and without them."""


class Visit(Asking, eq=False):
    """One request of one visitor. Plain functions: call them from async and from sync handlers alike.

    Asked again for a slot with the same context it gives the same decision and records nothing more.
    Once the response has started, a new question gets the default (LATE). A HEAD request decides nothing.
    """

    _named: bool = False
    cookie: tuple[bytes, bytes] | None = None
    """The header that a login or a logout adds to the response."""

    def __repr__(self) -> str:
        """Name nobody: a visit may end up in a log."""
        return "<Visit>"

    @property
    def is_private(self) -> bool:
        """Say whether no cache may keep the page: a known person's, a crawler's, or one that could name a login."""
        return self._may_tell() and (self._named or has_subject(self) or self.crawled)

    @property
    def in_doubt(self) -> bool:
        """Say whether it could not be looked up who this is, as when the store is gone. No cache keeps such a page."""
        if not self._may_name():
            return False
        if self._prepared is not None:
            doubt = self._prepared.problem != ""
        else:
            doubt = self._door.pipeline is None and self._door.off is Reason.ERROR
        self._named = self._named or doubt
        return doubt

    @property
    def visitor(self) -> Visitor:
        """Return who this is, as far as the request proves it. The page then depends on the visitor.

        First asked once the response has started it is nobody, unless no cache may keep the page: its headers are out.
        """
        if not self._may_name():
            return LATE
        visitor = STRANGER if self._prepared is None else self._prepared.visitor
        self._named = self._named or visitor is not STRANGER
        return visitor

    @property
    def is_known(self) -> bool:
        """Say whether the person is known. The page then depends on the visitor, as by `visitor`."""
        return self.visitor.subject is not None

    @property
    def asker(self) -> Visitor:
        """Return the visitor as our own tags need to know it: in a context they show everybody the same."""
        named, visitor = self._named, self.visitor
        if visitor is SOMEBODY:
            self._named = named
        return visitor

    @property
    def pages(self) -> str:
        """Return the path of the visitor's pages as this browser sees it; empty where there are none."""
        pages = self._door.renderer.pages
        return as_seen(self._root, pages) if pages else ""

    @property
    def headers(self) -> RawHeaders:
        """Return the request's own headers, as ASGI gives them."""
        return self._headers

    @property
    def segments(self) -> frozenset[str]:
        """Return the names of the segments the visitor is in; recorded as a decision of `segments`."""
        return self._decide(SEGMENTS, "", NOTHING).matched

    @property
    def code(self) -> str:
        """Return the visit code, as `7KQ4-2MX9`, once something is recorded under it; else nothing.

        Print it after the page's slots. Strangers have none.
        """
        self._may_tell()
        memory = self._memory
        if memory is not None:
            for each in memory.decisions:
                if code := each.shared.code:
                    return show_code(code)
        return ""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return what was decided so far, in order."""
        return tuple(self._memory.decisions) if self._memory is not None else ()

    @property
    def login_problem(self) -> str:
        """Say to a developer why a log-in is nobody's here; empty where it is somebody's, or nobody is logged in."""
        visitor = self._prepared.visitor if self._may_tell() and self._prepared is not None else STRANGER
        problem = visitor.problem.removeprefix(LOGIN) if visitor.problem.startswith(LOGIN) else ""
        if visitor.subject is None and visitor.identifier:
            kind = visitor.identifier.partition(":")[0]
            problem = f"this {kind} is nobody's here. Import it, from a source that has it."
        self._named = self._named or problem != ""
        return problem

    @property
    def unshown(self) -> frozenset[str]:
        """Return the slots whose variant could not be rendered, so that their default stands."""
        return self._memory.unshown if self._memory is not None else NONE

    def decide(self, slot: str, /, lang: str | None = None, **context: object) -> Decision:
        """Decide a slot for this page's facts and record it. Never raises: a fault gives the default."""
        facts = self._door.facts
        return self._decide(slot, facts.first if lang is None else facts.language(lang), context)

    def decide_all(self, *slots: str, lang: str | None = None, **context: object) -> tuple[Decision, ...]:
        """Decide a page's slots together, each with those of the facts that it declares; never raises.

        They are recorded in one go, which costs a fraction of one by one. Afterwards `decide`,
        `render` and the template tag give these decisions.
        """
        facts = self._door.facts
        language = facts.first if lang is None else facts.language(lang)
        if facts.loud:
            facts.check(slots, context)
        if not context:
            return self.decide_each(language, slots)
        return self.decide_each(language, slots, (context,) * len(slots))

    def peek(self, slot: str, /, lang: str | None = None, **context: object) -> Decision:
        """Return what `decide` would, uncounted; what a known person is given is recorded all the same."""
        return self._decide(slot, self._door.facts.language(lang), context, peek=True)

    def render(self, slot: str, /, lang: str | None = None, **context: object) -> Markup:
        """Decide a slot and return its content; empty where the slot's default belongs."""
        return self.content(self.decide(slot, lang, **context)) or EMPTY

    def recipe_of(self, decision: Decision) -> Recipe | None:
        """Return the recipe a decision was made under, None where it is no longer in force."""
        pipeline = self._door.pipeline
        if pipeline is None or pipeline.serving.recipe.digest != decision.recipe:
            return None
        return pipeline.serving.recipe.recipe

    def absent(self, decision: Decision) -> Mapping[str, Cause]:
        """Return to a developer what a decision of this visit found absent, by name, and why."""
        pipeline, prepared, memory = self._door.pipeline, self._prepared, self._memory
        if pipeline is None or prepared is None or memory is None or self.recipe_of(decision) is None:
            return {}
        context = memory.context_of(decision, self._door.facts)
        return pipeline.serving.absent(prepared.hot, decision.slot, context, decision.mask)

    def content(self, decision: Decision) -> Markup | None:
        """Return the content of a decision of this visit, None where the default belongs."""
        if decision.variant is None:
            return None
        html = self._door.renderer(decision)
        if html is None:
            memory = self._memory or self._remember()
            memory.unshown |= {decision.slot}
            return None
        return Markup(html)  # noqa: S704  # templates escape

    def login(self, identifier: str) -> Visitor:
        """Log this person in at this browser, for sites without `login=`: call it when the password was right.

        The reference in our cookie is made anew and the one before ends. Whom we do not know stays a
        stranger, for whom a consent can be recorded in this very request. Raises ValueRefused where
        `login=` is given, and once the response has started.
        """
        prepared, cookie = self._browser().log_in(self._headers, identifier)
        self._become(prepared, cookie or self.cookie)
        return prepared.visitor

    def logout(self) -> None:
        """End the login and forget the device, here and on the server, at once; clear our cookie.

        Raises what `login` raises.
        """
        self._become(None, self._browser().log_out(self._headers))

    def observe(self, attribute: str, value: Value) -> bool:
        """Keep a value of the source `device`, as a page that was read; say whether it is kept, or will be.

        It is where the visitor gave a consent that is in force, and nothing is kept otherwise. Writes to the store: a
        few ms. While another program holds that, the value waits in memory, and a withdrawal before it is written wins.
        The page stays as cacheable as it was: the answer is for the site's code, not to be printed. Raises
        ValueRefused for an attribute or a value that is not in the dictionary.
        """
        browsing = self._door.browsing
        return browsing is not None and not self.is_silent and browsing.observe(self._prepared, attribute, value)

    def _may_tell(self) -> bool:
        """Note that the page depends on the visitor; False where its headers went out without saying so."""
        self.touched = self.touched or not self.late
        return self.touched

    def _may_name(self) -> bool:
        """Note that the page depends on who it is; False where its headers went out and let caches keep it."""
        return self._may_tell() and (not self.late or self.is_private)

    def _browser(self) -> Browsing:
        if self.late:
            raise ValueRefused("The response has started: call visit.login() and visit.logout() before that.")
        if self._door.browsing is None:
            raise ValueRefused("personalize is off, or its store is not open: nobody can be logged in.")
        return self._door.browsing

    def _become(self, prepared: Prepared | None, cookie: tuple[bytes, bytes] | None) -> None:
        """Be another visitor's for the rest of this request; what was decided so far was not for them."""
        self._prepared, self.cookie, self._memory = prepared, cookie, None
        self.touched = self._named = True

    def put_on_the_page(self) -> None:
        """Note that what was decided for a known person is on the page that is sent now."""
        memory, pipeline = self._memory, self._door.pipeline
        if memory is None or not memory.code or pipeline is None:
            return
        if memory.together is not None and not memory.unshown:
            made = memory.together[3]
            if made and made[-1].shared.count == len(made) and (page_id := made[-1].shared.page_id):
                pipeline.served(page_id, 0, len(made))
                return
        for each in memory.decisions:
            if each.page_id and each.slot not in memory.unshown:
                pipeline.served(each.page_id, each.place, 1)

    def stand_for(self, door: Door, prepared: Prepared) -> None:
        """Be the visit of everybody in a context, whoever asked."""
        self._door, self._prepared = door, prepared

    def abandon(self) -> None:
        """Be a stranger's, and too late: the site failed, and what it answers now does not pass through us."""
        self._prepared, self._memory, self.late, self.touched = None, None, True, False

    def public(self, slot: str, /, lang: str | None = None, **context: object) -> Decision:
        """Decide a slot for a stranger whose response is already on its way: the same for all of them."""
        self._may_tell()
        if has_subject(self):
            return self._door.default(slot, Reason.LATE)
        return self._decide(slot, self._door.facts.language(lang), context, late=False)
