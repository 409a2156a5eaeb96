"""What a closed list calls its members is what a log or a page of a site's own prints of them."""

import pytest

from personalize.model.attributes import Cause
from personalize.model.decisions import Reason
from personalize.model.people import Assurance


@pytest.mark.parametrize("each", [*Reason, *Cause, *Assurance])
def test_in_text_it_is_its_name_and_in_arithmetic_its_number(each: Reason | Cause | Assurance) -> None:
    assert (str(each), f"{each}") == (each.name, each.name)
    assert f"{each:d}" == str(int(each))
