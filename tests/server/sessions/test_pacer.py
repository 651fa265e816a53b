"""Pace: how many epochs are due."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sessions.pacer import LONGEST_GROUP, EpochPacer


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


@pytest.mark.parametrize(
    ("until_frame", "expected"),
    [
        (-1.0, 0.1),  # a frame is due, but no epoch
        (0.15, 0.15),  # with the frame
        (9.0, 0.1 + LONGEST_GROUP),
        (math.inf, 0.1 + LONGEST_GROUP),
    ],
)
def test_training_is_due_with_the_frame_but_not_before_an_epoch_nor_much_later(
    until_frame: float, expected: float
) -> None:
    pace = EpochPacer(10)
    assert pace.seconds_until_due(7.0, until_frame) <= 0  # the first epoch
    pace.done = pace.due(7.0)

    assert pace.seconds_until_due(7.0, until_frame) == pytest.approx(expected)


@given(st.floats(0.5, 1000), st.floats(1, 60))
def test_no_epoch_is_missed_by_waiting_for_frames(speed: float, frame_rate: float) -> None:
    pace, now, frame = EpochPacer(speed), 0.0, 0.0
    while now < 5:
        wait = pace.seconds_until_due(now, frame - now)
        if wait > 0:
            now += wait + 1e-9
            continue
        pace.done += pace.due(now)
        frame = max(frame, now + 1 / frame_rate)

    assert pace.done >= math.floor((5 - 2 * LONGEST_GROUP) * speed)
