"""Pace: how many epochs are due."""

import pytest

from server.sessions.pacer import EpochPacer


def test_the_first_epoch_is_due_at_once() -> None:
    assert EpochPacer(1).due(100.0) == 1


def test_no_further_epoch_is_due_before_its_time() -> None:
    pace = EpochPacer(2)
    pace.due(0.0)
    pace.done = 1

    assert pace.due(0.49) == 0
    assert pace.next == 0.5
    assert pace.due(0.5) == 1


def test_over_a_long_time_exactly_the_chosen_number_of_epochs_is_due() -> None:
    pace = EpochPacer(20)

    for tick in range(1001):
        pace.done += pace.due(tick / 100)

    assert pace.done == 201  # 10 s at 20 per second, and the first one at once


def test_epochs_missed_for_long_are_let_go() -> None:
    pace = EpochPacer(100)
    pace.due(0.0)

    assert pace.due(60.0) == 25  # a quarter of a second's worth, not 6,000


def test_without_a_speed_there_is_no_number() -> None:
    with pytest.raises(ValueError, match="without a speed"):
        EpochPacer(None).due(0.0)

    assert EpochPacer(None).next is None
