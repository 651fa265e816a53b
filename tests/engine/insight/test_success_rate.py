"""Success rate: its Wilson interval, against known values and the equation that it solves."""

import math

import numpy as np
import pytest

from engine import success_rate
from tests.support.validation import raises_naming

Z = 1.959963984540054


def rate_of(successes, count):
    return success_rate(np.arange(count) < successes)


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3: Wilson without continuity correction.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_that_of_the_literature(successes, count, low, high):
    found = rate_of(successes, count)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (found.successes, found.replicas, found.rate) == (successes, count, successes / count)


@pytest.mark.parametrize("count", [1, 2, 8, 32, 64, 256])
def test_of_none_and_of_all_the_interval_ends_at_the_limit_and_is_not_empty(count):
    none, every = rate_of(0, count), rate_of(count, count)

    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == 1 - every.low
    # By hand: with k = 0 the formula is z² / (n + z²); one multiplication and one division round.
    assert math.isclose(none.high, Z**2 / (count + Z**2), rel_tol=1e-14)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 32, 64])
def test_the_interval_is_symmetric_holds_the_rate_and_rises_with_it(count):
    found = [rate_of(successes, count) for successes in range(count + 1)]

    for one, mirrored in zip(found, reversed(found), strict=True):
        assert one.high == 1 - mirrored.low
        assert 0 <= one.low <= one.rate <= one.high <= 1
        assert one.low < one.high
    assert [one.low for one in found] == sorted(one.low for one in found)


@pytest.mark.parametrize(("successes", "count"), [(1, 8), (24, 32), (63, 64), (128, 256)])
def test_its_ends_are_the_rates_that_are_just_not_surprising(successes, count):
    found = rate_of(successes, count)

    for end in (found.low, found.high):
        surprise = abs(found.rate - end) / math.sqrt(end * (1 - end) / count)
        assert math.isclose(surprise, Z, rel_tol=1e-12)  # a few roundings


def test_an_interval_of_eight_worlds_holds_the_true_rate_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    intervals = [rate_of(successes, 8) for successes in range(9)]
    for true in (0.1, 0.3, 0.5, 0.9):
        seen = generator.binomial(8, true, 4000)
        held = np.mean([intervals[k].low <= true <= intervals[k].high for k in seen])
        # Eight worlds have nine rates, so the share that holds jumps about 95 % (Agresti & Coull 1998, figure 1).
        assert 0.91 < held < 0.995


@pytest.mark.parametrize("shape", [(0,), (), (2, 2)])
def test_another_shape_is_refused(shape):
    with raises_naming("reached", shape):
        success_rate(np.zeros(shape, dtype=bool))
