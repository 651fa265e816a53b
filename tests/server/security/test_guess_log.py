"""The guess log: many wrong join codes cause a warning."""

import re

from server.security.guess_log import SUSPICIOUS, GuessLog


def test_many_wrong_codes_from_an_address_are_told_once_a_minute_with_their_number() -> None:
    guesses = GuessLog()
    noted = [(n, guesses.note("192.0.2.66", n / 50)) for n in range(50 * 150)]

    warnings = [(n / 50, text) for n, text in noted if text is not None]

    assert [round(at) for at, _ in warnings] == [0, 60, 120]
    counts = [int(count) for _, text in warnings for count in re.findall(r"(\d+) wrong ones", text)]
    assert counts[0] == SUSPICIOUS
    assert abs(sum(counts) - 50 * 120) <= 50


def test_a_class_that_mistypes_is_not_taken_for_somebody_who_guesses() -> None:
    guesses = GuessLog()

    assert not any(guesses.note("192.0.2.1", n * 10.0) for n in range(200))


def test_guesses_of_many_addresses_are_told_together() -> None:
    guesses = GuessLog()
    noted = [guesses.note(f"2001:db8:0:{n % 40:x}::/64", n / 100) for n in range(1000)]

    (warning,) = filter(None, noted)

    assert "from 39 other addresses" in warning


def test_of_any_number_of_addresses_a_bounded_number_is_remembered() -> None:
    guesses = GuessLog()
    for n in range(5000):
        guesses.note(str(n), 0.0)

    assert len(guesses) == 1000
