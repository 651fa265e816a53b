"""Quantiles of losses over replicas, against sorting by hand; what has diverged counts as infinity."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine import Experiment, advance, begin, quantiles, worlds
from engine.insight.quantiles import LEVELS, MEDIAN
from tests.support.strategies import law, varied
from tests.support.validation import raises_naming

losses = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(0, 4)),
    elements=st.floats(0, 1e300) | st.sampled_from([0.0, 0.25, np.inf, np.nan]),
)


def by_hand(column, level):
    """Return a quantile of numbers: the one at its place in their order, or a straight line between two."""
    ranked = sorted(column)
    place = Fraction(level) * (len(ranked) - 1)
    below, share = ranked[math.floor(place)], float(place % 1)
    above = ranked[math.ceil(place)]
    if share == 0:
        return below
    return math.inf if above == math.inf else below + share * (above - below)


@law(200)
@given(data=st.data(), values=losses)
def test_quantiles_are_those_by_hand_with_infinity_for_what_has_diverged(data, values):
    diverged = data.draw(arrays.arrays(bool, values.shape))

    found = quantiles(values, diverged)

    counted = np.where(diverged | ~np.isfinite(values), np.inf, values)
    expected = [[by_hand(column, level) for column in counted.T] for level in LEVELS]
    assert found.values.tolist() == expected
    assert found.diverged.tolist() == np.isinf(counted).sum(axis=0).tolist()
    assert found.replicas == len(values)
    assert (found.values[:-1] <= found.values[1:]).all()  # neither is any of them NaN


@law(60)
@given(
    values=arrays.arrays(
        np.float64, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=st.floats(0, 9)
    )
)
def test_of_finite_losses_they_are_those_of_numpy(values):
    # NumPy adds the two parts of the straight line in another order.
    np.testing.assert_allclose(
        quantiles(values).values, np.quantile(values, LEVELS, axis=0), rtol=1e-14, atol=1e-300
    )
    assert quantiles(values).values[[0, -1]].tolist() == [
        values.min(axis=0).tolist(),
        values.max(axis=0).tolist(),
    ]


@pytest.mark.parametrize(("diverged", "median"), [(0, 2.5), (1, 2.5), (2, np.inf), (3, np.inf), (4, np.inf)])
def test_the_median_is_infinite_as_soon_as_half_have_diverged(diverged, median):
    lost = np.arange(4) >= 4 - diverged

    found = quantiles(np.array([1.0, 2.0, 3.0, 4.0]), lost)

    assert found.values.shape == (5,)
    assert found.values[MEDIAN] == median
    assert found.diverged == diverged


def test_a_network_that_has_diverged_counts_in_every_epoch():
    values = np.array([[1.0, 2.0], [3.0, np.inf]])

    found = quantiles(values, np.array([True, False]))

    assert found.diverged.tolist() == [1, 2]
    assert found.values[0].tolist() == [3.0, np.inf]


WILD = varied(
    Experiment(), data={"dataset": "plane"}, network={"hidden": ()}, training={"learning_rate": 10.0}
)


def test_a_report_says_of_each_epoch_how_many_had_diverged_by_then():
    calm = [varied(WILD, training={"learning_rate": 0.01}, network={"seed": seed}) for seed in range(2)]
    _, report = advance(begin([*calm, WILD]), epochs=100)

    found = quantiles(report.test_loss, report.had_diverged)

    assert found.diverged[[0, -1]].tolist() == [0, 1]
    assert (np.diff(found.diverged) >= 0).all()
    np.testing.assert_array_equal(np.isinf(found.values[-1]), found.diverged > 0)
    assert np.isfinite(found.values[:3]).all()


def test_of_no_epoch_there_are_no_quantiles():
    _, report = advance(begin(worlds(Experiment(), 3)), epochs=0)

    assert quantiles(report.test_loss, report.had_diverged).values.shape == (5, 0)


@pytest.mark.parametrize(
    ("shape", "diverged"), [((0, 3), None), ((), None), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2,), (2, 1))]
)
def test_shapes_that_do_not_go_together_are_refused(shape, diverged):
    with raises_naming("losses", "diverged", shape):
        quantiles(np.zeros(shape), None if diverged is None else np.zeros(diverged, dtype=bool))
