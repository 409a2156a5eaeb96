"""The least assurance that a slot, or a segment that it asks for, demands of what is read there."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from personalize.decisions.conditions.clauses import And, Clause, InSegment, Not, Or, reads
from personalize.decisions.engine import Contender
from personalize.model.attributes import Attribute
from personalize.model.content import Segment, Slot
from personalize.model.people import Assurance

Floors = tuple[tuple[int, Assurance], ...]
"""Places of attributes with the least assurance at which they are read; only those with more than their own."""


def floors_of(
    slot: Slot, contenders: Iterable[Contender], segments: Mapping[str, Segment], attributes: tuple[Attribute, ...]
) -> Floors:
    """Return the floors of a slot.

    A slot's minimum holds for all that is read in it. A segment's holds for what that segment reads, in
    every slot that asks for the segment: one decision reads a value once, or not at all.
    """
    least = dict.fromkeys((attribute.name for attribute in attributes), slot.assurance)
    for contender in contenders:
        for clause in _clauses(contender):
            for segment, inner in _segments(clause):
                for name in reads(inner) & least.keys():
                    least[name] = max(least[name], segments[segment].assurance)
    return tuple(
        (place, least[attribute.name])
        for place, attribute in enumerate(attributes)
        if least[attribute.name] > attribute.assurance
    )


def as_segment(contender: Contender) -> Contender:
    """Return a contender of the reserved slot, whose condition stands for the segment of its name."""
    if contender.when is None:
        return contender
    return replace(contender, when=InSegment(contender.variant.name, contender.when))


def _clauses(contender: Contender) -> Iterator[Clause]:
    for each in (contender.when, *(rule.answer for rule in (*contender.suppressors, contender.chooser))):
        if each is not None and not isinstance(each, bool) and not callable(each):
            yield each


def _segments(clause: Clause) -> Iterator[tuple[str, Clause]]:
    match clause:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _segments(part)
        case Not(inner):
            yield from _segments(inner)
        case InSegment(name, inner):
            yield name, inner
            yield from _segments(inner)
