"""Activations: values, slopes, and what they promise about their arguments."""

import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.registries.activations import ACTIVATIONS, LOGISTIC_OUTPUT, SOFTMAX_OUTPUT
from tests.support.numeric import central_differences
from tests.support.plain import PLAIN_ACTIVATIONS
from tests.support.strategies import varied

ALL = [*ACTIVATIONS.values(), LOGISTIC_OUTPUT]
DIFFERENTIABLE = [row for row in ALL if row.key != "step"]
SUMS = np.linspace(-6.05, 6.05, 56)  # symmetric without 0, where some have their kink


def applied(activation, z):
    z = np.array(z)
    values = np.empty_like(z)
    activation.apply(z, values)
    return values


def slopes_at(activation, z):
    """Return f′(z) as training computes it: from the outputs, or from the sums where it says so."""
    z = np.array(z)
    slopes = np.ones_like(z)
    if activation.slope is not None:
        activation.slope(z if activation.slope_from_sums else applied(activation, z), slopes)
    return slopes


@pytest.mark.parametrize("activation", DIFFERENTIABLE, ids=lambda row: row.key)
def test_the_slope_is_the_derivative(activation):
    slopes = slopes_at(activation, SUMS)

    expected = [central_differences(lambda z: applied(activation, z)[0], np.array([z]))[0] for z in SUMS]
    np.testing.assert_allclose(slopes, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_bounds_are_where_it_levels_off_on_both_sides(activation):
    far = [-40.0, 40.0]
    low, high = applied(activation, far)
    flat = bool((np.abs(slopes_at(activation, far)) < 1e-12).all())

    if activation.bounds is not None:
        assert activation.bounds == (low, high)
    assert (activation.bounds is not None) == flat


def test_every_activation_has_a_plain_formula():
    assert PLAIN_ACTIVATIONS.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("key", PLAIN_ACTIVATIONS)
def test_the_values_are_those_of_the_formula(key):
    function, _ = PLAIN_ACTIVATIONS[key]

    values = applied(ACTIVATIONS[key], SUMS)

    expected = [function(z) for z in SUMS]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-14)  # a few roundings of numbers up to 6


@pytest.mark.parametrize("key", PLAIN_ACTIVATIONS)
def test_the_slopes_are_those_of_the_formula(key):
    _, slope = PLAIN_ACTIVATIONS[key]

    slopes = slopes_at(ACTIVATIONS[key], SUMS)

    np.testing.assert_allclose(slopes, [slope(z) for z in SUMS], rtol=0, atol=1e-14)  # as above


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_an_activation_may_overwrite_its_own_sums(activation):
    apart = applied(activation, SUMS)
    in_place = SUMS.copy()

    activation.apply(in_place, in_place)

    np.testing.assert_array_equal(in_place, apart)


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_sums_and_outputs_are_left_alone_when_there_is_room_elsewhere(activation):
    z = SUMS.copy()
    z.flags.writeable = False
    known = z if activation.slope_from_sums else applied(activation, z)
    known.flags.writeable = False

    activation.apply(z, np.empty_like(z))  # would raise
    if activation.slope is not None:
        activation.slope(known, np.empty_like(z))  # would raise


def test_the_logistic_output_is_two_p_minus_one():
    values = applied(LOGISTIC_OUTPUT, SUMS)

    np.testing.assert_allclose(values, 2 / (1 + np.exp(-SUMS)) - 1, rtol=0, atol=1e-15)  # two roundings


SUMS_OF_MANY = np.random.default_rng(3).normal(0, 4, (3, 5, 20))  # replicas, units, columns


def test_the_probabilities_of_a_softmax_are_positive_and_add_up_to_one():
    values = applied(SOFTMAX_OUTPUT, SUMS_OF_MANY)

    assert (values > 0).all()
    np.testing.assert_allclose(values.sum(axis=1), 1, rtol=0, atol=1e-15)  # five roundings of numbers below 1
    np.testing.assert_array_equal(values.argmax(axis=1), SUMS_OF_MANY.argmax(axis=1))


