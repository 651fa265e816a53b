"""Token buckets and jitter, at given times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.security.token_bucket import TokenBucket, TokenBuckets, jittered

MOMENTS = st.lists(st.floats(0, 5), min_size=1, max_size=200)


def test_a_burst_is_free_and_then_there_is_one_every_moment() -> None:
    bucket = TokenBucket(rate=20, burst=60)

    waits = [bucket.take(0.0) for _ in range(61)]

    assert waits[:60] == [0] * 60
    assert waits[60] == pytest.approx(0.05)
    assert bucket.take(0.05) == 0
    assert bucket.take(0.05) > 0


def test_it_fills_up_again_but_not_over() -> None:
    bucket = TokenBucket(rate=20, burst=60)
    for _ in range(60):
        bucket.take(0.0)

    assert bucket.level(1.0) == pytest.approx(20)
    assert bucket.level(1000.0) == 60


def test_what_is_spent_on_credit_is_waited_for() -> None:
    bucket = TokenBucket(rate=20, burst=2)

    assert [bucket.spend(0.0) for _ in range(4)] == pytest.approx([0, 0, 0.05, 0.1])
    assert bucket.wait_time(0.0) == pytest.approx(0.15)
    assert bucket.wait_time(0.15) == pytest.approx(0)


def test_a_clock_that_stands_still_or_is_put_back_gives_nothing() -> None:
    bucket = TokenBucket(rate=20, burst=1)
    bucket.take(7.0)

    assert bucket.take(7.0) == bucket.take(6.0) == pytest.approx(0.05)


@given(MOMENTS)
def test_never_more_than_the_burst_and_what_came_back(pauses: list[float]) -> None:
    bucket = TokenBucket(rate=3, burst=5)
    now = taken = 0.0
    for pause in pauses:
        now += pause / 10
        taken += bucket.take(now) == 0

        assert taken <= 5 + 3 * now + 1e-6


@given(MOMENTS)
def test_whoever_waits_as_told_is_served(pauses: list[float]) -> None:
    bucket = TokenBucket(rate=3, burst=5)
    now = 0.0
    for pause in pauses:
        now += pause / 10
        wait = bucket.take(now)
        if wait:
            now += wait + 1e-9
            assert bucket.take(now) < 1e-6


def test_each_key_has_its_own_and_the_longest_unasked_is_forgotten() -> None:
    buckets = TokenBuckets(rate=1, burst=1, most=2)
    buckets["a"].take(0.0)
    buckets["b"].take(0.0)
    buckets["a"].take(0.0)

    assert buckets["c"].take(0.0) == 0
    assert buckets["a"].take(0.0) > 0
    assert len(buckets) == 2
    assert buckets["b"].take(0.0) == 0


def test_who_is_refused_at_once_does_not_come_back_at_once() -> None:
    assert jittered(0.05, 0.0) == 1
    assert jittered(5, 0.0) == 5
    assert jittered(5, 1.0) == 15
    assert len({jittered(5, share / 100) for share in range(101)}) > 9
