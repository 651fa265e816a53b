"""Passes: codes, passes and tickets, at times that are told."""

import base64
from datetime import date

import pytest

from server.keys import Keys
from server.passes import (
    PASS_SECONDS,
    TICKET_SECONDS,
    Passes,
    TooManyGuessesError,
    check_code,
    draw_code,
    legible,
    plain_code,
)

KEYS = Keys([b"a key for the tests"])
CODE = "123456"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passes(clock: Clock) -> Passes:
    return Passes(KEYS, CODE, clock)


def joined(passes: Passes) -> str:
    pass_ = passes.join(CODE, "192.0.2.1")
    assert pass_ is not None
    return pass_


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123-456 ", "12 34 56"])
def test_the_code_gives_a_pass_however_it_is_grouped(passes: Passes, typed: str) -> None:
    pass_ = passes.join(typed, "192.0.2.1")

    assert pass_ is not None
    assert passes.knows(pass_)


@pytest.mark.parametrize("typed", ["123457", "", "12345", "1234567", "١٢٣٤٥٦", "123456\0", "12345６"])
def test_another_code_gives_none(passes: Passes, typed: str) -> None:
    assert passes.join(typed, "192.0.2.1") is None


def test_letters_are_the_same_in_both_cases() -> None:
    passes = Passes(KEYS, check_code("Blue-Spiral"), Clock())

    assert passes.join("BLUE SPIRAL", "192.0.2.1")


@pytest.mark.parametrize("code", ["12345", "a-b-c", "x" * 65, "      "])
def test_a_code_that_could_be_guessed_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"characters; 6 … 64 are allowed"):
        check_code(code)


def test_a_drawn_code_has_six_digits_for_a_day_and_a_key() -> None:
    day = date(2026, 5, 1)

    code = draw_code(KEYS, day)

    assert code == draw_code(KEYS, day) == plain_code(legible(code)) == check_code(code)
    assert len(code) == 6
    assert code.isdigit()
    assert code != draw_code(Keys([b"another key for tests"]), day)
    assert len({draw_code(KEYS, date(2026, 5, n)) for n in range(1, 31)}) > 25


@pytest.mark.parametrize(("code", "shown"), [("123456", "123 456"), ("12345678", "1234 5678")])
def test_a_code_is_shown_in_groups(code: str, shown: str) -> None:
    assert legible(code) == shown


def test_a_pass_ends_after_half_a_day(passes: Passes, clock: Clock) -> None:
    pass_ = joined(passes)

    clock.now += PASS_SECONDS - 1
    assert passes.knows(pass_)
    clock.now += 2
    assert not passes.knows(pass_)


def test_a_pass_is_for_the_present_code_and_the_present_key_and_known_after_a_restart(
    passes: Passes, clock: Clock
) -> None:
    pass_ = joined(passes)

    assert Passes(KEYS, CODE, clock).knows(pass_)
    assert not Passes(KEYS, "654321", clock).knows(pass_)
    assert not Passes(Keys([b"another key for tests"]), CODE, clock).knows(pass_)


def test_every_flipped_bit_is_seen(passes: Passes) -> None:
    text = joined(passes)

    for place in range(len(text)):
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        assert not passes.knows(changed)


@pytest.mark.parametrize("text", ["", "x", "é", "AAAA", "A" * 10_000, "\0", "=" * 8])
def test_nonsense_is_no_pass_and_no_ticket(passes: Passes, text: str) -> None:
    assert not passes.knows(text)
    assert not passes.redeem(text)


def test_a_ticket_is_good_once(passes: Passes) -> None:
    ticket = passes.ticket()

    assert passes.redeem(ticket)
    assert not passes.redeem(ticket)


def test_a_ticket_ends_after_a_minute_and_stays_used_until_then(passes: Passes, clock: Clock) -> None:
    late, used = passes.ticket(), passes.ticket()
    passes.redeem(used)

    clock.now += TICKET_SECONDS - 1
    assert passes.redeem(passes.ticket())
    assert not passes.redeem(used)
    clock.now += 2
    assert not passes.redeem(late)
    assert not passes.redeem(used)


def test_used_tickets_are_forgotten_when_they_would_not_be_good_anyway(passes: Passes, clock: Clock) -> None:
    for _ in range(100):
        passes.redeem(passes.ticket())
    clock.now += TICKET_SECONDS + 1
    passes.redeem(passes.ticket())

    assert len(passes._used) == 1


def test_a_ticket_is_for_one_client(passes: Passes) -> None:
    ticket = passes.ticket("browser a")

    assert not passes.redeem(ticket, "browser b")
    assert not passes.redeem(ticket)
    assert passes.redeem(ticket, "browser a")


def test_a_ticket_for_nobody_is_for_whoever_has_it(passes: Passes) -> None:
    ticket = passes.ticket()

    assert passes.redeem(ticket, "browser a")
    assert not passes.redeem(ticket, "browser b")


def test_a_pass_is_no_ticket_and_a_ticket_no_pass(passes: Passes) -> None:
    assert not passes.redeem(joined(passes))
    assert not passes.knows(passes.ticket())


def test_tickets_carry_128_bits_that_never_repeat(passes: Passes) -> None:
    heads = {base64.urlsafe_b64decode(passes.ticket().partition(".")[0])[8:24] for _ in range(1000)}

    assert len(heads) == 1000
    assert {len(head) for head in heads} == {16}


def test_wrong_codes_are_limited_for_an_address_and_others_still_get_in(passes: Passes, clock: Clock) -> None:
    for number in range(60):
        assert passes.join(f"{number:06}", "192.0.2.66") is None

    with pytest.raises(TooManyGuessesError) as refused:
        passes.join(CODE, "192.0.2.66")
    assert passes.join(CODE, "192.0.2.7")
    clock.now += refused.value.seconds + 0.01
    assert passes.join(CODE, "192.0.2.66")


def test_wrong_codes_are_limited_in_all(passes: Passes) -> None:
    for number in range(200):
        passes.join(f"{number:06}", f"2001:db8::{number:x}")

    with pytest.raises(TooManyGuessesError):
        passes.join(CODE, "192.0.2.1")


def test_in_twelve_hours_hardly_one_code_in_a_hundred_can_be_tried(passes: Passes, clock: Clock) -> None:
    tried = 0
    end = clock.now + PASS_SECONDS
    while clock.now < end:
        try:
            tried += passes.join("000000", f"2001:db8::{tried:x}") is None
        except TooManyGuessesError as refused:
            clock.now += refused.seconds + 0.001

    assert tried < 10_000


def test_a_class_of_200_behind_one_address_gets_in_though_every_fourth_mistypes(passes: Passes) -> None:
    for pupil in range(200):
        if pupil % 4 == 0:
            assert passes.join("123465", "192.0.2.1") is None
        assert passes.join(CODE, "192.0.2.1")
