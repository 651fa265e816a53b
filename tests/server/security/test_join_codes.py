"""Join codes: drawn, compared, shown, and how long it takes to guess one."""

import math
from datetime import date

import pytest

from server.security.join_codes import (
    ALPHABET,
    ATTEMPTS_PER_SECOND,
    ENOUGH_BITS,
    check_code,
    draw_code,
    grouped,
    plain_code,
    weakness,
)
from server.security.signing import Signing

KEYS = Signing([b"a key for the tests"])
DAY = date(2026, 5, 1)


def test_letters_are_the_same_in_both_cases_and_groups_do_not_matter() -> None:
    assert check_code("Blue-Spiral") == plain_code(" blueSPIRAL") == "bluespiral"


@pytest.mark.parametrize("code", ["12345", "a-b-c", "x" * 65, "      "])
def test_a_code_that_is_too_short_or_too_long_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"characters; 6 … 64 are allowed"):
        check_code(code)


def test_a_drawn_code_is_the_same_for_a_day_and_a_key() -> None:
    code = draw_code(KEYS, DAY)

    assert code == draw_code(KEYS, DAY) == plain_code(grouped(code)) == check_code(code)
    assert code != draw_code(Signing([b"another key for tests"]), DAY)
    assert len({draw_code(KEYS, date(2026, 5, n)) for n in range(1, 31)}) == 30


def test_a_drawn_code_has_eight_letters_that_are_not_mistaken_for_each_other() -> None:
    codes = [draw_code(KEYS, date.fromordinal(n)) for n in range(1, 500)]

    assert {len(code) for code in codes} == {8}
    assert set("".join(codes)) == set(ALPHABET)
    assert set(ALPHABET).isdisjoint("ilo01")


def test_a_drawn_code_is_guessed_in_a_school_day_with_less_than_one_chance_in_a_hundred() -> None:
    codes = len(ALPHABET) ** len(draw_code(KEYS, DAY))

    assert math.log2(codes) >= ENOUGH_BITS
    assert ATTEMPTS_PER_SECOND * 100 * 8 * 3600 / codes < 0.01
    assert weakness(draw_code(KEYS, DAY)) is None


@pytest.mark.parametrize(("code", "shown"), [("abcdefgh", "abcd-efgh"), ("123456", "123-456")])
def test_a_code_is_shown_in_groups(code: str, shown: str) -> None:
    assert grouped(code) == shown


@pytest.mark.parametrize(
    ("code", "duration"), [("123456", "83 minutes"), ("1234567890", "579 days"), ("spring", "18 days")]
)
def test_a_code_that_is_easily_guessed_is_warned_of_with_how_long_that_takes(
    code: str, duration: str
) -> None:
    warning = weakness(code)

    assert warning is not None
    assert f"takes {duration}" in warning
    assert code not in warning


@pytest.mark.parametrize("code", ["12345678901", "abcdefgh", "abcdef7", "学习神经网络游乐场"])
def test_a_code_of_enough_bits_is_not_warned_of(code: str) -> None:
    assert weakness(code) is None