@pytest.mark.parametrize("shift", [1.0, -700.0, 1e6])
def test_only_differences_of_sums_matter_to_a_softmax(shift):
    # Sums in eighths up to a million: moved without rounding.
    sums = np.round(SUMS_OF_MANY * 8) / 8

    np.testing.assert_array_equal(applied(SOFTMAX_OUTPUT, sums + shift), applied(SOFTMAX_OUTPUT, sums))


def test_each_replica_and_each_column_has_its_own_softmax():
    together = applied(SOFTMAX_OUTPUT, SUMS_OF_MANY)

    for i in range(3):
        np.testing.assert_array_equal(together[i], applied(SOFTMAX_OUTPUT, SUMS_OF_MANY[i]))
        for j in range(20):
            alone = applied(SOFTMAX_OUTPUT, SUMS_OF_MANY[i][:, [j]])
            np.testing.assert_array_equal(together[i][:, [j]], alone)


def test_a_softmax_may_overwrite_its_own_sums_and_leaves_them_alone_where_there_is_room():
    apart = applied(SOFTMAX_OUTPUT, SUMS_OF_MANY)
    in_place, guarded = SUMS_OF_MANY.copy(), SUMS_OF_MANY.copy()
    guarded.flags.writeable = False

    SOFTMAX_OUTPUT.apply(in_place, in_place)
    SOFTMAX_OUTPUT.apply(guarded, np.empty_like(guarded))  # would raise

    np.testing.assert_array_equal(in_place, apart)


def test_a_softmax_of_float32_stays_float32():
    values = applied(SOFTMAX_OUTPUT, SUMS_OF_MANY.astype(np.float32))

    assert values.dtype == np.float32
    # The tolerance is that of the test below.
    np.testing.assert_allclose(values, applied(SOFTMAX_OUTPUT, SUMS_OF_MANY), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("key", "at_zero"), [("relu", 0.0), ("leaky-relu", 0.01), ("elu", 1.0)])
def test_the_slope_at_a_kink_is_the_one_promised(key, at_zero):
    assert slopes_at(ACTIVATIONS[key], [0.0, 3.0]).tolist() == [at_zero, 1]


def test_the_step_is_one_at_zero_and_learns_with_the_slope_of_a_soft_step():
    step = ACTIVATIONS["step"]

    assert applied(step, [-2.0, -1e-300, 0.0, 3.0]).tolist() == [0, 0, 1, 1]
    # 1 / (1 + |z|)², the surrogate of Zenke & Ganguli; all of these are exact in binary.
    assert slopes_at(step, [-3.0, -1.0, 0.0, 1.0, 3.0]).tolist() == [1 / 16, 1 / 4, 1, 1 / 4, 1 / 16]


@pytest.mark.training
def test_a_network_of_steps_learns_with_its_surrogate_slope():
    stack = [
        varied(
            Experiment(),
            data={"dataset": "xor", "seed": seed},
            network={"hidden": (8,), "activation": "step", "seed": seed},
            training={"seed": seed},
        )
        for seed in range(12)
    ]

    _, report = advance(begin(stack), epochs=60)

    # Who knows nothing scores 0.5. No straight line parts xor: the hidden units have to move as well.
    assert (report.test_loss[:, -1] < 0.25).sum() >= 10


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_float32_stays_float32(activation):
    values = applied(activation, SUMS.astype(np.float32))

    assert values.dtype == np.float32
    # Float32: 6e-8 per call.
    np.testing.assert_allclose(values, applied(activation, SUMS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_huge_sums_neither_warn_nor_give_nan(activation):
    values = np.array([-1e308, -1000.0, 1000.0, 1e308])

    with np.errstate(all="raise", under="ignore"):
        if activation.key == "gelu":  # its cube may overflow, and the tanh of that is 1
            np.seterr(over="ignore")
        activation.apply(values, values)

    assert np.isfinite(values).all()


@pytest.mark.parametrize("activation", ALL, ids=lambda row: row.key)
def test_what_is_not_a_number_stays_so(activation):
    with np.errstate(invalid="ignore"):  # as in training, where divergence is reported in another way
        values = applied(activation, [np.nan, 1.0])

    assert np.isnan(values).tolist() == [True, False]
