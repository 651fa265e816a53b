"""Optimizers: one update by hand, and what every row promises."""

import numpy as np
import pytest

from engine.arrays import constant
from engine.optimizers import OPTIMIZERS


def arguments(optimizer, replicas=2, parameters=3):
    generator = np.random.default_rng(5)
    values, gradient = generator.normal(size=(2, replicas, parameters))
    return values, gradient, np.zeros((optimizer.slots, replicas, parameters))


def test_sgd_subtracts_the_gradient_times_the_learning_rate():
    parameters, gradient = np.array([[1.0, -2.0]]), np.array([[0.5, 4.0]])

    OPTIMIZERS["sgd"].update(parameters, gradient, np.zeros((0, 1, 2)), constant(0.1))

    assert parameters.tolist() == [[1.0 - 0.1 * 0.5, -2.0 - 0.1 * 4.0]]


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda row: row.key)
def test_every_replica_may_have_its_own_learning_rate(optimizer):
    rates = np.array([[0.1], [0.5]])
    stack, gradient, slots = arguments(optimizer)
    singles, gradients, single_slots = arguments(optimizer)

    optimizer.update(stack, gradient, slots, rates)
    for i in range(2):
        rate = constant(rates[i, 0])
        optimizer.update(singles[i : i + 1], gradients[i : i + 1], single_slots[:, i : i + 1], rate)

    np.testing.assert_array_equal(stack, singles)
    np.testing.assert_array_equal(slots, single_slots)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda row: row.key)
def test_a_learning_rate_of_zero_moves_nothing(optimizer):
    parameters, gradient, slots = arguments(optimizer)
    before = parameters.copy()

    optimizer.update(parameters, gradient, slots, constant(0.0))

    np.testing.assert_array_equal(parameters, before)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda row: row.key)
def test_the_minimum_of_a_bowl_is_found(optimizer):
    parameters, _, slots = arguments(optimizer)

    for _ in range(2000):
        optimizer.update(parameters, parameters.copy(), slots, constant(0.01))

    assert np.abs(parameters).max() < 0.01  # 0.99²⁰⁰⁰ is 2e-9 for SGD; others hover about the minimum
