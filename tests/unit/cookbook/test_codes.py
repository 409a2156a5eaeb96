import itertools
import random

import pytest

from personalize.cookbook import codes
from personalize.cookbook.codes import (
    ALPHABET,
    code_of,
    number_of,
    random_number,
    read_code,
    show_code,
    suggest,
)
from personalize.errors import NotFound

SAMPLE = [code_of(random.Random(seed).getrandbits(35)) for seed in range(40)]


def is_code(text: str) -> bool:
    try:
        return read_code(text) == text
    except NotFound:
        return False


def test_a_new_code_is_read_back_and_differs_from_the_next() -> None:
    made = {code_of(random_number()) for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_code(code) and code_of(number_of(code)) == code for code in made)


def test_numbers_drawn_at_once_have_the_codes_that_each_has_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {number: code_of(number) for number in (random_number() for _ in range(3 * codes.DRAWN))}
    assert len(drawn) == 3 * codes.DRAWN
    monkeypatch.setattr(codes, "_at_hand", {})
    assert all(is_code(code) and number_of(code) == number for number, code in drawn.items())
    assert all(code_of(number) == code for number, code in drawn.items())


def test_the_number_has_35_bits_and_leaves_the_check_character_out() -> None:
    assert number_of(code_of((1 << 35) - 1)) == (1 << 35) - 1
    assert code_of(0) == "00000000"


def test_a_code_is_shown_in_two_groups() -> None:
    assert show_code("7KQ42MXJ") == "7KQ4-2MXJ"
    assert show_code("") == ""


@pytest.mark.parametrize("text", ["7kq4-2mxj", " 7KQ4 2MXJ ", "7KQ4\u20132MXJ", "7-K-Q-4-2-M-X-J"])
def test_case_hyphens_and_spaces_do_not_matter(text: str) -> None:
    assert read_code(text) == "7KQ42MXJ"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    code = next(code for code in map(code_of, range(1 << 12, 1 << 20, 97)) if {"0", "1"} <= set(code))
    assert read_code(code.replace("0", "o").replace("1", "l")) == code
    assert read_code(code.replace("0", "O").replace("1", "I")) == code


def test_every_single_wrong_character_is_noticed() -> None:
    for code, place, character in itertools.product(SAMPLE, range(8), ALPHABET):
        assert is_code(code[:place] + character + code[place + 1 :]) == (character == code[place])


def test_every_exchange_of_two_different_characters_is_noticed() -> None:
    for one, other in itertools.combinations(range(8), 2):
        for a, b in itertools.permutations(ALPHABET, 2):
            values = [*"0000000"]
            values[min(one, 6)], values[min(other, 6)] = a, b
            code = code_of(number_of("".join(values) + "0"))
            swapped = [*code]
            swapped[one], swapped[other] = swapped[other], swapped[one]
            assert is_code("".join(swapped)) == (code[one] == code[other])


def test_every_neighbouring_pair_misheard_for_another_is_noticed() -> None:
    for place, a, b in itertools.product(range(6), ALPHABET, ALPHABET):
        code = code_of(number_of(("0" * place + a + a).ljust(7, "0") + "0"))
        assert is_code(code[:place] + b + b + code[place + 2 :]) == (a == b)


@pytest.mark.parametrize("text", ["", "7KQ4", "7KQ4-2MX9", "7KQ4-2MXJ-1", "7UQ4-2MXJ", "\0" * 10_000, "é" * 8])
def test_anything_else_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(NotFound, match="is not a visit code"):
        read_code(text)


@pytest.mark.parametrize("text", ["7KQ42MX9", "7KQ4-2XMJ", "7KQ42MX", "7KQ442MXJ", "7KQ4-2MUJ"])
def test_a_near_miss_suggests_the_known_code(text: str) -> None:
    assert suggest(text, {"7KQ42MXJ"}.__contains__) == ["7KQ42MXJ"]


def test_a_near_miss_asks_for_few_codes() -> None:
    asked: list[str] = []
    assert suggest("7KQ4-2MX9", lambda code: bool(asked.append(code))) == []
    assert 0 < len(asked) <= 20
    assert suggest("something else", lambda code: True) == []
