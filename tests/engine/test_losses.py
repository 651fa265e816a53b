"""Losses: values, slopes, and which output belongs to which problem."""

import math

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.losses import LOSSES, PROBLEMS
from tests.support.numeric import PLAIN_OBJECTIVES, central_differences

OBJECTIVES = [
    pytest.param(loss, problem, id=f"{loss.key}-{problem}")
    for loss in LOSSES.values()
    for problem in loss.outputs
]
SUMS = np.linspace(-4, 4, 21)
TARGETS = {"classification": (-1.0, 1.0), "regression": (-1.2, 0.0, 0.7)}


def value(loss, problem, z, y):
    a = np.array(z)
    loss.outputs[problem].apply(a)
    return loss.value(np.array(z), a, np.full_like(a, y))


@pytest.mark.parametrize(("loss", "problem"), OBJECTIVES)
def test_the_error_is_the_derivative_with_respect_to_the_sum(loss, problem):
    output = loss.outputs[problem]
    for y in TARGETS[problem]:
        a = SUMS.copy()
        output.apply(a)
        error = np.empty_like(a)

        loss.error(a, np.full_like(a, y), error)

        if not loss.from_sum and output.slope is not None:
            slope = np.empty_like(a)
            output.slope(a, slope)
            error *= slope
        expected = central_differences(lambda z: float(value(loss, problem, z, y).sum()), SUMS)  # noqa: B023
        np.testing.assert_allclose(error, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize(("key", "problem"), PLAIN_OBJECTIVES)
def test_the_value_is_that_of_the_formula(key, problem):
    _, formula, _ = PLAIN_OBJECTIVES[key, problem]
    for y in TARGETS[problem]:
        values = value(LOSSES[key], problem, SUMS, y)

        expected = [formula(z, y) for z in SUMS]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)  # log(1 − p) loses a few digits


@pytest.mark.parametrize(("key", "problem"), PLAIN_OBJECTIVES)
def test_the_prediction_is_that_of_the_formula(key, problem):
    predict, _, _ = PLAIN_OBJECTIVES[key, problem]
    predicted = SUMS.copy()

    LOSSES[key].outputs[problem].apply(predicted)

    np.testing.assert_allclose(predicted, [predict(z) for z in SUMS], rtol=0, atol=1e-15)  # a few roundings


def test_always_answering_zero_scores_a_half_by_the_squared_error():
    zeros = np.zeros(2)

    assert LOSSES["half-squared-error"].value(zeros, zeros, np.array([-1.0, 1.0])).tolist() == [0.5, 0.5]


def test_always_answering_one_half_scores_log_two_by_the_cross_entropy():
    zeros = np.zeros(2)

    values = LOSSES["logistic-cross-entropy"].value(zeros, zeros, np.array([-1.0, 1.0]))

    np.testing.assert_allclose(values, math.log(2), rtol=1e-15)  # one rounding


def test_the_cross_entropy_does_not_overflow():
    z = np.array([-1e6, 1e6])
    a = np.sign(z)

    with np.errstate(all="raise", under="ignore"):
        wrong = LOSSES["logistic-cross-entropy"].value(z, a, -a)
        right = LOSSES["logistic-cross-entropy"].value(z, a, a)

    assert wrong.tolist() == [1e6, 1e6]
    assert right.tolist() == [0, 0]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda row: row.key)
def test_a_loss_leaves_its_arguments_alone(loss):
    z, a, y = (np.array([0.3, -0.2]) for _ in range(3))
    for array in (z, a, y):
        array.flags.writeable = False

    loss.value(z, a, y)  # would raise


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_a_loss_and_a_data_set(problem):
    assert any(problem in loss.outputs for loss in LOSSES.values())
    assert any(dataset.problem == problem for dataset in DATASETS.values())


def test_losses_and_data_sets_know_no_other_problem():
    named = {problem for loss in LOSSES.values() for problem in loss.outputs}
    named |= {dataset.problem for dataset in DATASETS.values()}

    assert named == set(PROBLEMS)
