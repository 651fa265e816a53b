"""Penalties: values, gradients, proximal steps, and biases that are free."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin
from engine.penalties import PENALTIES
from tests.support.numeric import central_differences
from tests.support.strategies import law

PARAMETERS = np.array([[0.7, -1.3, 0.02, -0.01, 2.0], [0.1, 0.2, -0.3, 0.4, -5.0]])
RATES = np.array([0.3, 0.3, 0.3, 0.3, 0.0])  # the last one is a bias
SMOOTH = [row for row in PENALTIES.values() if row.add_gradient is not None]
KINKED = [row for row in PENALTIES.values() if row.shrink is not None]
numbers = st.floats(-10, 10)


def shrink(key, parameters, amounts):
    step = PENALTIES[key].shrink
    assert step is not None
    step(parameters, amounts, np.empty_like(parameters))


@pytest.mark.parametrize("penalty", SMOOTH, ids=lambda row: row.key)
def test_what_is_added_to_the_gradient_is_the_derivative_of_the_value(penalty):
    gradient = np.ones_like(PARAMETERS)

    penalty.add_gradient(PARAMETERS, RATES, gradient, np.empty_like(PARAMETERS))

    expected = central_differences(lambda w: float((RATES * penalty.value(w)).sum()), PARAMETERS)
    np.testing.assert_allclose(gradient - 1, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize("penalty", KINKED, ids=lambda row: row.key)
@law(50)
@given(start=numbers, amount=st.floats(0, 3))
def test_a_proximal_step_finds_the_best_compromise(penalty, start, amount):
    weight = np.array([[start]])

    penalty.shrink(weight, np.array([amount]), np.empty((1, 1)))

    # What defines it: the minimum of ½ (w − start)² + amount · R(w). No other weight may be better.
    others = np.linspace(-10, 10, 2001)
    costs = (others - start) ** 2 / 2 + amount * penalty.value(others)
    cost = (weight[0, 0] - start) ** 2 / 2 + amount * penalty.value(weight[0, 0])
    assert cost <= costs.min() + 1e-12  # rounding of numbers up to 100


def test_l1_sets_small_weights_to_exactly_zero_and_moves_the_others_by_the_amount():
    parameters = PARAMETERS.copy()

    shrink("l1", parameters, 0.1 * RATES)  # threshold 0.03

    expected = [[0.67, -1.27, 0.0, 0.0, 2.0], [0.07, 0.17, -0.27, 0.37, -5.0]]
    np.testing.assert_allclose(parameters, expected, rtol=1e-14)  # one subtraction
    assert parameters[0, 2] == parameters[0, 3] == 0


def test_l1_leaves_biases_alone():
    parameters = PARAMETERS.copy()

    shrink("l1", parameters, 100 * RATES)

    np.testing.assert_array_equal(parameters[:, -1], PARAMETERS[:, -1])


def test_l2_adds_rate_times_weight_and_nothing_to_biases():
    gradient = np.zeros_like(PARAMETERS)

    add_gradient = PENALTIES["l2"].add_gradient

    assert add_gradient is not None
    add_gradient(PARAMETERS, RATES, gradient, np.empty_like(PARAMETERS))

    np.testing.assert_array_equal(gradient, RATES * PARAMETERS)
    assert not gradient[:, -1].any()


@pytest.mark.parametrize(("key", "expected"), [("none", [0, 0, 0]), ("l1", [2, 0, 3]), ("l2", [2, 0, 4.5])])
def test_the_value_of_every_weight_follows_the_formula(key, expected):
    assert PENALTIES[key].value(np.array([2.0, 0.0, -3.0])).tolist() == expected


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=lambda row: row.key)
def test_a_penalty_acts_in_at_most_one_way(penalty):
    assert penalty.add_gradient is None or penalty.shrink is None


def epochs_of_zeros(rate, epochs):
    """Train with L1; return the run and, after each epoch, which parameters are exactly zero."""
    experiment = Experiment.model_validate({"objective": {"penalty": "l1", "penalty_rate": rate}})
    run = begin(experiment)
    zeros = []
    for _ in range(epochs):
        run, _ = advance(run, epochs=1)
        zeros.append(run.parameters[0] == 0)
    return run, np.array(zeros)


def test_a_high_l1_rate_makes_weights_exactly_zero_but_not_the_biases():
    run, zeros = epochs_of_zeros(rate=0.3, epochs=20)

    is_weight = run.layout.is_weight()
    assert zeros[-1][is_weight].all()
    assert not zeros[-1][~is_weight].any()


def test_a_weight_that_l1_made_zero_can_revive():
    _, zeros = epochs_of_zeros(rate=0.01, epochs=100)

    revived = zeros[:-1] & ~zeros[1:]
    assert revived.any()
