"""Lifetimes: what becomes of a session, moment by moment; no clock needed."""

import pytest

from server.sessions.expiry import Expiry, Timeouts

TERMS = Timeouts(alone=30, kept=120, rest=600, idle=1800, age=43_200)


@pytest.mark.parametrize(
    ("left_for", "verdict"), [(0, "train"), (29, "train"), (30, "suspend"), (119, "suspend"), (120, "gone")]
)
def test_without_a_connection_it_trains_on_then_waits_then_goes(left_for: float, verdict: str) -> None:
    life = Expiry(TERMS, 1000)
    life.disconnect(1010)

    assert life.action(1010 + left_for) == verdict


@pytest.mark.parametrize(
    ("idle_for", "verdict"), [(599, "train"), (600, "pause"), (1799, "pause"), (1800, "idle")]
)
def test_with_nobody_doing_anything_it_rests_and_is_freed(idle_for: float, verdict: str) -> None:
    life = Expiry(TERMS, 0)
    life.touch(50)

    assert life.action(50 + idle_for) == verdict


def test_it_lasts_at_most_so_long_whatever_is_done() -> None:
    life = Expiry(TERMS, 0)
    life.touch(43_199)

    assert life.action(43_199) == "train"
    assert life.action(43_200) == "age"
    life.disconnect(43_201)
    assert life.action(43_201) == "gone"


def test_who_comes_back_is_told_how_long_training_has_waited() -> None:
    life = Expiry(TERMS, 0)
    life.disconnect(100)
    assert life.connect(129) == 0
    life.disconnect(200)
    life.disconnect(210)  # the same absence
    assert life.connect(250) == 20
    assert life.action(250 + 599) == "train"  # coming back is doing something
