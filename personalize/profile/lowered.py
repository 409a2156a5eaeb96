"""What may be read where a slot demands to be surer of the visitor than we are."""

from collections.abc import Iterable

from msgspec.structs import replace

from personalize.model.people import Assurance
from personalize.profile.admitted import ASSURANCE, NO_CONSENT, OBJECTED, Admitted


def lowered(admitted: Admitted, floors: Iterable[tuple[int, Assurance]], assurance: Assurance) -> Admitted:
    """Return the same profile with the absence `assurance` at each place whose floor is higher.

    What is objected to or not agreed to stays so: those causes come first (law 1).
    """
    above = [place for place, floor in floors if floor > assurance]
    places = [place for place in above if admitted.absences[place] not in (OBJECTED, NO_CONSENT)]
    if not places:
        return admitted
    values, absences, plains = list(admitted.values), list(admitted.absences), list(admitted.plains)
    for place in places:
        values[place], absences[place], plains[place] = None, ASSURANCE, None
    return replace(admitted, values=tuple(values), absences=tuple(absences), plains=tuple(plains), made=None)
