"""Activations: values, slopes, and what they promise about their arguments."""

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, LOGISTIC_OUTPUT
from tests.support.numeric import PLAIN_ACTIVATIONS, central_differences

ALL = [*ACTIVATIONS.values(), LOGISTIC_OUTPUT]
SUMS = np.linspace(-6.05, 6.05, 56)  # symmetric without 0, where ReLU has its kink


def applied(activation, z):
    values = np.array(z)
    activation.apply(values)
    return values


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_the_slope_from_the_outputs_is_the_derivative(activation):
    outputs = applied(activation, SUMS)
    slopes = np.ones_like(SUMS)

    if activation.slope is not None:
        activation.slope(outputs, slopes)

    expected = [central_differences(lambda z: applied(activation, z)[0], np.array([z]))[0] for z in SUMS]
    np.testing.assert_allclose(slopes, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize("key", PLAIN_ACTIVATIONS)
def test_the_values_are_those_of_the_formula(key):
    function, _ = PLAIN_ACTIVATIONS[key]

    values = applied(ACTIVATIONS[key], SUMS)

    expected = [function(z) for z in SUMS]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-14)  # a few roundings of numbers up to 6


def test_the_logistic_output_is_two_p_minus_one():
    values = applied(LOGISTIC_OUTPUT, SUMS)

    np.testing.assert_allclose(values, 2 / (1 + np.exp(-SUMS)) - 1, rtol=0, atol=1e-15)  # two roundings


def test_the_slope_of_relu_is_zero_at_zero():
    slopes = np.ones(2)

    slope = ACTIVATIONS["relu"].slope

    assert slope is not None
    slope(np.array([0.0, 3.0]), slopes)

    assert slopes.tolist() == [0, 1]


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_float32_stays_float32(activation):
    values = applied(activation, SUMS.astype(np.float32))

    assert values.dtype == np.float32
    np.testing.assert_allclose(
        values, applied(activation, SUMS), rtol=1e-5, atol=1e-6
    )  # float32: 6e-8 per call


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_huge_sums_neither_warn_nor_give_nan(activation):
    values = np.array([-1e308, -1000.0, 1000.0, 1e308])

    with np.errstate(all="raise", under="ignore"):
        activation.apply(values)

    assert np.isfinite(values).all()


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_what_is_not_a_number_stays_so(activation):
    values = applied(activation, [np.nan, 1.0])

    assert np.isnan(values).tolist() == [True, False]
